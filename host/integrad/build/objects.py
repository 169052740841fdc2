"""Compile sources to object files, each once per process.

A model is often built several times: for another core's memory, in search of a plan that fits, to learn and
to infer. The start-up code, the runtime and much of a model are the same text every time.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from integrad.build.toolchain import DEVICE, first_error
from integrad.errors import IntegradError

KEPT = 512
"""Maximum number of object files in memory."""

_objects: dict[tuple[str, ...], bytes] = {}


def compile_object(
    compiler: str, command: list[str], includes: list[Path], source: Path, target: Path
) -> None:
    """Compile `source` to the object file `target`.

    compiler: its name, for messages; command: the compiler with its flags; includes: folders of headers. An
    object is reused if the same command has compiled the same text. Raises IntegradError with the first error
    of the compiler.
    """
    folders = [f"-I{folder}" for folder in includes]
    key = (*command, _identity(compiler, [*command, *folders], source))
    if key in _objects:
        _objects[key] = _objects.pop(key)  # the last one used is the last one forgotten
        target.write_bytes(_objects[key])
        return
    _run(compiler, [*command, *folders, "-c", str(source), "-o", str(target)], source)
    if len(_objects) == KEPT:
        del _objects[next(iter(_objects))]
    _objects[key] = target.read_bytes()


def forget_objects() -> None:
    """Compile everything anew from now on."""
    _objects.clear()


def run_tool(command: list[str]) -> subprocess.CompletedProcess:
    """Run a compiler or linker. Messages are parsed, so they must be in English."""
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})


def _identity(compiler: str, command: list[str], source: Path) -> str:
    """What tells a source from others: the path of a device file, else its text with all that it includes."""
    if source.is_relative_to(DEVICE):
        return str(source)
    # Without line markers (-P), the text does not depend on the folder.
    text = _run(compiler, [*command, "-E", "-P", str(source)], source)
    return hashlib.sha256(text.encode()).hexdigest()


def _run(compiler: str, command: list[str], source: Path) -> str:
    result = run_tool(command)
    if result.returncode:
        raise IntegradError(f"{compiler} cannot compile {source}: {first_error(result.stderr)}")
    return result.stdout
