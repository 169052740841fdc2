"""What all fuzz targets share: the input as a file, and what is an answer and what is a finding."""

from __future__ import annotations

import random
import tempfile
import warnings
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from integrad.errors import IntegradError

MEMORY = Path("/dev/shm")
MOST_TEXT = 2_000
"""Characters of a message, beyond which it is no clear line."""


@dataclass(frozen=True)
class Target:
    """A format, with a function that reads it.

    read: takes the contents of a file. It returns if the contents are valid and raises IntegradError if not;
    everything else is a finding. seeds: valid contents to begin with. mutate: (contents, a random generator,
    mutator of bytes) → other contents, in which checksums are right, so that what is behind them is reached.
    lines: of a message. expands: (contents) → bytes that they stand for, where the format is compressed.
    describes_networks: see fuzz_limits.
    """

    name: str
    read: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]
    mutate: Callable[[bytes, random.Random, Callable[[bytes], bytes]], bytes] | None = None
    lines: int = 1
    expands: Callable[[bytes], int] = len
    most: int = 8192
    describes_networks: bool = False

    def run(self, data: bytes) -> str | None:
        """The message about contents, or None if they are valid. Any other exception is a finding."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self.read(data)
            except IntegradError as error:
                text = str(error)
                check_message(text, self.lines)
                return text
        return None


def check_message(text: str, lines: int = 1) -> None:
    """Fail unless a message is one line, or the given number, of printable characters."""
    parts = text.split("\n")
    if not text.strip() or len(parts) > lines or not all(part.isprintable() for part in parts):
        raise AssertionError(f"no clear line: {text[:500]!r}")
    if len(text) > MOST_TEXT:
        raise AssertionError(f"a message of {len(text)} characters: {text[:500]!r}")


class File:
    """A file, in memory if possible, that is written again for every input."""

    def __init__(self, name: str):
        folder = tempfile.mkdtemp(prefix="integrad-fuzz-", dir=MEMORY if MEMORY.is_dir() else None)
        self.path = Path(folder, name)
        weakref.finalize(self, _remove, self.path)

    def holding(self, data: bytes) -> Path:
        self.path.write_bytes(data)
        return self.path


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.parent.rmdir()


def contents(write: Callable[[Path], object], name: str = "file") -> bytes:
    """What a function writes to a path."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        write(path)
        return path.read_bytes()
