"""All power cuts of the weight store, pairs of them, and many random ones: Markdown for docs/results/.

python tests/store/soak.py
options: --lives N   random lives per memory, with three cuts each (20,000)
"""

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

from test_emulated_power_cuts import Board, sweep
from test_store import KINDS, LARGE, build, run

DEEP = [name for name in KINDS if name not in (*LARGE, "EEPROM", "STM32L0")]
"""Memories with few enough operations per save for all pairs of cuts."""


def numbers(done, where):
    """(cuts, starts) of a program that found nothing wrong."""
    if done.returncode:
        sys.exit(f"{where}: {done.stdout}{done.stderr}")
    cuts, _, starts = re.search(r"(\d+) cuts, (\d+) lives, (\d+) starts", done.stdout).groups()
    return int(cuts), int(starts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--lives", type=int, default=20_000)
    options = parser.parse_args()
    began, totals = time.monotonic(), [0, 0, 0, 0, 0]
    print("| memory | single cuts | pairs of cuts | random cuts | flipped bits | starts |")
    print("|---|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        program = build(Path(folder))
        for name in KINDS:
            caches = (0,) if name in LARGE else (0, 1)
            single = [numbers(run(program, name, cached, 40, 1), name) for cached in caches]
            pairs = [numbers(run(program, name, cached, 40, 2), name) for cached in caches if name in DEEP]
            lives = options.lives // (50 if name in LARGE else 1)
            drawn = [numbers(run(program, name, cached, 40, "random", 1, lives), name) for cached in caches]
            flips = run(program, name, 0, min(1000, KINDS[name][1] * KINDS[name][2] // 3), "flips")
            starts = numbers(flips, name)[1] + sum(s for _, s in (*single, *pairs, *drawn))
            counts = [sum(c for c, _ in found) for found in (single, pairs, drawn)]
            row = [*counts, int(flips.stdout.split()[0]), starts]
            totals = [a + b for a, b in zip(totals, row, strict=True)]
            print(
                f"| {name} | " + " | ".join(f"{value:,}" if value else "–" for value in row) + " |",
                flush=True,
            )
        print("| all | " + " | ".join(f"{value:,}" for value in totals) + " |")
        print(f"\nAn emulated M3: {sweep(Board(Path(folder)), 1):,} cuts, at every store of six saves.")
    print(f"\nNothing was lost, in {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
