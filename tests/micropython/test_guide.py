"""docs/micropython.md, from laptop to board: its commands as printed, on an emulated board."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from integrad.boards.connection import connect
from integrad.emulate.micropython_firmware import start_on_terminal
from integrad.targets.cores import micropython_cores

sys.path.append(str(Path(__file__).resolve().parents[1] / "packaging"))
from test_readme import commands

PAGE = Path(__file__).resolve().parents[2] / "docs/micropython.md"

pytestmark = pytest.mark.firmware


def test_the_guide(tmp_path):
    for name, text in re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE.read_text(), re.DOTALL):
        (tmp_path / name).write_text(text)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    outputs = {}
    with start_on_terminal(micropython_cores()["m3"]) as port:
        for number, mode, command in commands(PAGE):
            if mode not in ("run", "board"):
                continue
            done = subprocess.run(
                ["bash", "-c", command.replace("/dev/ttyACM0", port)],
                cwd=tmp_path,
                env={**os.environ, "PATH": path},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert done.returncode == 0, (
                f"line {number}: `{command}`\n{done.stdout[-1500:]}{done.stderr[-1500:]}"
            )
            outputs[command.split()[1 if command.startswith("integrad") else 0]] = done.stdout
    assert "the board computes what the host computes" in outputs["install"]
    assert outputs["mpremote"].split()[-1] == "3"
    assert "wrote learnt.model" in outputs["pull"] and "rest: 100" in outputs["collect"]
    assert float(re.search(r"│ test +│ +40 │ +([\d.]+)% │", outputs["train"])[1]) >= 95
    assert "all executors computed the same bits" in outputs["verify"]
    assert {"install", "mpremote", "pull", "evaluate", "collect", "train", "export", "verify"} == set(outputs)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_board_to_try_it_on(number, status):
    """However it is ended, the emulator ends with it."""
    # Tests in the background may ignore signals, which a program would inherit.
    usual = ["env", "--default-signal=INT,TERM,HUP"]
    command = [*usual, sys.executable, "-m", "integrad", "micropython", "start"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline().strip()
            with connect(port) as board:
                assert board.run("print(6 * 7)") == "42\n"
            (emulator,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            process.send_signal(number)
            assert process.wait(10) == status
            assert not Path(f"/proc/{emulator}").exists()
        finally:
            process.kill()
