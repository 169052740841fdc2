"""integrad collect: labelled samples from a board, as a data set."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import click
from rich.console import Console

from integrad.atomic_file import write_atomically
from integrad.board.collect import DTYPES, Collector
from integrad.board.connection import connect, listen
from integrad.cli.board_options import port_option
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.errors import UsageError


class EnoughError(Exception):
    """Samples or seconds have run out."""


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
    program = _read(script) if script else None
    collector = Collector(dtype, _shape(shape), label)
    end = time.monotonic() + seconds if seconds else None
    with console.status("waiting for samples") as status:

        def take(line: str) -> None:
            if collector.add(line):
                counts = ", ".join(f"{name} {number}" for name, number in sorted(collector.counts.items()))
                status.update(f"{len(collector.samples)} samples: {counts}")
            if len(collector.samples) == count or (end and time.monotonic() > end):
                raise EnoughError

        with suppress(EnoughError, KeyboardInterrupt):
            _gather(port, program, take, seconds or 60)
    write_atomically(out, collector.archive())
    _report(console, collector, out)
    result = {
        "file": out,
        "samples": len(collector.samples),
        "labels": dict(sorted(collector.counts.items())),
    }
    write_json(json_path, {**result, "rejected": sum(collector.rejected.values())})


def _gather(port: str | None, program: str | None, take, patience: float) -> None:
    """Lines until `take` has had enough, the program ends, or the board is quiet for `patience` seconds."""
    if program is None:
        with listen(port) as wait:
            wait(take, patience)
    else:
        with connect(port) as connection:
            connection.follow(program, take, patience)


def _report(console: Console, collector: Collector, out: str) -> None:
    for name, number in sorted(collector.counts.items()):
        console.print(f"{name}: {number}", markup=False)
    for reason, number in collector.rejected.items():
        console.print(f"left out {number} lines: {reason}", markup=False)
    shape = "x".join(map(str, collector.shape))
    console.print(f"wrote {out}: {len(collector.samples)} samples of {shape} {collector.dtype}", markup=False)


def _read(script: str) -> str:
    return Path(script).read_text(encoding="utf-8")


def _shape(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    parts = text.split("x")
    if not all(part.isdigit() and 0 < int(part) <= 10_000 for part in parts) or len(parts) > 3:
        raise UsageError(f"--shape {text}: expected one to three numbers such as 64x3")
    return tuple(map(int, parts))
