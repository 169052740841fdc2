"""install, collect and pull, on an emulated board: mpremote talks to its UART through a pseudo-terminal."""

import json
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from backprop_cases import BACKPROP
from click.testing import CliRunner
from fixed import FIXED
from pocket_cases import POCKET

from integrad.boards import connection as board_connection
from integrad.boards import serial_port
from integrad.boards.connection import connect
from integrad.cli import main
from integrad.emulate.micropython_firmware import start_on_terminal
from integrad.errors import IntegradError
from integrad.model_file import load_model, save_model
from integrad.targets.cores import micropython_cores
from integrad.training.stepper import Stepper
from integrad_codegen.micropython.python_files import emit_pure

JSON_PAGE = (Path(__file__).parents[2] / "docs/json.md").read_text()
pytestmark = pytest.mark.firmware


@pytest.fixture(scope="module")
def port():
    with start_on_terminal(micropython_cores()["m3"]) as terminal:
        yield terminal


@pytest.fixture
def toy(tmp_path):
    """A model file of a network of which the first block stays as it is."""
    path = tmp_path / "toy.model"
    save_model(FIXED["frozen"].model(), path)
    return path


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def succeed(*arguments):
    """The JSON of a command that must succeed: its keys are those of the page about JSON."""
    result = run(*arguments, "--json", "-")
    assert result.exit_code == 0, result.output
    section = JSON_PAGE.split(f"## integrad {arguments[0]}\n")[1].split("\n## ")[0]
    found = json.loads(result.stdout)
    assert sorted(found) == sorted(re.findall(r"^\| `(\w+)` ", section, re.M))
    return found


def fail(*arguments):
    result = run(*arguments)
    assert result.exit_code in (1, 2) and "Traceback" not in result.output
    return result.exit_code, result.stderr.strip()


@pytest.mark.parametrize(
    ("choice", "core"),
    [("auto", "native module for armv7m"), ("viper", "viper"), ("plain", "bytecode")],
)
def test_every_core_installs_and_holds_the_hosts_bits(port, toy, choice, core):
    done = succeed("install", toy, "--port", port, "--learn", "last:1", "--backend", choice)
    assert done["passed"] and done["core"] == core and done["architecture"] == "armv7em"
    assert {"/lib/toy.mpy", "/lib/_toy.mpy", "/toy.weights", "/toy_example.py"} == set(done["files"])


@pytest.mark.parametrize("choice", ["auto", "viper", "plain"])
@pytest.mark.parametrize("case", [POCKET["pocket last"], BACKPROP["backprop last"]])
def test_another_learner_installs_and_holds_the_hosts_bits(port, tmp_path, case, choice):
    save_model(case.model(), path := tmp_path / "toy.model")
    done = succeed("install", path, "--port", port, "--learn", case.learn, "--backend", choice)
    assert done["passed"]


def test_a_board_that_computes_something_else_is_noticed(port, toy, monkeypatch):
    from integrad.boards import backend_choice

    def sabotage(*arguments):
        files = emit_pure(*arguments)
        assert files["pure/_toy.py"].count("value - mean + 128") == 1
        return files | {
            "pure/_toy.py": files["pure/_toy.py"].replace("value - mean + 128", "value - mean + 129")
        }

    monkeypatch.setattr(backend_choice, "emit_pure", sabotage)
    result = run("install", toy, "--port", port, "--core", "viper")
    assert result.exit_code == 1 and "the board computes something else" in result.output


@pytest.fixture(scope="module")
def installed(port, tmp_path_factory):
    """The board with the toy on it, whose example is main.py; the toy's file."""
    path = tmp_path_factory.mktemp("toy") / "toy.model"
    save_model(FIXED["frozen"].model(), path)
    done = succeed("install", path, "--port", port, "--learn", "last:1", "--backend", "viper", "--main")
    assert "/main.py" in done["files"]
    with connect(port) as board:
        board.remove("/main.py")
    return path


LEARN = """
import toy
model = toy.Model("toy.weights")
for n in range(4):
    model.train_step(bytes([n] * 72), n % 3)
model.save("learnt.weights")
"""


def test_what_was_learnt_comes_home(port, installed, tmp_path):
    with connect(port) as board:
        board.remove("learnt.weights")
        board.run(LEARN)
    home = tmp_path / "home.model"
    done = succeed("pull", installed, "--port", port, "--out", home)
    model, pulled = load_model(installed), load_model(home)
    s = model.schedule(1)
    learner = Stepper.on_device(model.network, s, "last:1")
    for n in range(4):
        x = model.preprocessing.apply(np.full((1, *model.preprocessing.raw_shape), n, np.int8))
        learner.step(x, np.array([n % 3]))
    assert pulled.network.weights_crc() == model.network.weights_crc() == int(done["weights_crc"], 16)
    assert done["learn"] == "last:1" and pulled.training["board"].startswith("mps2-an385")


def test_a_torn_file_on_the_board(port, installed, tmp_path):
    """The one from before comes home; with none, the message says why."""
    toy = installed
    with connect(port) as board:
        board.remove("learnt.weights", "learnt.weights.old")
        board.run(LEARN + LEARN)
        before = board.read_file("learnt.weights")
        board.write_file("learnt.weights", before[:-3])
    done = succeed("pull", toy, "--port", port, "--out", tmp_path / "home.model")
    assert done["board_file"] == "learnt.weights.old"
    with connect(port) as board:
        board.remove("learnt.weights.old")
    status, text = fail("pull", toy, "--port", port, "--out", tmp_path / "none.model")
    assert (
        status == 1 and "learnt.weights: save 2: damaged" in text and not (tmp_path / "none.model").exists()
    )
    status, text = fail("pull", toy, "--port", port, "--out", tmp_path / "none.model", "--file", "nothing")
    assert status == 1 and "nothing: no such file on the board" in text


def test_weights_of_another_model(port, installed, tmp_path):
    model = FIXED["frozen"].model()
    model.network.blocks[0].weights[0, 0, 0, 0] ^= 1
    save_model(model, other := tmp_path / "other.model")
    with connect(port) as board:
        board.run(LEARN)
    status, text = fail("pull", other, "--port", port, "--out", tmp_path / "home.model")
    assert status == 1 and "learnt from other weights than those of this model" in text
    for case in (FIXED["mlp"], BACKPROP["backprop last"]):  # which is of another learner, too
        save_model(case.model(), other)
        status, text = fail("pull", other, "--port", port, "--out", tmp_path / "home.model")
        assert status == 1 and "made for another model" in text


SENSOR = """
for n in range(30):
    print("noise", n)
    print("sample %s:" % ("rest", "walk")[n % 2], n, -n, 300, n)
print("sample walk: 1 2 3")
print("sample walk: 1 2 3 x")
print("sample walk: 1 2 3 99999")
print("sample: 1 2 3 4")
"""


def test_collect(port, tmp_path):
    script, out = tmp_path / "sensor.py", tmp_path / "walks.npz"
    script.write_text(SENSOR)
    done = succeed("collect", "--port", port, "--run", script, "--out", out, "--shape", "2x2")
    assert (done["samples"], done["labels"], done["rejected"]) == (30, {"rest": 15, "walk": 15}, 4)
    with np.load(out) as archive:
        assert archive["x"].dtype == np.int16 and archive["x"].shape == (30, 2, 2)
        assert archive["x"][7].ravel().tolist() == [7, -7, 300, 7]
        assert archive["y"].tolist() == ["rest", "walk"] * 15
    done = succeed("collect", "--port", port, "--run", script, "--out", out, "--count", 5)
    assert done["samples"] == 5
    result = run("collect", "--port", port, "--run", script, "--out", out)
    assert "ignored 1 lines: 3 values instead of 4" in result.stdout


@contextmanager
def soft_resets(port):
    """As somebody presses the button while the host listens, again and again: what a board prints before
    anybody listens is lost."""
    terminal, enough = os.open(port, os.O_RDWR | os.O_NOCTTY), threading.Event()

    def press():
        while not enough.wait(1):
            os.write(terminal, b"\r\x02\x04")

    thread = threading.Thread(target=press)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()
        os.close(terminal)


def test_collect_listens_to_the_boards_own_program(port, tmp_path):
    with connect(port) as board:
        board.write_file("/main.py", b"for n in range(50):\n print('sample a: 1', n)\n")
    out = tmp_path / "own.npz"
    with soft_resets(port):
        done = succeed(
            "collect", "--port", port, "--out", out, "--count", 10, "--dtype", "uint8", "--seconds", 60
        )
    assert done["samples"] == 10
    with connect(port) as board:
        board.remove("/main.py")


def test_a_program_that_falls_silent(tmp_path, monkeypatch):
    """What came before is kept."""
    monkeypatch.setattr(board_connection, "RESET_PATIENCE", 3)
    (script := tmp_path / "quiet.py").write_text("print('sample a: 1 2')\nwhile True: pass\n")
    with start_on_terminal(micropython_cores()["m3"]) as own:  # its UART has no interrupt: nothing stops it
        out = tmp_path / "a.npz"
        assert (
            succeed("collect", "--port", own, "--run", script, "--out", out, "--seconds", 2)["samples"] == 1
        )


def test_nothing_collected(port, tmp_path):
    (script := tmp_path / "quiet.py").write_text("print('sample x: 1.5')")
    status, text = fail("collect", "--port", port, "--run", script, "--out", tmp_path / "x.npz")
    assert (
        status == 2
        and "printed no samples" in text
        and "; 1 lines were rejected: a value is not an integer" in text
    )
    (script := tmp_path / "broken.py").write_text("1/0")
    status, text = fail("collect", "--port", port, "--run", script, "--out", tmp_path / "x.npz")
    assert status == 1 and "error on the board: ZeroDivisionError" in text
    assert not (tmp_path / "x.npz").exists()


FLASH = "/flash"
MOUNT_AT_FLASH = f"""
import os, sys, vfs
files = vfs.mount()[0][0]
vfs.umount(files)
vfs.mount(files, "{FLASH}")
os.chdir("{FLASH}")
sys.path[:] = ["", "{FLASH}", "{FLASH}/lib"]
"""
"""boot.py that makes the emulated board one as STM32s and i.MX RTs are: nothing is mounted at /."""


@pytest.fixture(scope="module")
def flash_port():
    with start_on_terminal(micropython_cores()["m3"]) as terminal:
        with connect(terminal) as board:
            board.write_file("/boot.py", MOUNT_AT_FLASH.encode())
        yield terminal


def test_a_board_whose_files_are_at_flash(flash_port, toy, tmp_path):
    with connect(flash_port) as board:
        assert board.run("import os\nprint(os.listdir('/'))").strip() == "['flash']"
    done = succeed("install", toy, "--port", flash_port, "--learn", "last:1", "--main")
    assert done["passed"]
    names = {"lib/toy.mpy", "lib/_toy.mpy", "toy.weights", "main.py"}
    assert set(done["files"]) == {f"{FLASH}/{name}" for name in names}
    with connect(flash_port) as board:
        board.remove(f"{FLASH}/main.py")
        board.run(LEARN)
    done = succeed("pull", toy, "--port", flash_port, "--out", tmp_path / "home.model")
    assert done["board_file"] == "learnt.weights"
    with connect(flash_port) as board:
        assert board.exists(f"{FLASH}/learnt.weights")


FILL = """
import os
free = os.statvfs("/")[0] * os.statvfs("/")[3] - {left}
with open("/filler", "wb") as f:
    for _ in range(free // 4096):
        f.write(bytes(4096))
"""


def test_a_board_that_is_nearly_full(port, toy):
    """An older installation is removed to make space for the next one; a failed copy leaves no files
    behind."""
    done = succeed("install", toy, "--port", port, "--backend", "plain")
    size = sum(done["files"].values())
    try:
        with connect(port) as board:
            board.run(FILL.format(left=size - 4096), time_limit=120)
            free = int(board.run("import os\ns = os.statvfs('/')\nprint(s[0] * s[3])"))
            assert free < size  # without what is there already it would not fit
            with pytest.raises(IntegradError, match=r"error on the board: OSError: 28"):
                board.write_file("/large", bytes(free + 2 * 4096))
            assert not board.exists("/large.new") and not board.exists("/large")
        assert succeed("install", toy, "--port", port, "--backend", "plain")["passed"]
    finally:
        with connect(port) as board:
            board.remove("/filler")


def test_no_board(toy, tmp_path, monkeypatch):
    status, text = fail("install", toy, "--port", "/dev/nowhere")
    assert status == 1 and "--port /dev/nowhere: cannot be opened; boards found: " in text
    monkeypatch.setattr(serial_port, "ports", list)
    assert fail("install", toy) == (2, "error: --port is required; boards found: none")
    monkeypatch.setattr(board_connection, "RESET_PATIENCE", 1)
    controller, terminal = os.openpty()
    status, text = fail("pull", toy, "--port", os.ttyname(terminal), "--out", tmp_path / "x.model")
    assert status == 1 and "no response from MicroPython: could not enter raw repl" in text
    os.close(controller)
    os.close(terminal)


def test_mip_installs_the_package(port, toy, tmp_path):
    """mpremote's mip reads package.json as the one on boards does, here from a folder."""
    model, out = load_model(toy), tmp_path / "out"
    exported = run("export", toy, "--target", "micropython", "--arch", "armv7m", "--mip", "1.0", "--out", out)
    assert exported.exit_code == 0, exported.output
    assert {path.name for path in (out / "mip/1.0").iterdir()} == {"armv7m_6.3", "viper", "plain"}
    with connect(port) as board:
        board.remove("/toy.weights", "/lib/toy.mpy", "/lib/_toy.mpy", "/lib/_toy.py")
    command = [sys.executable, "-m", "mpremote", "connect", port, "mip", "install", "--target", "/lib"]
    zero = np.zeros((1, *model.preprocessing.raw_shape), np.int8)
    expected = model.network.predict(model.preprocessing.apply(zero))[0]
    for package in ("package.json", "mip/1.0/armv7m_6.3/package.json"):
        done = subprocess.run([*command, str(out / package)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        with connect(port) as board:
            answer = board.run("import toy\nprint(toy.Model('toy.weights').predict(bytes(72)))")
            board.remove("/lib/toy.py", "/lib/_toy.py", "/lib/_toy.mpy", "/lib/toy.weights")
        assert int(answer) == expected, package
