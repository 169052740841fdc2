"""Run a script in MicroPython on the host, with the Unix port that pip installs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from integrad.build.micropython_source import INSTALL_WITH
from integrad.errors import IntegradError
from integrad.programs import find_program

HEAP = "64M"


def find_micropython() -> str | None:
    """The path of the program: next to this Python or on the PATH."""
    beside = Path(sys.executable).with_name("micropython")
    return find_program(str(beside), "micropython")


def run_unix(script: str, files: Mapping[str, bytes] | None = None, time_limit: float = 120) -> str:
    """Run a script and return its output. files: path → contents, in the folder in which it runs.

    Raises IntegradError with the last line of the error output if it fails.
    """
    program = find_micropython()
    if program is None:
        raise IntegradError(f"MicroPython for the host is not installed; {INSTALL_WITH}")
    with tempfile.TemporaryDirectory(prefix="integrad-") as folder:
        for name, data in {**(files or {}), "main.py": script.encode()}.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        environment = {k: v for k, v in os.environ.items() if k != "MICROPYPATH"}
        try:
            result = subprocess.run(
                [program, "-X", f"heapsize={HEAP}", "main.py"],
                cwd=folder,
                env=environment,
                capture_output=True,
                timeout=time_limit,
            )
        except subprocess.TimeoutExpired:
            raise IntegradError(f"MicroPython did not end within {time_limit:g} s") from None
    output, errors = (text.decode(errors="replace") for text in (result.stdout, result.stderr))
    if result.returncode:
        raise IntegradError(
            f"MicroPython: {(errors.strip() or output.strip() or 'no message').splitlines()[-1]}"
        )
    return output
