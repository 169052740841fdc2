"""Sets of generated files: path → contents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

Contents = TypeVar("Contents", str, bytes, str | bytes)


def merged(*parts: Mapping[str, Contents]) -> dict[str, Contents]:
    """The files of all parts, which must have no path in common. names.RESERVED_NAMES excludes the names
    of models for which they would."""
    files: dict[str, Contents] = {}
    for part in parts:
        twice = sorted(files.keys() & part.keys())
        assert not twice, f"two files with the same path: {', '.join(twice)}"
        files |= part
    return files
