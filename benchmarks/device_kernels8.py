"""Executed instructions of the kernels of integer backpropagation on emulated cores.

    python benchmarks/device_kernels8.py > tables.md

Prints Markdown: instructions per multiply-accumulate, or per value where a kernel multiplies nothing, of each
kernel on each core beside portable C; then bytes of code. An instruction that moves several words (LDM, STM,
LDRD, STRD, PUSH, POP) counts as many; a vector load or store counts one. Every answer is compared with
portable C on the host.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from device_kernels import executed, table

from integrad.targets.cores import cores_of
from integrad.targets.families import ARM

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/kernels"))
from calls import accumulate_call
from kernel_session import (
    COMPACT8,
    CONVOLVE8,
    DOTS8,
    GATHER8,
    REQUANTISE,
    SCATTER8,
    UPDATE8,
    UPDATE_MASTER,
    WEIGH8,
    Call,
    build_kernels,
    run_kernels,
    run_portable,
)

MAP = (8, 8, 8, 24, 8, 8, 3, 3, 1, 1, 1, 1)
"""A 3x3 convolution of 8 channels to 24, on maps of 8x8."""

FAN_IN = 72
KERNELS = ("dots8", "weigh8", "gather8", "scatter8", "requantise", "convolve8", "update8", "update_master")
KERNELS += ("compact8",)
TARGETS = {
    "fully connected 784->96": (5.0, 2.6, 1.5, 1.5, 1.5, 0.25),
    "convolution 3x3, 8x8x8->24": (5.5, 2.6, 1.5, 1.5, 1.5, 0.25),
}
"""By core."""


@dataclass(frozen=True)
class Case:
    """Calls, and the multiply-accumulates or the values that they are measured by."""

    name: str
    calls: list[Call]
    units: int


class Cases:
    """Random inputs for all kernels."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def draw(self, *shape: int, limit: int = 127, dtype=np.int8) -> np.ndarray:
        return self.rng.integers(-limit, limit, shape, endpoint=True).astype(dtype)

    def dense(self, n: int, rows: int) -> Case:
        call = Call(DOTS8, (n, rows, 0), (self.draw(rows, n), self.draw(n)))
        return Case(f"fully connected {n}->{rows}", [call], n * rows)

    def weigh(self, name: str, n: int, count: int) -> Case:
        index = np.arange(count, dtype=np.uint16)
        inputs = (self.draw(count, n), index, self.draw(count))
        call = Call(WEIGH8, (n, n, count, n * count, 0), inputs)
        return Case(f"{name}, {count} rows of {n}", [call], n * count)

    def convolution(self, name: str, count: int, shape: tuple[int, ...] = MAP) -> Case:
        """All positions, `count` at a time."""
        fan_in, outs = shape[0] * shape[6] * shape[7], shape[3]
        inputs = (self.draw(outs, fan_in), self.draw(*shape[:3]))
        calls = [
            Call(CONVOLVE8, (*shape, row << 16 | column << 8 | count, 9 << 8 | 4, count << 2), inputs)
            for row in range(shape[4])
            for column in range(0, shape[5], count)
        ]
        return Case(name, calls, fan_in * outs * shape[4] * shape[5])

    def patches(self, name: str, command: int, inputs: tuple[np.ndarray, ...]) -> Case:
        places = [(row, column) for row in range(8) for column in range(8)]
        return Case(name, [Call(command, (*MAP, *p), inputs) for p in places], FAN_IN * 64)

    def gradient(self, share: float) -> Case:
        count = int(64 * share)
        delta, x = self.draw(count, dtype=np.int32), self.draw(8, 8, 8)
        some = self.rng if share < 1 else None
        call = accumulate_call(MAP, 0, np.zeros(FAN_IN, np.int32), delta, x, some)
        return Case(f"convolution's gradient, {share:.0%} of the positions", [call], FAN_IN * count)

    def updates(self) -> Iterator[Case]:
        gradient = self.draw(1000, limit=20000, dtype=np.int32)
        plane = self.draw(1000, limit=126)
        for shift in (9, 20):
            call = Call(UPDATE8, (1000, shift, 0), (plane, gradient))
            yield Case(f"update8, shift {shift}, per weight", [call], 1000)
        call = Call(UPDATE_MASTER, (1000, 9, 0), (plane, self.draw(1000), gradient))
        yield Case("update_master, per weight", [call], 1000)

    def all(self) -> list[Case]:
        sparse = np.where(self.rng.random(1000) < 0.25, self.draw(1000), 0).astype(np.int8)
        sums = self.draw(96, limit=70000, dtype=np.int32)
        no_padding = (8, 8, 8, 24, 6, 6, 3, 3, 1, 1, 0, 0)
        return [
            self.dense(784, 96),
            self.dense(96, 10),
            self.convolution("convolution 3x3, 8x8x8->24", 8),
            self.convolution("the same, two positions a call", 2),
            self.convolution("the same, without padding", 6, no_padding),
            self.convolution("convolution 3x3, 1x16x16->8", 16, (1, 16, 16, 8, 16, 16, 3, 3, 1, 1, 1, 1)),
            self.convolution("convolution 5x5, 4x12x12->8", 8, (4, 12, 12, 8, 8, 8, 5, 5, 1, 1, 0, 0)),
            self.weigh("gradient", 784, 4),
            self.weigh("errors below", 72, 24),
            self.weigh("errors below", 72, 6),
            self.gradient(0.25),
            self.patches("gather8, per value", GATHER8, (self.draw(8, 8, 8),)),
            self.patches("scatter8, per value", SCATTER8, self.scattered()),
            Case("requantise, per value", [Call(REQUANTISE, (96, 1, 9, 4, 0), (sums,))], 96),
            *self.updates(),
            Case("compact8, a quarter left, per value", [Call(COMPACT8, (1000, 1, 0), (sparse,))], 1000),
        ]

    def scattered(self) -> tuple[np.ndarray, ...]:
        return self.draw(8, 8, 8, dtype=np.int32), self.draw(FAN_IN, limit=10000, dtype=np.int32)


class Bench:
    """Builds and runs the cases; `expected` are the answers of portable C on the host."""

    def __init__(self, folder: Path):
        self.folder, self.cases = folder, Cases().all()
        self.calls = [call for case in self.cases for call in case.calls]
        self.expected = run_portable(self.calls, folder / "host")

    def run(self, core: str, optimisation: str = "-O2", portable: bool = False):
        """(instructions of each case per unit, bytes of each function)."""
        where = self.folder / f"{core}{optimisation}{portable}"
        firmware = build_kernels(core, where, "gcc", optimisation, portable)
        answers, result = run_kernels(firmware, self.calls, count=True)
        if answers != self.expected:
            raise SystemExit(f"{core}: not the bits of portable C")
        regions, found = iter(result.regions), []
        for case in self.cases:
            found.append(sum(executed(next(regions)) for _ in case.calls) / case.units)
        functions = {f.address: f for f in firmware.program.functions if f.name.startswith("integrad_")}
        return found, {f.name.removeprefix("integrad_"): f.size for f in functions.values()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cores", default=",".join(cores_of(ARM)), help="names, separated by commas [all]")
    cores = parser.parse_args().cores.split(",")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        own = {core: bench.run(core) for core in cores}
        portable = {core: bench.run(core, portable=True) for core in cores}
    rows = []
    for number, case in enumerate(bench.cases):
        found = [f"**{own[core][0][number]:.3f}** ({portable[core][0][number]:.2f})" for core in cores]
        rows.append([case.name, *found])
        if case.name in TARGETS:
            targets = dict(zip(cores_of(ARM), TARGETS[case.name], strict=True))
            rows.append(["target", *(f"{targets[core]:.2f}" for core in cores)])
    print("## Kernels of integer backpropagation\n\nIn brackets: portable C on the same core.\n")
    table(["instructions per MAC", *cores], rows)
    print("## Bytes of code\n")
    rows = [
        [name, *(f"{own[c][1].get(name, 0)} ({portable[c][1].get(name, 0)})" for c in cores)]
        for name in KERNELS
    ]
    table(["kernel", *cores], rows)
    others = {c: {n for n in own[c][1] if n.split("_")[0] in KERNELS} - set(KERNELS) for c in cores}
    table(["besides", "bytes"], [[f"{c}: {n}", str(own[c][1][n])] for c in cores for n in sorted(others[c])])


if __name__ == "__main__":
    main()
