"""integrad monitor: show what a board predicts, as it predicts it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

import click
import numpy as np
from rich.console import Console

from integrad.boards.c_board import connect_c, plan_of
from integrad.boards.reports import Reports, reported
from integrad.cli.board_options import port_option
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.table_options import table_options
from integrad.errors import IntegradError
from integrad.model_file import Model, load_model
from integrad.protocol.client import Client
from integrad.protocol.messages import Prediction
from integrad.training.evaluation import match_labels
from integrad.training.model_data import load_for, samples_for


@click.command()
@click.argument("model", metavar="MODEL")
@click.argument("data", required=False)
@port_option
@click.option("--count", type=click.IntRange(1), help="Stop after so many predictions. [default: all]")
@click.option("--seconds", type=click.FloatRange(0.1), help="Stop after this time. [default: until Ctrl-C]")
@table_options()
@json_option
def monitor(model, data, port, count, seconds, label, group, drop, json_path):
    """Show the classes that a board predicts, whose program was exported from MODEL with the serial protocol.

    With DATA, its samples are sent to the board, which classifies one after the other. Otherwise the board's
    program classifies samples of its own and announces the classes with NAME_serial_announce().

    \b
    Example:
      integrad monitor wand.model --port /dev/ttyACM0
      integrad monitor wand.model magic-wand --port /dev/ttyACM0 --count 20
    """
    console = console_for(json_path)
    loaded = load_model(model)
    names, counts, correct, judged = loaded.class_names, Counter(), 0, 0
    samples, labels = _given(loaded, data, label, group, drop) if data else (None, None)
    with connect_c(port) as client:
        plan_of(loaded, client.info, client.stream.name)
        reports = Reports(client.info)
        deadline = None if seconds is None else time.monotonic() + seconds
        found = _own(client, reports, seconds) if samples is None else _sent(client, samples, deadline)
        try:
            for number, (predicted, scores) in enumerate(found, 1):
                name = _name(names, predicted)
                counts[name] += 1
                expected = None if labels is None else names[labels[number - 1]]
                judged += expected is not None
                correct += expected == name
                _show(console, number, name, scores, expected)
                if count is not None and number >= count:
                    break
        except KeyboardInterrupt:
            pass
    accuracy = correct / judged if judged else None
    if accuracy is not None:
        console.print(f"accuracy on {judged:,} samples: {accuracy:.2%}", markup=False)
    if reports.lost:
        console.print(f"{reports.lost} events did not arrive", markup=False)
    result = {"predictions": sum(counts.values()), "classes": dict(sorted(counts.items()))}
    write_json(json_path, {**result, "accuracy": accuracy, "lost": reports.lost})


def _given(
    model: Model, data: str, label: str | None, group: str | None, drop: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray | None]:
    """(raw samples, their labels if the data has labels)."""
    try:
        dataset = load_for(model, data, label, group, drop)
        return model.preprocessing.raw(dataset.x), match_labels(model, dataset)
    except IntegradError:
        if label is not None:
            raise
        return model.preprocessing.raw(samples_for(model, data, label, group, drop)), None


def _own(client: Client, reports: Reports, seconds: float | None) -> Iterator[tuple[int, np.ndarray]]:
    for what in reported(client, reports, seconds):
        if isinstance(what, Prediction):
            yield what.predicted, what.scores


def _sent(client: Client, samples: np.ndarray, deadline: float | None) -> Iterator[tuple[int, np.ndarray]]:
    for sample in samples:
        if deadline is not None and time.monotonic() >= deadline:
            return
        client.send_sample(0, sample)
        yield client.predict()


def _name(names: list[str], number: int) -> str:
    if number >= len(names):
        raise IntegradError(f"the device predicted class {number}, and the model has {len(names)}")
    return names[number]


def _show(console: Console, number: int, name: str, scores: np.ndarray, expected: str | None) -> None:
    best = np.sort(scores.astype(int))[-2:]
    margin = f", margin {best[1] - best[0]}" if len(best) == 2 else ""
    verdict = "" if expected in (None, name) else f", expected {expected}"
    console.print(f"{number:>6}  {name}{margin}{verdict}", markup=False, highlight=False)
