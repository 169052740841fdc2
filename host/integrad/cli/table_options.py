"""The options of every command that reads tables: which column holds what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import click
import numpy as np

from integrad.datasets import Dataset, TableOptions, is_table, load_dataset, load_samples
from integrad.model_file import Model


def table_options() -> Callable:
    """Decorator that adds --label, --group and --drop."""
    options = [
        click.option(
            "--drop", multiple=True, metavar="COLUMN", help="Column of a table that is not used. Repeatable."
        ),
        click.option(
            "--group", metavar="COLUMN", help="Column of a table whose groups are kept together, and a key."
        ),
        click.option("--label", metavar="COLUMN", help="Column of a table that holds the classes."),
    ]

    def decorate(command: Callable) -> Callable:
        for option in options:
            command = option(command)
        return command

    return decorate


def load_for(
    model: Model, data: str, label: str | None = None, group: str | None = None, drop: tuple[str, ...] = ()
) -> Dataset:
    """A data set to be classified by a model, with its columns by the names that the model was trained on.

    The labels of a table are by default in the column that the model learnt them from.
    """
    return load_dataset(data, table=options_for(model, data, label, group, drop))


def samples_for(
    model: Model, data: str, label: str | None = None, group: str | None = None, drop: tuple[str, ...] = ()
) -> np.ndarray:
    """The samples (N, ...) of the same data set, which need not have labels."""
    options = options_for(model, data, None, group, drop)
    if label is None and options.label is not None:
        return load_samples(data, replace(options, label=None, drop_if_there=(options.label,)))
    return load_samples(data, replace(options, label=label))


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
