"""Builds that are kept in the user's cache, in folders named after a key of everything they are made of."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

from integrad.build.object_cache import VARIABLE
from integrad.build_folder import build_folder

KEPT = 48
"""Builds for a core. If there are more, those that were not used for the longest time are removed, unless
they were used within the last SECONDS: other processes may need them."""

SECONDS = 3600.0


def kept_build(core: str, key: str, build: Callable[[Path], None]) -> Path:
    """The folder of a build for a core. `build` fills it if no process has done so before.

    Two processes may build the same at the same time; both use what was finished first.
    """
    parent = builds_folder() / core
    place = parent / key
    if not place.is_dir():
        parent.mkdir(parents=True, exist_ok=True)
        remove_oldest(parent)
        with build_folder(parent) as folder:
            built = folder / "build"
            built.mkdir()
            build(built)
            with suppress(OSError):  # another process was first
                os.rename(built, place)
    with suppress(OSError):
        os.utime(place)
    return place


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
