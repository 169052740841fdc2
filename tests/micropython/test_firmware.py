"""MicroPython on emulated cores: native modules from ROMFS, from files in RAM, and in firmware.

Building MicroPython takes minutes, so `make test` leaves these out: `make test-firmware`. Their firmware is
kept in the user's cache.
"""

import resource
import subprocess
import sys
import time

import conformance
import executors
import pytest
from fixed import FIXED

from integrad.emulate.faults import FirmwareError
from integrad.emulate.micropython_firmware import run_firmware, start_on_terminal
from integrad.execute.micropython_executors import run_built_in
from integrad.execute.micropython_session import (
    native_backend,
    on_core,
    python_backend,
    run_session,
)
from integrad.targets.cores import micropython_cores
from integrad_codegen.weights_file import weights_file

pytestmark = pytest.mark.firmware
M3 = micropython_cores()["m3"]

COPY = """
with open("/rom/{0}", "rb") as source, open("/{0}", "wb") as copy:
    copy.write(source.read())
"""


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """name of a fixed case → (device model, what NumPy answers), generated once for all cores."""
    made = {}

    def generate(name):
        if name not in made:
            device = FIXED[name].generate(tmp_path_factory.mktemp(name))
            made[name] = device, device.run_numpy(FIXED[name].actions())
        return made[name]

    return generate


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize("core", micropython_cores())
def test_native_modules_hold_the_bits_of_numpy(core, name, generated):
    device, expected = generated(name)
    chosen = micropython_cores()[core]
    module = native_backend(device, chosen.micropython.architecture)
    found = run_session(device, FIXED[name].actions(), module, on_core(chosen))
    executors.require_equal(FIXED[name], device, expected, found, core)


@pytest.mark.parametrize("core, name", [*((core, "mlp") for core in micropython_cores()), ("m0", "backprop")])
def test_refusals_and_the_heap(core, name, tmp_path):
    chosen, device = micropython_cores()[core], conformance.NETWORKS[name].generate(tmp_path)
    files = {
        **native_backend(device, chosen.micropython.architecture),
        **conformance.script_files(device.model, device.plan),
    }
    assert run_firmware(chosen, conformance.SCRIPT, files).splitlines()[-1] == "done"


@pytest.mark.parametrize("core", ["m0", "m7"])
def test_a_module_from_a_file_system_in_ram(core, generated):
    chosen, (device, _) = micropython_cores()[core], generated("mlp")
    files = {
        **native_backend(device, chosen.micropython.architecture),
        **conformance.script_files(device.model, device.plan),
    }
    copies = "".join(map(COPY.format, files)) + "sys.path.remove('/rom')\n"
    assert run_firmware(chosen, copies + conformance.SCRIPT, files).splitlines()[-1] == "done"


def test_a_module_in_firmware(generated):
    device, expected = generated("cnn")
    found = run_built_in(device, M3, FIXED["cnn"].actions())
    executors.require_equal(FIXED["cnn"], device, expected, found, "user C module")


def test_python_runs_there_too(generated):
    """What run_session is given may be a backend in Python as well."""
    device, expected = generated("frozen")
    found = run_session(device, FIXED["frozen"].actions(), python_backend(device, "pure"), on_core(M3))
    executors.require_equal(FIXED["frozen"], device, expected, found, "viper")


def test_a_failing_script_shows_its_traceback():
    with pytest.raises(FirmwareError, match="ZeroDivisionError") as raised:
        run_firmware(M3, "print('before')\n1 // 0")
    assert raised.value.kind == "exception" and raised.value.console == "before"


def test_a_script_without_end():
    with pytest.raises(FirmwareError, match="within 1 s") as raised:
        run_firmware(M3, "while True: pass", time_limit=1)
    assert raised.value.kind == "time limit"


def test_a_module_for_a_greater_core_is_refused(generated):
    module = native_backend(generated("mlp")[0], "armv7m")
    with pytest.raises(FirmwareError, match="incompatible"):
        run_firmware(micropython_cores()["m0"], "import _model", module)


def test_files_survive_a_soft_reset_on_a_terminal(tmp_path):
    (tmp_path / "main.py").write_text("print('main ran')\n")

    def mpremote(terminal, *words):
        command = [sys.executable, "-m", "mpremote", "connect", terminal, *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    with start_on_terminal(M3) as terminal:
        mpremote(terminal, "fs", "cp", tmp_path / "main.py", ":main.py")
        assert "main.py" in mpremote(terminal, "soft-reset", "exec", "import os; print(os.listdir())")


def test_a_board_that_waits_leaves_the_processor_to_others():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with start_on_terminal(M3):
        time.sleep(3)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert 0 < used < 1, "of three seconds"


@pytest.mark.parametrize("core", micropython_cores())
def test_weights_at_any_even_address(core, generated):
    """A ROMFS puts them where it likes: kernels may not load pairs of them as if they were aligned."""
    chosen, (device, _) = micropython_cores()[core], generated("inference")
    files = {
        **native_backend(device, chosen.micropython.architecture),
        "model.weights": weights_file(device.model, device.plan),
    }
    first, second = run_firmware(chosen, AT_TWO_ADDRESSES, files).splitlines()
    assert first == second and len(first) > len("[]")


AT_TWO_ADDRESSES = """
import _model as backend
from array import array

with open("/rom/" + "model.weights", "rb") as file:
    weights = file.read()
sample = bytearray([n * 37 & 255 for n in range(backend.SAMPLE_BYTES)])
for offset in (0, 2):
    moved = bytearray(offset) + weights
    buffers = (memoryview(moved)[offset:], bytearray(), bytearray(backend.SCRATCH_BYTES), None)
    out = array("b", bytes(backend.CLASSES))
    backend.logits(out, buffers, sample)
    print(list(out))
"""
