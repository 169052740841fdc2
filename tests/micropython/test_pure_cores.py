"""The two Python cores hold the bits of NumPy: viper in MicroPython, plain Python in this one."""

import sys
import tempfile
from pathlib import Path

import executors
import pytest
from cores import MICROPYTHON, PLAIN, VIPER, run_core
from fixed import FIXED
from hypothesis import given, settings
from networks import cases

from integrad.emulator.micropython_unix import run_unix
from integrad_codegen.emit_micropython_pure import emit_pure
from integrad_codegen.plan import make_plan
from integrad_codegen.weights_file import weights_file

CONFORMANCE = Path(__file__).with_name("core_conformance.py").read_text()
HERE = Path(sys.executable)
CORES = {"viper": (VIPER, MICROPYTHON), "bytecode": (PLAIN, MICROPYTHON), "CPython": (PLAIN, HERE)}


def compare(case, name):
    core, interpreter = CORES[name]
    with tempfile.TemporaryDirectory() as folder:
        device = case.generate(Path(folder))
        actions = case.actions()
        found = run_core(device, actions, core, interpreter)
        executors.require_equal(case, device, device.run_numpy(actions), found, name)


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize("core", ["viper", "CPython"])
def test_fixed(name, core):
    compare(FIXED[name], core)


def test_bytecode_interpreters_need_no_viper():
    compare(FIXED["cnn"], "bytecode")


@settings(max_examples=12)
@given(cases())
def test_viper_on_drawn_cases(case):
    compare(case, "viper")


@settings(max_examples=12)
@given(cases())
def test_plain_python_on_drawn_cases(case):
    compare(case, "CPython")


def test_viper_refuses_what_the_native_module_refuses():
    """And nothing is allocated under heap_lock: one script for all cores."""
    model = FIXED["mlp"].model()
    plan = make_plan(model.network, "model", "all", FIXED["mlp"].batch)
    core = emit_pure(model, plan)[f"{VIPER}/_model.py"].encode()
    files = {"_model.py": core, "model.weights": weights_file(model, plan)}
    assert run_unix(CONFORMANCE, files).endswith("done\n")


def test_a_wrong_bit_would_be_seen(monkeypatch):
    """Viper without the sign of its weights is noticed."""
    import cores

    def sabotage(model, plan):
        files = cores_emit(model, plan)
        name = f"{VIPER}/_{plan.prefix}.py"
        assert "-(total << 15)" in files[name]
        return files | {name: files[name].replace("-(total << 15)", "-(total << 14)")}

    cores_emit = cores.emit_pure
    monkeypatch.setattr(cores, "emit_pure", sabotage)
    with pytest.raises(executors.DifferenceError):
        compare(FIXED["mlp"], "viper")
