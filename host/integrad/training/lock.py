"""One training run at a time for each model file."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from integrad.errors import IntegradError

try:
    import fcntl
except ModuleNotFoundError:  # not a POSIX system
    fcntl = None

BUSY = (errno.EAGAIN, errno.EACCES)


@contextmanager
def locked(path: str | os.PathLike) -> Iterator[None]:
    """Hold the lock of a file that a run will write. Raises IntegradError if another process holds it.

    The lock is a file next to it, which vanishes at the end. A process that is killed leaves the file behind,
    but not the lock. File systems without locks, and read-only ones, are not guarded.
    """
    target = Path(os.path.realpath(path))
    lock = target.with_name(f".{target.name}.lock")
    handle = _acquire(path, lock) if fcntl else None
    try:
        yield
    finally:
        if handle is not None:
            with suppress(OSError):
                lock.unlink()  # while it is held: nobody can lock the file that vanishes and keep it
            with suppress(OSError):
                os.close(handle)


def _acquire(path: str | os.PathLike, lock: Path) -> int | None:
    """The open file with the lock, or None where there are no locks."""
    while True:
        try:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        except OSError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_still(handle, lock):  # its owner has removed it meanwhile
                os.close(handle)
                continue
            with suppress(OSError):  # on a full disk, the lock has no name in it
                os.ftruncate(handle, 0)
                os.write(handle, str(os.getpid()).encode())
        except OSError as error:
            holder = os.pread(handle, 20, 0).decode(errors="replace")
            os.close(handle)
            if error.errno not in BUSY:
                return None
            process = f"process {holder}" if holder.isdigit() else "another process"
            raise IntegradError(
                f"{path}: {process} is training to the same file; wait for it or choose another --out"
            ) from None
        return handle


def _is_still(handle: int, lock: Path) -> bool:
    """Whether the file that was opened is the one of this name."""
    try:
        return os.path.samestat(os.fstat(handle), os.stat(lock))
    except OSError:
        return False
