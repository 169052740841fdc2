"""integrad evaluate: accuracy of a model on a data set."""

from __future__ import annotations

import click
import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.table_options import table_options
from integrad.model_file import Model, load_model
from integrad.training.class_notes import describe_missed, describe_untested
from integrad.training.evaluation import choose_part, match_labels
from integrad.training.metrics import absent_classes, class_scores, confusion_matrix, macro_f1, missed_classes
from integrad.training.model_data import load_for

WIDEST_MATRIX = 12
"""Maximum number of classes for which the confusion matrix is shown."""


@click.command()
@click.argument("model", metavar="MODEL")
@click.argument("data")
@click.option(
    "--only",
    multiple=True,
    metavar="KEY=VALUE",
    help="Evaluate matching samples only. Repeatable. [default: those that the training run tested on if "
    "DATA is the same, else the test set of DATA, else all samples]",
)
@table_options()
@json_option
def evaluate(model, data, only, label, group, drop, json_path):
    """Classify DATA with MODEL and show accuracy, macro-F1 and the confusion matrix.

    \b
    Example:
      integrad evaluate digits.model spoken-digits --only speaker=george
    """
    console = console_for(json_path)
    trained = load_model(model)
    dataset = load_for(trained, data, label, group, drop)
    part = choose_part(trained, dataset, list(only))
    mask = part.mask
    labels = match_labels(trained, dataset)[mask]
    predicted = trained.network.predict(trained.preprocessing.apply(dataset.x[mask]))
    confusion = confusion_matrix(labels, predicted, trained.network.classes)
    correct, samples = int(confusion.trace()), int(confusion.sum())
    _show(console, trained, confusion)
    text = f"{data}, {part.text}: {correct:,} of {samples:,} correct"
    console.print(
        f"{text}, accuracy {correct / samples:.2%}, macro-F1 {macro_f1(confusion):.2%}",
        markup=False,
        soft_wrap=True,
    )
    if missed := describe_missed(trained.class_names, missed_classes(confusion)):
        it = "it" if len(missed_classes(confusion)) == 1 else "them"
        text = f"warning: no sample is classified as {missed}: train with more samples of {it}"
        console.print(text, markup=False, soft_wrap=True)
    if untested := describe_untested(trained.class_names, absent_classes(confusion)):
        console.print(f"note: {untested}", markup=False, soft_wrap=True)
    if note := part.note(np.flatnonzero(mask)):
        console.print(
            f"note: {note}, so that these figures do not say how well it classifies new ones",
            markup=False,
            soft_wrap=True,
        )
    write_json(
        json_path,
        {"accuracy": correct / samples, "macro_f1": macro_f1(confusion), "samples": samples},
    )


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
