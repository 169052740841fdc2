"""Data sets: bundled ones by name, others by the path of an .npz file or of a table (.csv)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from integrad.datasets.bundled import BUNDLED, load_bundled
from integrad.datasets.dataset import Dataset, build_dataset
from integrad.datasets.npz import load_npz, load_npz_samples
from integrad.datasets.table import TableOptions, load_table, load_table_samples
from integrad.datasets.table_reader import SUFFIXES
from integrad.errors import IntegradError, UsageError

__all__ = ["BUNDLED", "Dataset", "TableOptions", "build_dataset", "load_dataset", "load_samples"]


def load_dataset(
    name_or_path: str | os.PathLike, axes: str | None = None, table: TableOptions | None = None
) -> Dataset:
    """Load and check a data set. axes: layout of a sample (axes.py), detected if None. table: how to read a
    table, which must name the column of labels.

    Raises UsageError for an unknown name or impossible axes or columns, IntegradError for a file that cannot
    be used. The message is one line that names the file, the array or column and a remedy.
    """
    name = os.fspath(name_or_path)
    if is_table(name):
        return load_table(_existing(name), table or TableOptions(), axes)
    _require_no_options(name, table)
    return load_bundled(name, axes) if name in BUNDLED else load_npz(_existing(name), axes)


def load_samples(name_or_path: str | os.PathLike, table: TableOptions | None = None) -> np.ndarray:
    """The samples (N, ...) of a data set that need not have labels. Raises the same as load_dataset."""
    name = os.fspath(name_or_path)
    if is_table(name):
        return load_table_samples(_existing(name), table or TableOptions())
    _require_no_options(name, table)
    return load_bundled(name).x if name in BUNDLED else load_npz_samples(_existing(name))


def is_table(name_or_path: str | os.PathLike) -> bool:
    """Whether the name is that of a table of text."""
    return Path(name_or_path).suffix.lower() in SUFFIXES


def _require_no_options(name: str, table: TableOptions | None) -> None:
    if table is not None and table.given:
        raise UsageError(f"{name}: --label, --group and --drop are for tables ({', '.join(SUFFIXES)})")


def _existing(name: str) -> Path:
    path = Path(name)
    if path.is_file() or path.is_dir():
        return path
    if path.exists():
        raise IntegradError(f"{name}: is a pipe or a device; save the data in a file")
    known = f"bundled: {', '.join(BUNDLED)}"
    if path.suffix or len(path.parts) > 1:
        raise IntegradError(f"{name}: no such file ({known})")
    raise UsageError(
        f"{name}: no such data set ({known}); expected one of these or the path of an .npz or .csv file"
    )
