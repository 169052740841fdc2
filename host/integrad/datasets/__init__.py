"""Data sets: bundled ones by name, others by the path of an .npz file."""

from __future__ import annotations

import os
from pathlib import Path

from integrad.datasets.bundled import BUNDLED, load_bundled
from integrad.datasets.dataset import Dataset, build_dataset
from integrad.datasets.npz import load_npz
from integrad.errors import IntegradError, UsageError

__all__ = ["BUNDLED", "Dataset", "build_dataset", "load_dataset"]


def load_dataset(name_or_path: str | os.PathLike, axes: str | None = None) -> Dataset:
    """Load and check a data set. axes: layout of a sample (axes.py), detected if None.

    Raises UsageError for an unknown name or impossible axes, IntegradError for a file that cannot be
    used. The message is one line that names the file, the array and a remedy.
    """
    name = os.fspath(name_or_path)
    if name in BUNDLED:
        return load_bundled(name, axes)
    path = Path(name)
    if path.exists():
        return load_npz(path, axes)
    known = f"bundled: {', '.join(BUNDLED)}"
    if path.suffix or len(path.parts) > 1:
        raise IntegradError(f"{name}: no such file ({known})")
    raise UsageError(f"{name}: no such data set ({known}); expected one of these or the path of an .npz file")
