"""integrad data: list the bundled data sets, or show the contents of a data set and how it is interpreted."""

from __future__ import annotations

import click
import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from integrad.cli.channels import MOST_ROWS, channel_rows, show_channels
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.table_options import table_options
from integrad.datasets import BUNDLED, Dataset, TableOptions, is_table, load_dataset
from integrad.datasets import axes as layouts
from integrad.datasets.channel_check import channel_warnings
from integrad.datasets.channels import describe_channels
from integrad.datasets.preprocessing import Preprocessing
from integrad.training.splits import Split, split_dataset


@click.command()
@click.argument("source", metavar="[NAME_OR_PATH]", required=False)
@click.option(
    "--axes", metavar="AXES", help="Layout of a sample: F, T, TC, CT, HW, HWC or CHW. [default: detected]"
)
@table_options()
@json_option
def data(source, axes, label, group, drop, json_path):
    """List the bundled data sets, or check the data set NAME_OR_PATH and show its contents.

    \b
    A path refers to a table (.csv) with a header row and one row per sample, or to an .npz file with the
    arrays x, y and optionally test (a mask), group, class_names, channel_names and keys of any name (one
    value per sample), or with x_train, y_train, x_test, y_test. A sample is
      F      features, each normalised by itself       HW     greyscale image
      T      time series with one channel              HWC    image, channels last
      TC CT  time series with several channels         CHW    image, channels first

    \b
    Example:
      integrad data
      integrad data spoken-digits
      integrad data beats.npz --axes T
      integrad data iris.csv --label species
    """
    console = console_for(json_path)
    if source is None:
        given = {"axes": axes, "label": label, "group": group, "drop": drop}
        for option in [name for name, value in given.items() if value]:
            raise click.UsageError(f"--{option} requires NAME_OR_PATH")
        entries = [_entry(name, load_dataset(name)) for name in BUNDLED]
        _show_list(console, entries)
        write_json(json_path, {"datasets": entries})
        return
    dataset = load_dataset(source, axes, TableOptions(label, group, drop))
    split = _split(dataset)
    training = dataset.x[split.train]
    preprocessing = Preprocessing.fit(training, dataset.axes)
    warnings = channel_warnings(training, preprocessing, dataset.channel_names)
    report = describe(dataset, preprocessing, split) | {"test_part": split.test_origin, "warnings": warnings}
    _show_facts(console, dataset, preprocessing, split)
    _show_counts(console, "class", report["classes"])
    for key, values in report["keys"].items():
        _show_counts(console, key, values)
    show_channels(console, report["channels"])
    for note in split.notes:
        console.print(f"note: {note}", markup=False, soft_wrap=True)
    for warning in warnings:
        console.print(f"warning: {warning}", markup=False, soft_wrap=True)
    write_json(json_path, report)


def describe(dataset: Dataset, preprocessing: Preprocessing, split: Split) -> dict:
    """JSON-serialisable description of a data set; classes and keys are lists of {name, training, test}."""
    ranges = _input_ranges(dataset, preprocessing)
    channels = channel_rows(preprocessing, dataset.channel_names)
    for row, (low, high) in zip(channels, ranges, strict=True):
        row |= {"lowest": low, "highest": high}
    return {
        "name": dataset.name,
        "samples": len(dataset),
        "shape": list(dataset.sample_shape),
        "dtype": dataset.x.dtype.name,
        "axes": dataset.axes,
        "input_shape": list(dataset.input_shape),
        "classes": _count(split, np.array(dataset.class_names)[dataset.y], dataset.class_names),
        "keys": {name: _count(split, values) for name, values in dataset.keys.items()},
        "group": dataset.group,
        "ignored": list(dataset.ignored),
        "sha256": dataset.sha256,
        "preprocessing": preprocessing.describe(),
        "channels": channels,
    }


def _entry(name: str, dataset: Dataset) -> dict:
    entry = BUNDLED[name]
    groups = [] if dataset.group is None else np.unique(dataset.keys[dataset.group]).tolist()
    return {
        "name": name,
        "samples": len(dataset),
        "classes": dataset.classes,
        "shape": list(dataset.sample_shape),
        "axes": dataset.axes,
        "group": dataset.group,
        "groups": groups,
        "title": entry.title,
        "credit": entry.credit,
        "licence": entry.licence,
    }


def _split(dataset: Dataset) -> Split:
    """The test samples of a training run with the default seed; all others are for training and validation.

    A training run has validation samples and another order, so its constants may differ slightly.
    """
    return split_dataset(dataset, np.random.default_rng(0), validation_percent=0)


def _count(split: Split, values: np.ndarray, names: list[str] | None = None) -> list[dict]:
    """Number of training and test samples per value, in the order of `names` or else ascending."""
    found = np.unique(values).tolist() if names is None else names
    training = np.zeros(len(values), bool)
    training[split.train] = True
    rows = []
    for name in found:
        hits = values == name
        rows.append(
            {
                "name": str(name),
                "training": int((hits & training).sum()),
                "test": int((hits & ~training).sum()),
            }
        )
    return rows


def _input_ranges(dataset: Dataset, preprocessing: Preprocessing) -> list[tuple[int, int]]:
    """Lowest and highest network input per channel, over all samples."""
    x = preprocessing.apply(dataset.x).reshape(len(dataset), preprocessing.channels, -1)
    return list(zip(x.min(axis=(0, 2)).tolist(), x.max(axis=(0, 2)).tolist(), strict=True))


def _show_list(console: Console, entries: list[dict]) -> None:
    table = Table("name", "sample", title="Bundled data sets")
    table.add_column("samples", justify="right")
    table.add_column("classes", justify="right")
    for column in ("groups", "licence"):
        table.add_column(column)
    for entry in entries:
        groups = f"{len(entry['groups'])} ({entry['group']})" if entry["group"] else "–"
        shape = f"{'x'.join(map(str, entry['shape']))} {entry['axes']}"
        counts = f"{entry['samples']:,}", str(entry["classes"])
        table.add_row(entry["name"], shape, *counts, groups, entry["licence"])
    console.print(table)
    for entry in entries:
        console.print(f"{entry['name']}: {entry['title']} ({entry['credit']})", markup=False, soft_wrap=True)
    console.print(
        "Any table (.csv), or .npz file with arrays x and y, can be used by its path: integrad data --help",
        soft_wrap=True,
    )


def _show_facts(console: Console, dataset: Dataset, preprocessing: Preprocessing, split: Split) -> None:
    table = Table(title=escape(dataset.name), show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    rows = {
        "samples": f"{len(dataset):,} ({len(split.train):,} training, {len(split.test):,} test)",
        "test samples": split.test_origin + ("" if dataset.test is not None else ", drawn with --seed 0"),
        "sample shape": f"{'x'.join(map(str, dataset.sample_shape))} {dataset.x.dtype}",
        "axes": f"{dataset.axes}: {layouts.explain(dataset.axes, dataset.sample_shape, dataset.axes_given)}",
        "keys": ", ".join(dataset.keys) or "none",
        "groups": f"{dataset.group}, kept together in every split" if dataset.group else "none",
        "network input": "x".join(map(str, dataset.input_shape)) + " int8",
        "device receives": _received(preprocessing),
        "sha256": dataset.sha256,
    }
    if dataset.ignored:
        rows["ignored"] = f"{', '.join(dataset.ignored)} ({_why_ignored(dataset)})"
    for name, text in rows.items():
        table.add_row(name, escape(text))
    console.print(table)


def _why_ignored(dataset: Dataset) -> str:
    if is_table(dataset.name):
        return "dropped, or without a name"
    return "not a known array, and not one value per sample"


def _received(preprocessing: Preprocessing) -> str:
    if preprocessing.float_shift is None:
        return preprocessing.raw_dtype
    formulas = {channel.formula() for channel in describe_channels(preprocessing)}
    text = formulas.pop() if len(formulas) == 1 else "a scaling of each channel, see below"
    return f"int16: {text}, saturated"


def _show_counts(console: Console, title: str, rows: list[dict]) -> None:
    table = Table(escape(title))
    for column in ("training", "test"):
        table.add_column(column, justify="right")
    for row in rows[:MOST_ROWS]:
        table.add_row(escape(row["name"]), f"{row['training']:,}", f"{row['test']:,}")
    if len(rows) > MOST_ROWS:
        table.add_row(f"… {len(rows) - MOST_ROWS:,} more", "", "")
    console.print(table)
