"""What tests of several boards do: make projects, build one as its user would, and let the board learn."""

import subprocess
import zlib

from digits import run, train, write_npz

from integrad.boards.c_board import compare, device_of
from integrad.execute.serial_session import serial_executor
from integrad.execute.verification import random_actions


def make_projects(folder, boards):
    """The projects of a small model, each in a folder with the name of its board. Returns the folder."""
    assert train(folder, write_npz(folder / "toy.npz"), "--epochs", 1).exit_code == 0
    for board in boards:
        options = ("--board", board, "--learn", "all", "--out", folder / board)
        assert run("project", folder / "toy.model", *options).exit_code == 0
    return folder


def build(project):
    """Build a project with CMake, where warnings are errors; what was said is in build.log."""
    for command in (
        ("cmake", "-B", "build", "-DCMAKE_C_FLAGS=-Werror"),
        ("cmake", "--build", "build", "--parallel", "2"),
    ):
        result = subprocess.run(command, cwd=project, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
    (project / "build.log").write_text(result.stdout + result.stderr)


def learn(client, loaded):
    """Two training steps, with the bits of NumPy. Returns (CRC-32 of NumPy's weights, steps), as check()."""
    device = device_of(client, loaded)
    actions = random_actions(device, 2, loaded.schedule(4), seed=1)
    verdicts = compare(client, device, actions)
    assert verdicts[1].same_bits(verdicts[0]), verdicts
    learnt = zlib.crc32(device.run_numpy(actions)[-1]), 2
    serial_executor(client).perform(actions)
    assert client.check() == learnt
    return learnt
