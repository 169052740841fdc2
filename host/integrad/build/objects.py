"""Compile sources to object files, each text once.

A model is often built several times: for another core's memory, in search of a plan that fits, to learn and
to infer. The start-up code, the runtime and much of a model are the same text every time. Objects are kept in
memory and, for other processes, in the user's cache.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from integrad.build.object_cache import pack, read_entry, unpack, write_entry
from integrad.build.object_key import UnknowableError, object_key, read_texts
from integrad.build.toolchain import first_error
from integrad.errors import IntegradError

KEPT = 512
"""Maximum number of object files in memory."""

_entries: dict[str, bytes] = {}


class ArrayTooLargeError(IntegradError):
    """An array is larger than the processor can address, so that no part has the memory for the program."""


def compile_object(
    compiler: str, command: list[str], includes: list[Path], source: Path, target: Path
) -> str:
    """Compile `source` to the object file `target`. Returns what the compiler says, usually nothing.

    compiler: its name, for messages; command: the compiler with its flags; includes: folders of headers. An
    object is reused if the same command has compiled the same text, without a warning. Its debug information
    may then name another folder. Raises ArrayTooLargeError, or IntegradError with the first error of the
    compiler.
    """
    try:
        texts = read_texts(command, includes, source)
        key = object_key(compiler, command, texts)
    except (OSError, UnknowableError, IntegradError):
        texts, key = [], ""
    if key and (data := find(key)) is not None:
        target.write_bytes(data)
        return ""
    with tempfile.TemporaryDirectory(prefix="integrad-") as folder:
        # Whatever other processes do with the target, what is kept is what this compiler wrote.
        listing, written = Path(folder) / "headers", Path(folder) / target.name
        words = [*command, *(f"-I{include}" for include in includes), "-MD", "-MF", str(listing)]
        result = run_tool([*words, "-c", str(source), "-o", str(written)])
        if result.returncode:
            if too_large := re.search(r"size of array '(\w+)' is too large", result.stderr):
                raise ArrayTooLargeError(f"{too_large[1]} is larger than an array may be on this processor")
            raise IntegradError(f"{compiler} cannot compile {source}: {first_error(result.stderr)}")
        target.write_bytes(data := written.read_bytes())
        if key and not result.stderr:  # a warning is given each time
            own = {text.path for text in texts}
            keep(key, data, [path for path in listed(listing.read_text()) if str(path) not in own])
        return result.stderr


def forget_objects() -> None:
    """Forget the objects in memory; those in the user's cache are still found."""
    _entries.clear()


def run_tool(command: list[str]) -> subprocess.CompletedProcess:
    """Run a compiler or linker. Messages are parsed, so they must be in English."""
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})


def find(key: str) -> bytes | None:
    """What keep() kept under this key, in this process or in another one, or None."""
    for entry in (_entries.get(key, b""), read_entry(key) if key not in _entries else b""):
        if entry and (data := unpack(entry)) is not None:
            _remember(key, entry)
            return data
    return None


def keep(key: str, data: bytes, headers: list[Path]) -> None:
    """Keep what a compiler has made, to be used as long as these headers, which are no part of the key, stay
    the same."""
    with suppress(OSError):  # a header is gone already
        entry = pack(data, headers)
        _remember(key, entry)
        write_entry(key, entry)


def listed(text: str) -> list[Path]:
    """The files in a list that a compiler wrote (-MD), a rule of make."""
    _, _, names = text.replace("\\\n", " ").partition(": ")
    words = re.findall(r"(?:\\.|[^\s\\])+", names)  # spaces in names are escaped
    return [Path(re.sub(r"\\([ #\\])", r"\1", word).replace("$$", "$")) for word in words]


def _remember(key: str, entry: bytes) -> None:
    _entries.pop(key, None)
    _entries[key] = entry  # the last one used is the last one forgotten
    if len(_entries) > KEPT:
        del _entries[next(iter(_entries))]
