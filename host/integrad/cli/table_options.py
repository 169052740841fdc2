"""The options of every command that reads tables: which column holds what."""

from __future__ import annotations

from collections.abc import Callable

import click

from integrad.datasets import Dataset, TableOptions, is_table, load_dataset
from integrad.model_file import Model


def table_options(label: bool = True) -> Callable:
    """Decorator that adds --label, --group and --drop, or with label=False only the last."""
    options = [
        click.option(
            "--drop", multiple=True, metavar="COLUMN", help="Column of a table that is not used. Repeatable."
        ),
    ]
    if label:
        options += [
            click.option(
                "--group",
                metavar="COLUMN",
                help="Column of a table whose groups are kept together, and a key.",
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
    return TableOptions(label, group, drop, names, floats)
