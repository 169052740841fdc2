"""One executor on one workload in a process of its own: checks, times, and prints one line of JSON.

    python benchmarks/one_measurement.py NETWORK EXECUTOR --batch 64 --seconds 1 [--threads N]

First come the workload's check steps, from which `crc` is taken, of its plain_batch or --batch where that
is smaller. Then one step to warm up, and steps of --batch samples (plain integers: of the check's batch)
until both --seconds and the workload's least_steps are reached. Where the check steps were that very work
and took longer than LONG seconds, they are the timing.

Prints label, crc, batch, steps, samples_per_second (from the median step), memory (peak, bytes); or
missing, the reason why this machine cannot run the executor.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import time

from workloads import WORKLOADS, build

LONG = 5


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("network", choices=WORKLOADS)
    parser.add_argument("executor")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, help="of the native engine; it chooses where none are given")
    options = parser.parse_args()
    from integrad.errors import IntegradError

    try:
        result = measure(options)
    except ImportError as error:
        result = {"missing": f"Python has no module {error.name}"}
    except IntegradError as error:
        result = {"missing": str(error)}
    print(json.dumps(result))


def measure(options) -> dict:
    from training_executors import FLOAT32, PLAIN, make_executor

    workload = WORKLOADS[options.network]
    checked = min(options.batch, workload.plain_batch)
    batch = checked if options.executor == PLAIN else options.batch
    built = build(workload)
    executor = make_executor(options.executor, built, checked, options.threads)
    crc, durations = None, []
    if options.executor != FLOAT32:
        durations = [timed(executor, built, number, checked) for number in range(workload.check_steps)]
        crc = f"{executor.crc():08x}"
    if batch != checked:
        del executor, built  # the memory of both together is nobody's
        built = build(workload)
        executor = make_executor(options.executor, built, batch, options.threads)
    if batch != checked or sum(durations) < LONG:
        timed(executor, built, workload.check_steps, batch)
        durations = time_steps(executor, built, batch, options.seconds, workload.least_steps)
    return {
        "label": executor.label,
        "crc": crc,
        "batch": batch,
        "steps": len(durations),
        "samples_per_second": batch / statistics.median(durations),
        "memory": peak_memory(),
    }


def time_steps(executor, built, batch: int, seconds: float, least: int) -> list[float]:
    durations: list[float] = []
    end = time.perf_counter() + seconds
    while len(durations) < least or time.perf_counter() < end:
        durations.append(timed(executor, built, len(durations), batch))
    return durations


def timed(executor, built, number: int, batch: int) -> float:
    """Seconds of one step, its batch gathered from the samples."""
    chosen = built.batch(number, batch)
    start = time.perf_counter()
    executor.step(chosen)
    return time.perf_counter() - start


def peak_memory() -> int:
    """Bytes; the kernel tells kilobytes, macOS bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


if __name__ == "__main__":
    main()
