"""Files that an earlier export of the same package wrote, and that are no longer part of it.

The marker of a package lists its files with their checksums. A build system may compile all files that it
finds, so that those of an earlier export with more options would be compiled, too.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

MARKER = "integrad.json"
"""File in every package that says which one it is."""

FILES = "files"
"""Its key with path → CRC-32 of the files in its folder and below."""


def listed(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same, with the files in every marker."""
    found = dict(contents)
    for name in _markers(contents):
        folder = PurePosixPath(name).parent
        below = {PurePosixPath(path): data for path, data in contents.items() if path != name}
        inside = {path: data for path, data in below.items() if path.is_relative_to(folder)}
        sums = {path.relative_to(folder).as_posix(): zlib.crc32(data) for path, data in inside.items()}
        fields = json.loads(contents[name]) | {FILES: dict(sorted(sums.items()))}
        found[name] = (json.dumps(fields, indent=2) + "\n").encode()
    return found


def leftovers(out: Path, names: Iterable[str], kept: Container[str] = ()) -> tuple[list[Path], list[Path]]:
    """(files below `out` to be removed, those that somebody has changed and that stay) of earlier exports
    into the same folder. names: of the new files; kept: of others that are not to be mentioned."""
    names = set(names)
    unchanged, changed = [], []
    for marker in _markers(names):
        folder = PurePosixPath(marker).parent
        for name, checksum in _earlier(out / marker):
            path = (folder / name).as_posix()
            if path in names or path in kept or not _is_below(out / path, out / folder):
                continue
            with suppress(OSError):
                same = zlib.crc32((out / path).read_bytes()) == checksum
                (unchanged if same else changed).append(out / path)
    return unchanged, changed


def remove(paths: Iterable[Path], out: Path) -> None:
    """Remove files, and the folders below `out` that are empty then."""
    for path in paths:
        with suppress(OSError):
            path.unlink()
            for folder in path.relative_to(out).parents:
                (out / folder).rmdir()


def _markers(names: Iterable[str]) -> list[str]:
    return [name for name in names if PurePosixPath(name).name == MARKER]


def _earlier(marker: Path) -> Iterator[tuple[str, int]]:
    """(path, checksum) of the files that a marker lists."""
    try:
        found = json.loads(marker.read_bytes())[FILES]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return
    if isinstance(found, dict):
        yield from ((name, checksum) for name, checksum in found.items() if isinstance(checksum, int))


def _is_below(path: Path, folder: Path) -> bool:
    """Whether a regular file lies in a folder; no link leads out of it."""
    try:
        return path.is_file() and not path.is_symlink() and path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):
        return False
