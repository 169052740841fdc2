"""Training speed of several candidates for small networks on the host, measured on MLP-1.

    python benchmarks/host_candidates.py [--threads N] [--seconds S] [--rounds R] [--network mlp-1]

The generated C, Numba, and the engines, at batch sizes of 64 and 16. All must have the same weights after the
check steps of the network (20 for mlp-1). Numba is measured if it is installed; nothing depends on it.
"""

from __future__ import annotations

import argparse
import sys

from measuring import UnequalError, describe_machine, machine_line, measure_in_turns
from workloads import WORKLOADS

CANDIDATES = ("generated-c", "numba", "torch", "numpy", "native")
BATCHES = (64, 16)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--network", choices=WORKLOADS, default="mlp-1")
    parser.add_argument("--threads", type=int, help="default: all cores; the native engine chooses")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(machine_line(describe_machine(options.threads)))
    try:
        results = [
            measure_in_turns(
                options.network, list(CANDIDATES), batch, options.seconds, options.threads, options.rounds
            )
            for batch in BATCHES
        ]
    except UnequalError as error:
        sys.exit(f"error: {error}")
    print(f"\n| {options.network} trained by | {' | '.join(f'samples/s, batch {n}' for n in BATCHES)} |")
    print(f"|---|{'---:|' * len(BATCHES)}")
    for name in CANDIDATES:
        print(line(name, [result[name] for result in results]))
    steps = WORKLOADS[options.network].check_steps
    for batch, result in zip(BATCHES, results, strict=True):
        crcs = [found["crc"] for found in result.values() if "crc" in found]
        print(f"\nbatch {batch}: {len(crcs)} are equal (CRC {crcs[0]}) after {steps} steps.", end="")
    print()


def line(name: str, results: list[dict]) -> str:
    missing = next((result["missing"] for result in results if "missing" in result), None)
    if missing:
        return f"| {name}: not here ({missing}) |{' |' * len(results)}"
    speeds = " | ".join(f"{result['samples_per_second']:,.0f}" for result in results)
    return f"| {results[0]['label']} | {speeds} |"


if __name__ == "__main__":
    main()
