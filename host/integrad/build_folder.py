"""Folders in the cache in which something is built before it is moved to its place."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "build-"

LEFTOVER_SECONDS = 24 * 3600
"""Age from which a folder is taken for a leftover of a process that was killed."""


@contextmanager
def build_folder(parent: Path) -> Iterator[Path]:
    """A folder on the same file system as what is built in it, removed at the end.

    Folders that processes which were killed left behind in parent are removed as well.
    """
    remove_leftovers(parent)
    with tempfile.TemporaryDirectory(dir=parent, prefix=PREFIX) as name:
        yield Path(name)


def remove_leftovers(parent: Path) -> None:
    """Remove old folders of build_folder() in a folder, if there are any."""
    with suppress(OSError):
        for left in parent.glob(f"{PREFIX}*"):
            with suppress(OSError):
                if time.time() - left.lstat().st_mtime > LEFTOVER_SECONDS:
                    shutil.rmtree(left, ignore_errors=True)
