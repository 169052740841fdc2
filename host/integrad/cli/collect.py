"""integrad collect: labelled samples from a board, as a data set."""

from __future__ import annotations

import math
import re
import time
from pathlib import Path

import click
from rich.console import Console

from integrad.boards.collect import DTYPES, Collector
from integrad.boards.connection import connect, listen
from integrad.cli.board_options import port_option, read_script
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.errors import IntegradError, UsageError
from integrad.files import write_atomically

PATIENCE = 60
"""Seconds without a character after which a board is taken to have nothing more to say."""


class EnoughError(Exception):
    """All the samples that were wanted are there."""


@click.command()
@port_option
@click.option("--out", required=True, metavar="FILE.npz", help="Where the samples go.")
@click.option("--run", "script", metavar="FILE.py", help="Run this on the board. [listen to what runs there]")
@click.option("--count", type=click.IntRange(1), help="Stop after so many samples. [Ctrl-C]")
@click.option("--seconds", type=click.FloatRange(0.1), help="Stop after so long. [Ctrl-C]")
@click.option("--label", help="Of lines without one.")
@click.option("--dtype", type=click.Choice(DTYPES), default="int16", show_default=True, help="Of a value.")
@click.option("--shape", metavar="AxB", help="Of a sample, such as 64x3. [a row of values]")
@json_option
def collect(port, out, script, count, seconds, label, dtype, shape, json_path):
    """Write the samples that a board prints to FILE.npz, for `integrad train`.

    \b
    A line of the board's output is a sample if it reads
      sample LABEL: 12 -3 7 …
    with all values of the sample, integers; print("sample walk:", *buffer) does it.

    \b
    Example:
      integrad collect --port /dev/ttyACM0 --run sensor.py --count 200 --out walks.npz
    """
    console = console_for(json_path)
    if not Path(out).resolve().parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {Path(out).resolve().parent}")
    program = read_script(script) if script else None
    collector = Collector(dtype, _shape(shape), label)
    trouble = None
    with console.status("waiting for samples") as status:

        def take(line: str) -> None:
            if collector.add(line):
                counts = ", ".join(f"{name} {number}" for name, number in sorted(collector.counts.items()))
                status.update(f"{len(collector.samples)} samples: {counts}")
            if len(collector.samples) == count:
                raise EnoughError

        try:
            _gather(port, program, take, seconds)
        except (EnoughError, KeyboardInterrupt):
            pass
        except IntegradError as error:
            if not collector.samples:
                raise
            trouble = error
    write_atomically(out, collector.archive())
    _report(console, collector, out)
    result = {
        "file": out,
        "samples": len(collector.samples),
        "labels": dict(sorted(collector.counts.items())),
    }
    write_json(json_path, {**result, "rejected": sum(collector.rejected.values())})
    if trouble:
        raise IntegradError(f"{trouble}; the samples from before are in {out}") from trouble


def _gather(port: str | None, program: str | None, take, seconds: float | None) -> None:
    """Lines until `take` has had enough, the program ends, or the seconds are over; without such a limit,
    until the board is quiet for PATIENCE."""
    if program is None:
        with listen(port) as wait:
            wait(take, seconds or PATIENCE, _deadline(seconds))
    else:
        with connect(port) as connection:
            connection.follow(program, take, seconds or PATIENCE, _deadline(seconds))


def _deadline(seconds: float | None) -> float:
    """Of seconds from now on, when the board is ready: resetting it may take longer than they last."""
    return time.monotonic() + (seconds or math.inf)


def _report(console: Console, collector: Collector, out: str) -> None:
    for name, number in sorted(collector.counts.items()):
        console.print(f"{name}: {number}", markup=False)
    for reason, number in collector.rejected.items():
        console.print(f"left out {number} lines: {reason}", markup=False)
    shape = "x".join(map(str, collector.shape))
    console.print(f"wrote {out}: {len(collector.samples)} samples of {shape} {collector.dtype}", markup=False)


def _shape(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    parts = text.split("x")
    if len(parts) > 3 or not all(re.fullmatch("[1-9][0-9]{0,3}|10000", part) for part in parts):
        raise UsageError(f"--shape {text}: expected one to three numbers such as 64x3")
    return tuple(map(int, parts))
