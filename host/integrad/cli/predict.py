"""integrad predict: classify samples, and write their classes and scores."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import click
import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.output_files import OutputFile
from integrad.cli.table_options import table_options
from integrad.errors import IntegradError
from integrad.files import write_atomically
from integrad.model_file import Model, load_model
from integrad.training.model_data import samples_for

ROWS = 1024
"""Samples that are classified at a time."""

SHOWN = 12
"""Samples that are shown; the file has all."""


@click.command()
@click.argument("model", metavar="MODEL")
@click.argument("data")
@click.option(
    "--out", metavar="FILE.csv", type=OutputFile(), help="Write a row for each sample to this table."
)
@table_options()
@json_option
def predict(model, data, out, label, group, drop, json_path):
    """Classify DATA with MODEL: for each sample its class, the margin and all scores.

    The margin is the difference between the highest and the second highest score; 0 means that the model
    cannot tell two classes apart. DATA need not have labels. The columns of a table are found by their names.

    \b
    Example:
      integrad predict iris.model flowers.csv --out predictions.csv
    """
    console = console_for(json_path)
    trained = load_model(model)
    samples = samples_for(trained, data, label, group, drop)
    try:
        scores = np.concatenate(list(_scores(trained, samples)))
    except IntegradError as error:
        raise IntegradError(f"{data}: {error}") from error
    classes, margins = scores.argmax(axis=1), _margins(scores)
    if out is not None:
        write_atomically(out, _table(trained, classes, margins, scores).encode())
    _show(console, trained, classes, margins)
    if out is not None:
        console.print(f"wrote {out}: {len(scores):,} samples", markup=False, soft_wrap=True)
    names = trained.class_names
    counts = np.bincount(classes, minlength=len(names)).tolist()
    rows = zip(classes.tolist(), margins.tolist(), scores.tolist(), strict=True)
    result = {
        "samples": len(scores),
        "file": out,
        "classes": [{"name": name, "samples": count} for name, count in zip(names, counts, strict=True)],
    }
    if json_path is not None:
        result["predictions"] = [
            {"class": names[found], "margin": margin, "scores": row} for found, margin, row in rows
        ]
    write_json(json_path, result)


def _scores(model: Model, samples: np.ndarray) -> Iterator[np.ndarray]:
    """Scores of all samples, int64 (N, G), in parts."""
    for start in range(0, len(samples), ROWS):
        x = model.preprocessing.apply(samples[start : start + ROWS])
        yield model.network.logits(x).astype(np.int64)


def _margins(scores: np.ndarray) -> np.ndarray:
    """Highest minus second highest score of each sample."""
    highest = np.sort(scores, axis=1)
    return highest[:, -1] - highest[:, -2]


def _table(model: Model, classes: np.ndarray, margins: np.ndarray, scores: np.ndarray) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["sample", "class", "margin", *(f"score {name}" for name in model.class_names)])
    for number, row in enumerate(zip(classes.tolist(), margins.tolist(), scores.tolist(), strict=True), 1):
        writer.writerow([number, model.class_names[row[0]], row[1], *row[2]])
    return text.getvalue()


def _show(console: Console, model: Model, classes: np.ndarray, margins: np.ndarray) -> None:
    table = Table("sample", "class")
    table.add_column("margin", justify="right")
    for number in range(min(SHOWN, len(classes))):
        table.add_row(f"{number + 1:,}", escape(model.class_names[classes[number]]), str(margins[number]))
    if len(classes) > SHOWN:
        table.add_row(f"… {len(classes) - SHOWN:,} more", "", "")
    console.print(table)
    counts = np.bincount(classes, minlength=len(model.class_names)).tolist()
    shown = ", ".join(
        f"{name} {count:,}" for name, count in zip(model.class_names, counts, strict=True) if count
    )
    console.print(f"samples by class: {shown}", markup=False, soft_wrap=True)
