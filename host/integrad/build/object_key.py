"""The key of an object file: a digest of everything that the compiler reads, except the system's headers."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from integrad.programs import ask

FORMAT = 1
"""Increased when the meaning of a key or the format of an entry changes."""

VARIABLES = ("CPATH", "C_INCLUDE_PATH", "GCC_EXEC_PREFIX", "COMPILER_PATH", "SOURCE_DATE_EPOCH")
"""Environment variables that a compiler reads."""

FOLDERS = ("-I", "-iquote", "-isystem", "-idirafter")

UNKNOWABLE = re.compile(rb"__(DATE|TIME|TIMESTAMP)__|__has_include|\.incbin|# *embed")
"""In a source or header, what depends on more than the contents of the files that it includes."""

INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include(?:_next)?[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>|(.*))', re.MULTILINE)


@dataclass(frozen=True)
class Text:
    """A source, or a header by the name in the line that includes it; digest: of its contents."""

    path: str
    name: str
    digest: str


PIECE_BYTES = 2**16
"""How much of a file is read at once that is larger than the file system says."""

SEARCHED = 4096
"""Maximum number of texts whose includes are remembered."""

_searched: dict[str, list[tuple[bool, str]] | None] = {}


class UnknowableError(Exception):
    """A key cannot be computed, because what the source depends on is not known in advance."""


def object_key(compiler: str, command: Sequence[str], texts: Sequence[Text]) -> str:
    """The key of what `command` makes of a source. compiler: its name; texts: from read_texts().

    Raises IntegradError or OSError if the compiler cannot be identified.
    """
    parts = (
        compiler_identity(compiler, command[0]),
        # -march=native stands for the processor of this computer.
        _processor() if any("native" in word for word in command) else "",
        list(command),
        [(text.name, text.digest) for text in texts],
    )
    return digest_of(parts)


def digest_of(parts: tuple) -> str:
    """A key of plain values and of the environment variables that compilers read."""
    environment = [os.environ.get(name) for name in VARIABLES]
    return hashlib.sha256(repr((FORMAT, environment, parts)).encode(errors="backslashreplace")).hexdigest()


def read_texts(command: Sequence[str], includes: Sequence[Path], source: Path) -> list[Text]:
    """A source and every header that it could include from its own folder, from `includes` and from the
    folders that the command names.

    Conditions are not evaluated, so there may be more than it does include. Headers that are not found belong
    to the system, or are not included. Raises UnknowableError, or OSError if a file cannot be read.
    """
    folders = [*map(os.fspath, includes), *_folders_of(command)]
    start = os.fspath(source)
    texts, waiting, seen = [], [(start, source.name)], {start}
    while waiting:
        path, name = waiting.pop()
        contents = _contents(path)
        digest = hashlib.sha256(contents).hexdigest()
        texts.append(Text(path, name, digest))
        for is_quoted, included in _includes_of(digest, contents):
            for folder in [os.path.dirname(path), *folders] if is_quoted else folders:
                header = os.path.join(folder, included)
                if header in seen:
                    break
                if os.path.isfile(header):
                    seen.add(header)
                    waiting.append((header, included))
                    break
    return texts


def _contents(path: str) -> bytes:
    """The contents of a file. A build reads the same hundred headers for each of its sources, for which
    open() takes several times as long."""
    handle = os.open(path, os.O_RDONLY)
    try:
        pieces = [os.read(handle, os.fstat(handle).st_size + 1)]
        while pieces[-1]:
            pieces.append(os.read(handle, PIECE_BYTES))
    finally:
        os.close(handle)
    return b"".join(pieces)


def _includes_of(digest: str, contents: bytes) -> list[tuple[bool, str]]:
    """(whether it is quoted, name) of each header that a text includes. A text is searched once."""
    if digest not in _searched:
        if len(_searched) == SEARCHED:
            _searched.clear()
        found = INCLUDE.findall(contents.replace(b"\\\n", b""))
        known = not UNKNOWABLE.search(contents) and not any(other for _, _, other in found)
        _searched[digest] = [(bool(q), os.fsdecode(q or a)) for q, a, _ in found] if known else None
    if (includes := _searched[digest]) is None:
        raise UnknowableError
    return includes


def _folders_of(command: Sequence[str]) -> Iterator[str]:
    """Folders of headers among the words of a command."""
    for word, following in zip(command, [*command, ""][1:], strict=True):
        for option in FOLDERS:
            if word.startswith(option):
                yield word.removeprefix(option) or following
                break


def compiler_identity(compiler: str, program: str) -> tuple[str, int, int, str]:
    """Path, size, time and version of a compiler. Raises IntegradError or OSError if there are none."""
    if compiler == "zig":  # started by Python, as a module
        found = importlib.util.find_spec("ziglang")
        path = Path(found.origin).with_name("zig") if found and found.origin else None
        version = importlib.metadata.version("ziglang")
    else:
        path, version = shutil.which(program), ask(program, "--version")
    if path is None:
        raise FileNotFoundError(program)
    path = Path(path).resolve()
    state = path.stat()
    return str(path), state.st_size, state.st_mtime_ns, version


@cache
def _processor() -> str:
    """Name and capabilities of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.platform()
    return "\n".join(sorted({line for line in lines if line.startswith(("flags", "Features", "model name"))}))
