"""Training speed on the host, compared with NITRO-D in plain NumPy integers and with float32 in PyTorch.

    python benchmarks/host_training.py [--networks mlp-1 vgg8b …] [--engines native …] [--threads N]
                                       [--seconds S] [--rounds R] [--json FILE]
    python benchmarks/host_training.py --sweep native [--threads N]

Batch size 64, random int8 samples; a step includes gathering its batch. Each measurement is a separate
process. All integer implementations first take the same steps and must arrive at the same weights. --sweep
instead shows the cost per sample and per multiply-accumulate of one engine for growing networks, batches and
numbers of samples.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from measuring import UnequalError, describe_machine, machine_line, measure_in_turns
from workloads import WORKLOADS

from integrad.errors import IntegradError

BATCH = 64
ENGINES = ("numpy", "native", "torch", "auto")
PLAIN, FLOAT32 = "plain", "float32"
DEFAULT = [name for name in WORKLOADS if name != "tiny"]


def main():
    options = parse()
    machine = describe_machine(options.threads)
    print(machine_line(machine), flush=True)
    try:
        rows = sweep(options) if options.sweep else compare(options)
    except (UnequalError, IntegradError) as error:
        sys.exit(f"error: {error}")
    if options.json:
        Path(options.json).write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=WORKLOADS, default=DEFAULT, metavar="NAME")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=ENGINES, metavar="NAME")
    parser.add_argument("--threads", type=int, help="default: all cores; the native engine chooses")
    parser.add_argument("--seconds", type=float, default=3.0, help="of a timing, at least")
    parser.add_argument(
        "--rounds", type=int, default=3, help="timings of a cell, in turns; their median counts"
    )
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--sweep", choices=ENGINES, metavar="ENGINE")
    return parser.parse_args()


def compare(options) -> list[dict]:
    print("\n| network | trained by | samples/s | x plain | x float32 | peak memory, MB | steps |")
    print("|---|---|---:|---:|---:|---:|---:|")
    rows, notes = [], []
    for network in options.networks:
        executors = [PLAIN, *dict.fromkeys(options.engines), FLOAT32]
        results = measure_in_turns(
            network, executors, BATCH, options.seconds, options.threads, options.rounds
        )
        for executor in executors:
            row = {"network": network, "executor": executor, **results[executor]}
            row["times_plain"] = ratio(results, executor, PLAIN)
            row["times_float32"] = ratio(results, executor, FLOAT32)
            print(line(row), flush=True)
            rows.append(row)
        notes += remarks(network, results)
    print("\n" + "\n".join(notes))
    return rows


def remarks(network: str, results: dict[str, dict]) -> list[str]:
    workload = WORKLOADS[network]
    crcs = [result["crc"] for result in results.values() if result.get("crc")]
    steps = "1 step" if workload.check_steps == 1 else f"{workload.check_steps} steps"
    after = f"{steps} of {workload.plain_batch}"
    found = [f"{network}: {len(crcs)} implementations hold the same weights (CRC {crcs[0]}) after {after}."]
    if workload.plain_batch < BATCH:
        found.append(f"{network}: plain integers took batches of {workload.plain_batch}, scaled linearly.")
    return found


def ratio(results: dict[str, dict], executor: str, base: str) -> float | None:
    if "missing" in results[executor] or "missing" in results[base]:
        return None
    return results[executor]["samples_per_second"] / results[base]["samples_per_second"]


def line(row: dict) -> str:
    if "missing" in row:
        return f"| {row['network']} | {row['executor']}: not here ({row['missing']}) | | | | | |"
    speed = row["samples_per_second"]
    times = (f"{n:.3g}" if n else "" for n in (row["times_plain"], row["times_float32"]))
    cells = [f"{speed:,.0f}" if speed >= 100 else f"{speed:.3g}", *times, f"{row['memory'] / 1e6:,.0f}"]
    return f"| {row['network']} | {row['label']} | {' | '.join(cells)} | {row['steps']:,} |"


def sweep(options) -> list[dict]:
    from host_sweep import run_sweep

    return run_sweep(options.sweep, options.threads, options.rounds)


if __name__ == "__main__":
    main()
