"""Runs measurements in separate processes, in turns, and describes the computer.

Standard library only: see workloads.py for why this process stays small.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter

HERE = Path(__file__).resolve().parent
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
CPU_FLAGS = (
    "avx", "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "amx_int8",
    "asimd", "asimddp", "i8mm", "sve",
)  # fmt: skip

NOT_REPEATED = 20
"""Seconds of a measurement above which it is done once."""


class UnequalError(Exception):
    """Executors that must compute the same weights did not."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def measure(network: str, executor: str, batch: int, seconds: float, threads: int | None) -> dict:
    """Result of one_measurement.py. threads: None means all cores, and lets the native engine choose."""
    command = [sys.executable, str(HERE / "one_measurement.py"), network, executor]
    command += ["--batch", str(batch), "--seconds", str(seconds)]
    if threads:
        command += ["--threads", str(threads)]
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads or cores()))
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{network}, {executor}: {done.stderr.strip()}")
    return json.loads(done.stdout.splitlines()[-1])


def measure_in_turns(
    network: str, executors: list[str], batch: int, seconds: float, threads: int | None, rounds: int
) -> dict[str, dict]:
    """Executor → its result: the median of `rounds` measurements, taken in turns; peak memory is the largest.

    Raises UnequalError if executors end their check steps with different weights.
    """
    found: dict[str, list[dict]] = {executor: [] for executor in executors}
    slow = set()
    for _ in range(rounds):
        for executor in executors:
            if executor in slow:
                continue
            start = perf_counter()
            found[executor].append(measure(network, executor, batch, seconds, threads))
            if perf_counter() - start > NOT_REPEATED or "missing" in found[executor][-1]:
                slow.add(executor)
    require_equal(network, found)
    return {executor: summary(results) for executor, results in found.items()}


def require_equal(network: str, found: dict[str, list[dict]]) -> None:
    crcs = {name: r["crc"] for name, results in found.items() for r in results if r.get("crc")}
    if len(set(crcs.values())) > 1:
        raise UnequalError(f"{network}: weights differ after the check steps: {crcs}")


def summary(results: list[dict]) -> dict:
    if "missing" in results[0]:
        return results[0]
    speeds = [result["samples_per_second"] for result in results]
    return results[0] | {
        "samples_per_second": statistics.median(speeds),
        "slowest": min(speeds),
        "fastest": max(speeds),
        "rounds": len(results),
        "steps": sum(result["steps"] for result in results),
        "memory": max(result["memory"] for result in results),
    }


def describe_machine(threads: int | None) -> dict:
    """What the figures depend on; `load` is the mean of the last minute, 0 on an idle machine."""
    return {
        "processor": cpu_field("model name") or platform.machine(),
        "flags": [flag for flag in CPU_FLAGS if flag in cpu_words()],
        "cores": cores(),
        "threads": threads or cores(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        **{name: installed(name) for name in ("numpy", "torch", "numba")},
    }


def machine_line(machine: dict) -> str:
    versions = ", ".join(f"{n} {machine[n]}" for n in ("numpy", "torch", "numba") if machine[n])
    return (
        f"{machine['processor']} ({', '.join(machine['flags']) or 'flags unknown'}), "
        f"{machine['cores']} cores, {machine['threads']} threads, load {machine['load']} at the start; "
        f"Python {machine['python']}, {versions}"
    )


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def cpu_words() -> set[str]:
    return set((cpu_field("flags") or cpu_field("Features") or "").split())


def cpu_field(name: str) -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return None
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), None)
