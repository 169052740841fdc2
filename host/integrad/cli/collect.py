"""integrad collect: record labelled samples from a board as a data set."""

from __future__ import annotations

import math
import re
import time

import click
from rich.console import Console

from integrad.boards.c_board import connect_c, plan_of
from integrad.boards.collect import DTYPES, REPORTED, Collector
from integrad.boards.connection import connect, listen
from integrad.boards.reports import Reports, reported
from integrad.cli.board_options import port_option, read_script
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.output_files import InputFile, OutputFile
from integrad.errors import IntegradError, UsageError
from integrad.files import write_atomically
from integrad.model_file import Model, load_model
from integrad.protocol.messages import Prediction

PATIENCE = 60
"""Seconds without a character after which recording ends."""


class EnoughError(Exception):
    """The requested number of samples has been recorded."""


@click.command()
@port_option
@click.option("--out", required=True, metavar="FILE.npz", type=OutputFile(), help="The data set to write.")
@click.option(
    "--run",
    "script",
    metavar="FILE.py",
    type=InputFile(),
    help="Script to run on the board. [default: listen to the running program]",
)
@click.option(
    "--count", type=click.IntRange(1), help="Stop after this number of samples. [default: until Ctrl-C]"
)
@click.option("--seconds", type=click.FloatRange(0.1), help="Stop after this time. [default: until Ctrl-C]")
@click.option("--label", help="Label of lines without one.")
@click.option(
    "--dtype", type=click.Choice(DTYPES), default="int16", show_default=True, help="Type of the values."
)
@click.option("--shape", metavar="AxB", help="Shape of a sample, such as 64x3. [default: one row of values]")
@click.option(
    "--model",
    metavar="MODEL",
    type=InputFile(),
    help="The board runs generated C of this model with the serial protocol, and reports its samples.",
)
@json_option
def collect(port, out, script, count, seconds, label, dtype, shape, model, json_path):
    """Record the samples that a board prints as a data set for `integrad train`.

    \b
    A line of the board's output is a sample if it has the form
      sample LABEL: 12 -3 7 …
    with all values of the sample as integers, as printed by print("sample walk:", *buffer).

    A program of generated C calls NAME_serial_report() instead; --model says what a sample is then.

    \b
    Example:
      integrad collect --port /dev/ttyACM0 --run sensor.py --count 200 --out walks.npz
    """
    console = console_for(json_path)
    loaded = load_model(model) if model else None
    if loaded and (script or shape):
        raise UsageError(f"{'--run' if script else '--shape'} cannot be combined with --model")
    program = read_script(script) if script else None
    if loaded:
        raw = loaded.preprocessing
        collector = Collector(str(raw.raw_dtype), tuple(raw.raw_shape), label, REPORTED)
    else:
        collector = Collector(dtype, _shape(shape), label)
    trouble = None
    with console.status("waiting for samples") as status:

        def take(line: str) -> None:
            show(collector.add(line))

        def show(is_new: bool) -> None:
            if is_new:
                counts = ", ".join(f"{name} {number}" for name, number in sorted(collector.counts.items()))
                status.update(f"{collector.count} samples: {counts}")
            if count is not None and collector.count >= count:
                raise EnoughError

        try:
            if loaded:
                _gather_reports(port, loaded, collector, show, seconds)
            else:
                _gather(port, program, take, seconds)
        except (EnoughError, KeyboardInterrupt):
            pass
        except IntegradError as error:
            if not collector.count:
                raise
            trouble = error
    write_atomically(out, collector.archive())
    _report(console, collector, out)
    result = {
        "file": out,
        "samples": collector.count,
        "labels": dict(sorted(collector.counts.items())),
    }
    write_json(json_path, {**result, "rejected": sum(collector.rejected.values())})
    if trouble:
        raise IntegradError(f"{trouble}; the samples received before are in {out}") from trouble


def _gather(port: str | None, program: str | None, take, seconds: float | None) -> None:
    """Pass lines to `take` until it raises EnoughError, the program ends, or the time is over; without a time
    limit, until the board sends nothing for PATIENCE seconds."""
    if program is None:
        with listen(port) as wait:
            wait(take, seconds or PATIENCE, _deadline(seconds))
    else:
        with connect(port) as connection:
            connection.follow(program, take, seconds or PATIENCE, _deadline(seconds))


def _gather_reports(port, model: Model, collector: Collector, show, seconds: float | None) -> None:
    """Pass the samples that a program of generated C reports to the collector."""
    with connect_c(port) as client:
        plan_of(model, client.info, client.stream.name)
        reports = Reports(client.info)
        try:
            for what in reported(client, reports, seconds):
                if not isinstance(what, Prediction):
                    number, values = what
                    known = number is not None and number < len(model.class_names)
                    show(collector.add_sample(model.class_names[number] if known else None, values))
        finally:
            if reports.cut:
                collector.reject("parts of a sample did not arrive", reports.cut)


def _deadline(seconds: float | None) -> float:
    """The end of the recording. Called when the board is ready, since resetting it takes time, too."""
    return time.monotonic() + (seconds or math.inf)


def _report(console: Console, collector: Collector, out: str) -> None:
    for name, number in sorted(collector.counts.items()):
        console.print(f"{name}: {number}", markup=False)
    for reason, number in collector.rejected.items():
        console.print(f"ignored {number} lines: {reason}", markup=False)
    shape = "x".join(map(str, collector.shape))
    console.print(f"wrote {out}: {collector.count} samples of {shape} {collector.dtype}", markup=False)


def _shape(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    parts = text.split("x")
    if len(parts) > 3 or not all(re.fullmatch("[1-9][0-9]{0,3}|10000", part) for part in parts):
        raise UsageError(f"--shape {text}: expected one to three positive numbers such as 64x3")
    return tuple(map(int, parts))
