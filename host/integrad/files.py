"""Atomic writing of files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from integrad.errors import IntegradError


def write_atomically(path: str | os.PathLike, data: bytes) -> None:
    """Write data to path so that a crash or a full disk leaves either the old file or the new one.

    The data is written to a temporary file in the same folder, flushed to the disk and renamed. Symbolic
    links are followed. Raises IntegradError if path is not a regular file or cannot be written; the old file
    is then unchanged and the temporary one removed.
    """
    write_together({path: data})


def write_together(files: Mapping[str | os.PathLike, bytes]) -> None:
    """The same for files that belong together: all of them are on the disk before the first one is
    renamed."""
    targets = {path: _target(path) for path in files}
    temporary = {path: t.with_name(f".{t.name}.{os.getpid()}.tmp") for path, t in targets.items()}
    at = ""
    try:
        for at, data in files.items():
            _write_through(temporary[at], data)
        for at, target in targets.items():
            os.replace(temporary[at], target)
            _sync_folder(target.parent)
    except BaseException as error:
        for left in temporary.values():
            with suppress(OSError):
                left.unlink()
        if not isinstance(error, OSError):
            raise
        kept = "; the old file is unchanged" if targets[at].exists() else ""
        raise IntegradError(f"{at}: cannot be written: {error.strerror}{kept}") from error


def _target(path: str | os.PathLike) -> Path:
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        kind = "folder" if target.is_dir() else "device"
        raise IntegradError(f"{path}: is a {kind}, not a regular file")
    return target


def _write_through(path: Path, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself durable, on file systems that support it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
