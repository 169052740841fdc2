"""Object files in the user's cache.

An entry is a file named after its key, in a folder named after the first two digits. It contains the object,
the system's headers that were included when it was compiled, and a digest. An entry that is damaged, or one
of whose headers has changed, is not used.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

from integrad.files import write_whole

VARIABLE = "INTEGRAD_OBJECT_CACHE"
"""Environment variable; `off` turns the cache off."""

LIMIT = 256 << 20
"""Bytes of all entries. If there are more, those that were not used for the longest time are removed."""

CHECKED = 64
"""A process looks at the size of the cache when it writes its first entry and after so many more."""

_written = 0

REMAINDER = 0.75
"""How much of LIMIT is left then."""

DIGEST_BYTES = 32


def cache_folder() -> Path | None:
    """Where the entries are, or None if the cache is turned off."""
    return None if os.environ.get(VARIABLE) == "off" else user_cache_path("integrad") / "objects"


def pack(data: bytes, headers: Iterable[Path]) -> bytes:
    """An entry of an object and the system's headers that it depends on. Raises OSError if one is missing."""
    states = [[str(path), *_state(path)] for path in headers]
    text = json.dumps(states).encode() + b"\n" + data
    return text + hashlib.sha256(text).digest()


def unpack(entry: bytes) -> bytes | None:
    """The object of an entry, or None if the entry is damaged or a header has changed."""
    text, digest = entry[:-DIGEST_BYTES], entry[-DIGEST_BYTES:]
    if hashlib.sha256(text).digest() != digest:
        return None
    headers, _, data = text.partition(b"\n")
    try:
        unchanged = all(_state(Path(path)) == (size, time) for path, size, time in json.loads(headers))
    except OSError:
        return None
    return data if unchanged else None


def read_entry(key: str) -> bytes:
    """An entry, or b"" if there is none."""
    if not (folder := cache_folder()):
        return b""
    path = folder / key[:2] / key
    try:
        entry = path.read_bytes()
    except OSError:
        return b""
    with suppress(OSError):  # a cache that may only be read
        os.utime(path)
    return entry


def write_entry(key: str, entry: bytes) -> None:
    """Keep an entry, if the cache can be written."""
    global _written
    if folder := cache_folder():
        path = folder / key[:2] / key
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, entry)  # the digest tells whether it is whole after a crash, too
            if _written % CHECKED == 0:
                _remove_oldest(folder)
            _written += 1


def _remove_oldest(folder: Path) -> None:
    """Other processes may do the same at the same time, or read what is removed."""
    entries = []
    for path in folder.glob("??/*"):
        with suppress(OSError):
            state = path.stat()
            entries.append((state.st_mtime_ns, state.st_size, path))
    total = sum(size for _, size, _ in entries)
    if total > LIMIT:
        for _, size, path in sorted(entries):
            with suppress(OSError):
                path.unlink()
            total -= size
            if total <= LIMIT * REMAINDER:
                break


def _state(path: Path) -> tuple[int, int]:
    """Size and time of a file."""
    state = path.stat()
    return state.st_size, state.st_mtime_ns
