"""Atomic writing of files."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from integrad.errors import IntegradError

PIECE_BYTES = 2**16
"""How much of a file is read at once."""

LEFTOVER_SECONDS = 3600
"""Age from which a temporary file is taken for a leftover of a process that was killed."""


def write_atomically(path: str | os.PathLike, data: bytes) -> None:
    """Write data to path so that a crash or a full disk leaves either the old file or the new one.

    The data is written to a temporary file in the same folder, flushed to the disk and renamed. Symbolic
    links are followed. Raises IntegradError if path is not a regular file or cannot be written; the old file
    is then unchanged and the temporary one removed. Temporary files that processes which were killed left
    behind in this folder are removed as well.
    """
    write_together({path: data})


def write_together(files: Mapping[str | os.PathLike, bytes]) -> None:
    """The same for files that belong together: all of them are on the disk before the first one is
    renamed."""
    for path in files:
        require_regular(path)
    targets = {path: Path(os.path.realpath(path)) for path in files}
    temporary = {path: _temporary(target) for path, target in targets.items()}
    at = ""
    try:
        for folder in {target.parent for target in targets.values()}:
            _sweep(folder)
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


def write_whole(path: Path, data: bytes) -> None:
    """Write data so that other processes see either the old file or the new one.

    Unlike write_atomically(), it does not wait for the disk: for what can be made again, and is verified when
    it is read. Raises OSError.
    """
    _sweep(path.parent)
    temporary = _temporary(path)
    try:
        temporary.write_bytes(data)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


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


def utf8(text: str) -> bytes:
    """A text that may contain names of files. A name may be no text, but bytes that no encoding has; they are
    written as \\udcff, which is also how JSON spells them."""
    return text.encode(errors="backslashreplace")


def read_bounded(path: str | os.PathLike, most: int, what: str) -> bytes:
    """The contents of a regular file. Raises IntegradError for anything else, such as a device that never
    ends, and for more than `most` bytes, too many for `what`."""
    require_regular(path)
    data = bytearray()
    try:
        with open(path, "rb") as file:
            # In pieces, since Python would allocate `most` bytes for a small file, too.
            while piece := file.read(min(PIECE_BYTES, most + 1 - len(data))):
                data += piece
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        raise IntegradError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(data) > most:
        raise IntegradError(f"{path}: is larger than {most:,} bytes, too large for {what}")
    return bytes(data)


def require_writable(folder: str | os.PathLike) -> None:
    """Raise OSError unless files can be created in a folder."""
    path = _temporary(Path(folder) / "-")
    try:
        _write_through(path, b"")
    finally:
        with suppress(OSError):
            path.unlink()


def _temporary(target: Path) -> Path:
    """A new file beside a target. Its name is short, since that of the target may be long, and drawn, since
    threads share a process number, and so may processes in containers."""
    return target.with_name(f".integrad-{os.urandom(8).hex()}.tmp")


def _sweep(folder: Path) -> None:
    """Remove old temporary files."""
    with suppress(OSError):
        for left in folder.glob(".integrad-*.tmp"):
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > LEFTOVER_SECONDS:
                    left.unlink()


def _write_through(path: Path, data: bytes) -> None:
    with open(path, "xb") as file:
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
