"""Cost per sample and per multiply-accumulate of an engine, for varying widths, channels, batches and
samples."""

from __future__ import annotations

import os
import statistics
from dataclasses import dataclass, field
from time import perf_counter

from measuring import THREAD_VARIABLES, cores
from workloads import Workload, build

SAMPLES = 2048
"""Of a pass, where they are not what varies."""


@dataclass
class Point:
    """One line: what varies, the network, its batch and the samples of one pass; and what was timed."""

    series: str
    spec: str
    batch: int = 64
    samples: int = SAMPLES
    passes: list[float] = field(default_factory=list)


def points() -> list[Point]:
    return [
        *(Point("width", f"mlp:{width},{width}") for width in (32, 64, 128, 256, 512, 1024)),
        *(Point("channels", f"cnn:p2,c{n},p2,c{n},p2,d64", samples=256) for n in (8, 16, 32, 64)),
        *(Point("batch", "mlp:256,256", batch=batch) for batch in (8, 16, 32, 64, 128, 256, 512)),
        *(Point("samples", "mlp:256,256", samples=n) for n in (1024, 2048, 4096, 8192, 16384)),
    ]


def run_sweep(engine: str, threads: int | None, rounds: int) -> list[dict]:
    """Measure in turns and print the table; its rows. Raises IntegradError where there is no such engine."""
    # NumPy reads them when it is imported, which building a workload does.
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads or cores())))
    runs = [(point, prepared(point, engine, threads)) for point in points()]
    for _ in range(rounds):
        for point, (_, one_pass) in runs:
            point.passes.append(one_pass())
    print(
        "\n| varies | network | batch | samples | MACs per sample | ms per pass | ns per sample | ns per MAC "
        "|"
    )
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    return [shown(point, macs) for point, (macs, _) in runs]


def prepared(point: Point, engine: str, threads: int | None):
    """(multiply-accumulates of a sample in all passes of a step, function that times one pass over all)."""
    from training_executors import make_executor

    built = build(Workload(point.spec), point.samples)
    executor = make_executor(engine, built, point.batch, threads)
    executor.step(built.batch(0, point.batch))

    def one_pass() -> float:
        start = perf_counter()
        for number in range(point.samples // point.batch):
            executor.step(built.batch(number, point.batch))
        return perf_counter() - start

    return built.training_macs, one_pass


def shown(point: Point, macs: int) -> dict:
    seconds = statistics.median(point.passes)
    row = {
        "series": point.series,
        "network": point.spec,
        "batch": point.batch,
        "samples": point.samples,
        "macs_per_sample": macs,
        "seconds_per_pass": seconds,
        "ns_per_sample": 1e9 * seconds / point.samples,
        "ns_per_mac": 1e9 * seconds / point.samples / macs,
    }
    what = f"{point.series} | `{point.spec}` | {point.batch} | {point.samples:,} | {macs:,}"
    cost = f"{1e3 * seconds:,.1f} | {row['ns_per_sample']:,.0f} | {row['ns_per_mac']:.4f}"
    print(f"| {what} | {cost} |", flush=True)
    return row
