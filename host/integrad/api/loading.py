"""Loading data sets by keyword arguments."""

from __future__ import annotations

import os
from collections.abc import Sequence

from integrad import datasets
from integrad.datasets import Dataset, TableOptions


def load_dataset(
    name_or_path: str | os.PathLike,
    *,
    axes: str | None = None,
    label: str | None = None,
    group: str | None = None,
    drop: Sequence[str] = (),
) -> Dataset:
    """Load a bundled data set by its name, or an `.npz` or `.csv` file.

    Parameters
    ----------
    name_or_path : str or path
    axes : str, optional
        Layout of a sample: F, T, TC, CT, HW, HWC or CHW. By default it is detected from the shape.
    label, group : str, optional
        Of a table: the column of the classes, which is required, and one whose groups are kept together.
    drop : sequence of str
        Of a table: columns that are not used.

    Returns
    -------
    Dataset
        With the arrays `x` (N, ...) and `y` (N,), class indices, and `class_names`.

    Raises
    ------
    UsageError
        For an unknown name, layout or column.
    IntegradError
        For a file that cannot be used.
    """
    table = TableOptions(label, group, tuple(drop))
    return datasets.load_dataset(name_or_path, axes, table if table.given else None)
