"""Compare many drawn networks on every executor: NumPy, plain integers, C under sanitizers, cores.

    python tests/parity/campaign.py --count 1000 --seed 1 --cores rotate
    python tests/parity/campaign.py --learner backprop --minutes 10

Every case is compared after every training step, in logits and in all weights. The cores are `all` for
each case, `rotate` for one after the other, `none`, or names (m0,m4). The first difference ends the
campaign with status 1 and prints the case, which is all that is needed to repeat it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import executors
from cases import Case
from hypothesis import HealthCheck, Phase, given, seed, settings
from networks import backprop_cases, cases
from plain import is_small, run_plain

from integrad.execute.session import Predict, Train
from integrad.targets.cores import CORES, get_core

BATCH = 20
"""Cases that one generator draws: it varies what it drew before, so many short rows differ more."""


SPACIOUS = [core for core in CORES.values() if core.family.engine == "qemu"]
"""Cores on which every case fits."""

DRAWN = {"nitro-d": cases, "backprop": backprop_cases}
"""Learner → strategy."""


class Campaign:
    """Runs cases until `count` or the time is over, and counts what it compared."""

    def __init__(self, count: int, cores: str, minutes: float, learner: str = "nitro-d"):
        self.drawn = DRAWN[learner]
        self.count, self.cores, self.end = count, cores, time.monotonic() + 60 * minutes
        self.compared: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()

    @property
    def over(self) -> bool:
        return self.compared["cases"] >= self.count or time.monotonic() > self.end

    def compare(self, case: Case) -> None:
        if self.over:
            return
        with tempfile.TemporaryDirectory() as folder:
            device, actions = case.generate(Path(folder)), case.actions()
            expected = device.run_numpy(actions)

            def check(name: str, found: list) -> None:
                executors.require_equal(case, device, expected, found, name)
                self.compared[name] += 1

            check("C under sanitizers", executors.run_gcc(device, actions, "-O0"))
            if is_small(case):
                check("plain Python integers", run_plain(case, device, actions))
            for core in self._cores():
                check(f"C on {core.product}", executors.run_emulated(device, core, actions))
        steps = sum(isinstance(action, Train) for action in actions)
        self.compared["cases"] += 1
        self.compared["training steps"] += steps
        self.compared["weights"] += steps * device.plan.weights_bytes // 2
        self.compared["logits"] += sum(
            result.size for a, result in zip(actions, expected, strict=True) if isinstance(a, Predict)
        )
        self._count_kinds(case, device.plan)

    def _cores(self) -> list:
        if self.cores == "none":
            return []
        if self.cores == "all":
            return SPACIOUS
        if self.cores == "rotate":
            return [SPACIOUS[self.compared["cases"] % len(SPACIOUS)]]
        return [get_core(name) for name in self.cores.split(",")]

    def _count_kinds(self, case: Case, plan) -> None:
        self.kinds.update([case.axes, case.raw_dtype, f"learn {case.learn}", f"weights {case.weights}"])
        self.kinds.update(operation.kind for operation in plan.operations)
        for block in plan.learning_blocks:
            self.kinds[f"int{block.gradient_bits}_t gradient"] += 1
            if getattr(block, "pooling", None):
                padded = "padded " if block.pooling.is_padded else ""
                self.kinds[f"{padded}{block.pooling.kind} head"] += 1


def run(campaign: Campaign, first_seed: int) -> None:
    """Draw rows of cases from first_seed, first_seed + 1, … until the campaign is over."""
    number = first_seed
    while not campaign.over:
        draw = given(campaign.drawn())(lambda case: campaign.compare(case))
        draw = settings(
            max_examples=BATCH,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )(draw)
        seed(number)(draw)()
        number += 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=1000, help="cases [1000]")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cores", default="rotate", help="all, rotate, none or names [rotate]")
    parser.add_argument("--learner", choices=DRAWN, default="nitro-d")
    parser.add_argument("--minutes", type=float, default=1e6, help="stop after that time")
    options = parser.parse_args()
    campaign = Campaign(options.count, options.cores, options.minutes, options.learner)
    start = time.monotonic()
    try:
        run(campaign, options.seed)
    finally:
        print(f"seed {options.seed}, {time.monotonic() - start:.0f} s")
        for what, number in campaign.compared.items():
            print(f"{number:>12,}  {what}")
        print(", ".join(f"{what} {number}" for what, number in sorted(campaign.kinds.items())))
    print("all bits equal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
