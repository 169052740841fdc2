"""Cost of 64-bit sums in the native engine: the same networks with `sums` 32 and 64, in turns.

    python benchmarks/wide_sums.py [--rounds R]

One thread, random samples; the smallest CPU time of all rounds counts.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from integrad.arithmetic import NARROW, WIDE
from integrad.engines.native.engine import NativeEngine
from integrad.learners.nitro import NitroRule
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.training.specification import parse_spec

CASES = (
    ("mlp:1024,1024", (784,), 64),
    ("cnn:c128,p2,c128,p2,c256,p2,d512", (128, 16, 16), 8),
    ("cnn:c512,p2,c512", (512, 4, 4), 16),
)
"""Network, input shape, batch size."""

CLASSES = 10


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    print("| network | inference, 32 bits | 64 bits | step, 32 bits | 64 bits |\n|---|---:|---:|---:|---:|")
    for spec, shape, batch in CASES:
        times = measure(spec, shape, batch, rounds)
        print(f"| `{spec}`, {batch} samples | " + " | ".join(f"{1000 * t:.1f} ms" for t in times) + " |")


def measure(spec: str, shape: tuple[int, ...], batch: int, rounds: int) -> list[float]:
    """Seconds of inference with 32 and 64 bits, then of a training step."""
    rng, engines = np.random.default_rng(1), []
    for sums in (NARROW, WIDE):
        network = Network(shape, CLASSES, parse_spec(spec, shape), sums=sums)
        network.initialise(np.random.default_rng(0))
        engines.append(NativeEngine(network, threads=1))
    x = rng.integers(-127, 128, (batch, *shape)).astype(np.int8)
    labels = rng.integers(0, CLASSES, batch)
    rule = NitroRule(8 * batch, 0, 0, 64 * CLASSES, LearnSet.parse("all", len(network.blocks)))
    best = [float("inf")] * 4
    for _ in range(rounds):
        for number, engine in enumerate(engines):
            for place in (number, 2 + number):
                start = time.process_time()
                if place == number:
                    engine.logits(x)
                else:
                    engine.step(x, labels, rule)
                best[place] = min(best[place], time.process_time() - start)
    return best


if __name__ == "__main__":
    main()
