"""Atomic writing of files."""

from __future__ import annotations

import os
import stat
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from integrad.errors import IntegradError

LEFTOVER_SECONDS = 3600
"""Age from which a temporary file is taken for a leftover of a process that was killed."""


def write_atomically(path: str | os.PathLike, data: bytes) -> None:
    """Write data to path so that a crash or a full disk leaves either the old file or the new one.

    The data is written to a temporary file in the same folder, flushed to the disk and renamed. Symbolic
    links are followed. Raises IntegradError if path is not a regular file or cannot be written; the old file
    is then unchanged and the temporary one removed. Temporary files for the same path that were left behind
    by processes that were killed are removed as well.
    """
    write_together({path: data})


def write_together(files: Mapping[str | os.PathLike, bytes]) -> None:
    """The same for files that belong together: all of them are on the disk before the first one is
    renamed."""
    for path in files:
        require_regular(path)
    targets = {path: Path(os.path.realpath(path)) for path in files}
    temporary = {path: t.with_name(f"{_prefix(t)}{os.getpid()}.tmp") for path, t in targets.items()}
    at = ""
    try:
        for at, data in files.items():
            _sweep(targets[at])
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


def require_regular(path: str | os.PathLike) -> None:
    """Raise IntegradError unless path is a regular file or the name of a new one."""
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, ValueError):
        return
    except OSError as error:  # a loop of symbolic links, a name that is too long
        raise IntegradError(f"{path}: {error.strerror}") from error
    if not stat.S_ISREG(mode):
        kind = "folder" if stat.S_ISDIR(mode) else "pipe" if stat.S_ISFIFO(mode) else "device"
        raise IntegradError(f"{path}: is a {kind}, not a regular file")


def read_bounded(path: str | os.PathLike, most: int, what: str) -> bytes:
    """The contents of a regular file. Raises IntegradError for anything else, such as a device that never
    ends, and for more than `most` bytes, too many for `what`."""
    require_regular(path)
    try:
        with open(path, "rb") as file:
            data = file.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        raise IntegradError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > most:
        raise IntegradError(f"{path}: is larger than {most:,} bytes, too large for {what}")
    return data


def _prefix(target: Path) -> str:
    """Of the names of temporary files for a target; short, since the name of the target may be long."""
    return f".integrad-{zlib.crc32(os.fsencode(target.name)):08x}-"


def _sweep(target: Path) -> None:
    """Remove old temporary files for this target."""
    with suppress(OSError):
        for left in target.parent.glob(f"{_prefix(target)}*.tmp"):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > LEFTOVER_SECONDS:
                    left.unlink()


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
