"""Builds that are kept in the user's cache, in folders named after a key of everything they are made of."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

from integrad.build.object_cache import VARIABLE
from integrad.build_folder import build_folder
from integrad.errors import IntegradError

try:
    import fcntl
except ModuleNotFoundError:  # not a POSIX system
    fcntl = None

KEPT = 48
"""Builds for a core. If there are more, those that were not used for the longest time are removed, unless
they were used within the last SECONDS: other processes may need them."""

SECONDS = 3600.0


def kept_build(core: str, key: str, build: Callable[[Path], None]) -> Path:
    """The folder of a build for a core. `build` fills it if no process has done so before.

    If two processes need the same at the same time, one waits for the other.
    """
    parent = builds_folder() / core
    place = parent / key
    if not place.is_dir():
        parent.mkdir(parents=True, exist_ok=True)
        remove_oldest(parent)
        # One of a few locks, which are never removed, for any number of keys.
        with locked(builds_folder() / "locks" / f"{core}-{key[0]}"):
            if not place.is_dir():
                _fill(place, build)
    with suppress(OSError):
        os.utime(place)
    return place


def _fill(place: Path, build: Callable[[Path], None]) -> None:
    with build_folder(place.parent) as folder:
        built = folder / "build"
        built.mkdir()
        build(built)
        try:
            os.rename(built, place)
        except OSError as error:  # where there are no locks, another process may have been first
            if not place.is_dir():
                raise IntegradError(f"{place}: cannot be written: {error.strerror}") from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Waits until no other process holds the lock of this file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def builds_folder() -> Path:
    """In the user's cache, or, if that is turned off or cannot be written, temporary and of this process."""
    folder = user_cache_path("integrad") / "firmware"
    if os.environ.get(VARIABLE) != "off":
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
    return _temporary(os.getpid())


@cache
def _temporary(process: int) -> Path:
    """process: a fork has a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="integrad-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def remove_oldest(parent: Path) -> None:
    """Remove builds from a folder if there are too many."""
    ages = []
    for path in parent.iterdir():
        with suppress(OSError):
            ages.append((time.time() - path.stat().st_mtime, path))
    for age, path in sorted(ages)[KEPT:]:
        if age > SECONDS:
            shutil.rmtree(path, ignore_errors=True)
