"""Perform a session on a Python core: in MicroPython (viper or bytecode) or in this Python."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from integrad.emulator.device_model import DeviceModel
from integrad.emulator.session import Action, Predict, Reset, Train
from integrad_codegen.emit_micropython_pure import emit_pure
from integrad_codegen.weights_file import weights_file

SCRIPT = Path(__file__).with_name("core_session.py")
MICROPYTHON = Path(sys.executable).with_name("micropython")
VIPER, PLAIN = "pure", "plain"


def run_core(device: DeviceModel, actions: list[Action], core: str, interpreter: Path = MICROPYTHON) -> list:
    """Results of the actions. core: the exported folder it is taken from."""
    files = emit_pure(device.model, device.plan)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "_model.py").write_text(files[f"{core}/_model.py"])
        (folder / "model.weights").write_bytes(weights_file(device.model, device.plan))
        (folder / "core_session.bin").write_bytes(device.session(actions).encode())
        (folder / "main.py").write_bytes(SCRIPT.read_bytes())
        lines = run_script(folder, "main.py", interpreter).split()
    return [_result(device, action, line) for action, line in zip(actions, lines, strict=True)]


def run_script(folder: Path, script: str, interpreter: Path = MICROPYTHON) -> str:
    """What a script prints that runs in its own folder."""
    heap = ["-X", "heapsize=32M"] if interpreter == MICROPYTHON else []
    command = [str(interpreter), *heap, script]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def _result(device: DeviceModel, action: Action, line: str):
    if isinstance(action, Predict):
        return np.frombuffer(bytes.fromhex(line), np.int8).reshape(-1, device.plan.classes)
    if isinstance(action, Train):
        return int(line)
    return None if isinstance(action, Reset) else bytes.fromhex(line)
