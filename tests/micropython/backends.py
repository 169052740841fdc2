"""Python backends run in MicroPython (viper or bytecode) and in this Python."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from integrad.execute.micropython_session import Place

MICROPYTHON = Path(sys.executable).with_name("micropython")
VIPER, PLAIN = "pure", "plain"


def in_this_python() -> Place:
    """Where a script runs in the Python that runs the tests."""

    def execute(script: str, files: Mapping[str, bytes]) -> str:
        with tempfile.TemporaryDirectory() as name:
            for file, data in {**files, "main.py": script.encode()}.items():
                Path(name, file).write_bytes(data)
            return run_script(Path(name), "main.py", Path(sys.executable))

    return Place(execute)


def run_script(
    folder: Path, script: str, interpreter: Path = MICROPYTHON, arguments: Sequence[str] = ()
) -> str:
    """What a script prints that runs in its own folder."""
    heap = ["-X", "heapsize=32M"] if interpreter == MICROPYTHON else []
    command = [str(interpreter), *heap, script, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout
