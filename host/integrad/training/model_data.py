"""Data sets for a model that is trained: the columns of a table by the names that it was trained on."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np

from integrad.datasets import Dataset, TableOptions, is_table, load_dataset, load_samples
from integrad.errors import IntegradError
from integrad.model_file import Model


def load_for(
    model: Model, data: str, label: str | None = None, group: str | None = None, drop: tuple[str, ...] = ()
) -> Dataset:
    """A data set to be classified by a model, with its columns by the names that the model was trained on.

    The labels of a table are by default in the column that the model learnt them from, and the groups in the
    one that they had in training, if the table has such a column.
    """
    recorded = model.training.get("group_column")
    if group is None and is_table(data) and isinstance(recorded, str):
        with suppress(IntegradError):
            return load_dataset(data, table=options_for(model, data, label, recorded, drop))
    return load_dataset(data, table=options_for(model, data, label, group, drop))


def samples_for(
    model: Model, data: str, label: str | None = None, group: str | None = None, drop: tuple[str, ...] = ()
) -> np.ndarray:
    """The samples (N, ...) of the same data set, which need not have labels."""
    options = options_for(model, data, None, group, drop)
    names = [model.training.get("group_column") if group is None else None]
    if label is None:
        names.append(options.label)
    unused = tuple(name for name in names if isinstance(name, str) and name not in (label, *drop))
    return load_samples(data, replace(options, label=label, drop_if_there=unused))


def options_for(
    model: Model, data: str, label: str | None, group: str | None, drop: tuple[str, ...]
) -> TableOptions:
    """How to read the table that a model classifies."""
    if not is_table(data):
        return TableOptions(label, group, drop)
    recorded = model.training.get("label_column")
    if label is None and isinstance(recorded, str):
        label = recorded
    floats = model.preprocessing.scales is not None
    names = None if model.channel_names is None else tuple(model.channel_names)
    return TableOptions(label, group, drop, features=names, floats=floats)
