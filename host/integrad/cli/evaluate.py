"""integrad evaluate: how good a model is on a data set."""

from __future__ import annotations

import click
import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from integrad.cli.json_output import console_for, json_option, write_json
from integrad.datasets import load_dataset
from integrad.datasets.dataset import Dataset
from integrad.errors import IntegradError
from integrad.metrics import class_scores, confusion_matrix, macro_f1
from integrad.model_file import Model, load_model
from integrad.splits import select

WIDEST_MATRIX = 12
"""Classes up to which the confusion matrix is shown; above it, only the table by class."""


@click.command()
@click.argument("model", metavar="MODEL")
@click.argument("data")
@click.option(
    "--only",
    multiple=True,
    metavar="KEY=VALUE",
    help="Every matching sample. Repeatable. [the data's test part; without one, everything]",
)
@json_option
def evaluate(model, data, only, json_path):
    """Classify DATA with MODEL and show accuracy, macro-F1 and the confusion matrix.

    \b
    Example:
      integrad evaluate digits.model spoken-digits --only speaker=george
    """
    console = console_for(json_path)
    trained, dataset = load_model(model), load_dataset(data)
    mask, part = choose_part(dataset, list(only))
    labels = match_labels(trained, dataset)[mask]
    predicted = trained.network.predict(trained.preprocessing.apply(dataset.x[mask]))
    confusion = confusion_matrix(labels, predicted, trained.network.classes)
    correct, samples = int(confusion.trace()), int(confusion.sum())
    _show(console, trained, confusion)
    text = f"{data}, {part}: {correct:,} of {samples:,} right"
    console.print(
        f"{text}, accuracy {correct / samples:.2%}, macro-F1 {macro_f1(confusion):.2%}",
        markup=False,
        soft_wrap=True,
    )
    write_json(
        json_path,
        {"accuracy": correct / samples, "macro_f1": macro_f1(confusion), "samples": samples},
    )


def choose_part(dataset: Dataset, only: list[str]) -> tuple[np.ndarray, str]:
    """Mask bool (N,) of the samples to evaluate, and which they are in words."""
    if only:
        return select(dataset, only), f"every sample with {' or '.join(only)}"
    if dataset.test is not None:
        return dataset.test, "its test part"
    return np.ones(len(dataset), bool), "every sample"


def match_labels(model: Model, dataset: Dataset) -> np.ndarray:
    """The data's labels as the model counts them, int64 (N,): by class name, or by number if it has no names.

    Raises IntegradError if the data has a class that the model does not know.
    """
    numbers = [str(number) for number in range(dataset.classes)]
    if dataset.class_names == numbers and dataset.classes <= model.network.classes:
        return dataset.y
    unknown = [name for name in dataset.class_names if name not in model.class_names]
    if unknown:
        known = ", ".join(model.class_names)
        raise IntegradError(f"{dataset.name}: the model does not know the class {unknown[0]}, only {known}")
    return np.array([model.class_names.index(name) for name in dataset.class_names])[dataset.y]


def _show(console: Console, model: Model, confusion: np.ndarray) -> None:
    names = [escape(name) for name in model.class_names]
    table = Table(title="Rows: true class, columns: predicted" if len(names) <= WIDEST_MATRIX else None)
    table.add_column("class")
    if len(names) <= WIDEST_MATRIX:
        for name in names:
            table.add_column(name, justify="right")
    for name in ("samples", "precision", "recall", "F1"):
        table.add_column(name, justify="right")
    for name, row, scores in zip(names, confusion, class_scores(confusion), strict=True):
        cells = [str(n) if n else "·" for n in row] if len(names) <= WIDEST_MATRIX else []
        table.add_row(name, *cells, str(row.sum()), *(f"{score:.1%}" for score in scores))
    console.print(table)
