"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from integrad.errors import IntegradError


def write_atomically(path: str | os.PathLike, data: bytes) -> None:
    """Write data to path so that a crash or a full disk leaves either the old file or the new one.

    The bytes go to a temporary file in the same folder, reach the disk, and take the name. A link is
    followed. Raises IntegradError if path is not a file or cannot be written; then the old file is
    as it was and the temporary one is gone.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise IntegradError(
            f"{path}: is a {'folder' if target.is_dir() else 'device'}, not a file to write to"
        )
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        try:
            _write_through(temporary, data)
            os.replace(temporary, target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        _sync_folder(target.parent)
    except OSError as error:
        kept = "; the old file is untouched" if target.exists() else ""
        raise IntegradError(f"{path}: cannot be written: {error.strerror}{kept}") from error


def _write_through(path: Path, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself durable; some file systems refuse, and then it is as good as it gets."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
