"""Sets of generated files: path → contents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

Contents = TypeVar("Contents", str, bytes, str | bytes)


def merged(*parts: Mapping[str, Contents]) -> dict[str, Contents]:
    """The files of all parts, which may have no path in common: names.RESERVED_NAMES are the models'
    names that would give one file the path of another."""
    files: dict[str, Contents] = {}
    for part in parts:
        twice = sorted(files.keys() & part.keys())
        assert not twice, f"two files of one name: {', '.join(twice)}"
        files |= part
    return files
