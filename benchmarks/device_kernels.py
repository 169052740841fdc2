"""Executed instructions of the device kernels, per multiply-accumulate, on six emulated cores.

    python benchmarks/device_kernels.py > tables.md

Prints Markdown: each kernel on each core, compared with portable C and CMSIS-NN, sums of 64 bits compared
with those of 32, whole networks, instruction classes, cycles, bytes of code, compilers. An instruction that
moves several words (LDM, STM, LDRD, STRD, PUSH, POP) counts as many; a vector load or store counts one. Every
answer is compared with portable C on the host.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from integrad.datasets.preprocessing import Preprocessing
from integrad.emulate.counts import Counts
from integrad.emulate.cycles import cycles_of
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Predict, Train
from integrad.learners.schedule import Schedule
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.targets.cores import cores_of, get_core
from integrad.targets.families import ARM
from integrad.training.specification import parse_spec

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/kernels"))
from calls import accumulate_call
from kernel_session import (
    CONVOLVE,
    DEPTHWISE,
    ERRORS,
    LEARN_ROWS,
    LINEAR,
    LINEAR_WIDE,
    Call,
    build_kernels,
    run_kernels,
    run_portable,
)

CMSIS_NN = {
    "fully connected 1024->96": (6.10, 3.37, 1.93, 1.93, 1.93, 0.48),
    "convolution 3x3, 16x16x16->32": (7.13, 3.08, 2.16, 2.16, 2.16, 0.33),
}
"""Its s8 kernels of July 2026 under the same compiler, emulator and count; weights of 8 bits; by core."""

NETWORKS = ("mlp:96,48", "cnn:p2,c8,p2,c16,p2,d48")
BATCH = 16

WIDE_SUMS = (
    *("convolve_wide", "convolve_wide_channels", "convolve_wide_pairs", "convolve_wide_rows", "linear1_wide"),
    *("linear2_wide", "linear_wide", "linear_wide_plain", "linear_wide_rows", "two_dots"),
)
"""Functions of 64-bit sums, without dots and gathers, which others use too."""


@dataclass(frozen=True)
class Case:
    """A call and the multiply-accumulates that it makes."""

    name: str
    call: Call
    macs: int


class Layers:
    """Calls of layers of random weights and inputs, with sums of 32 bits and of 64."""

    def __init__(self, seed: int = 0):
        self.rng = np.random.default_rng(seed)

    def draw(self, limit: int, *shape: int, dtype=np.int16) -> np.ndarray:
        return self.rng.integers(-limit, limit, shape, endpoint=True).astype(dtype)

    @staticmethod
    def shape(channels: int, size: int, outs: int) -> tuple[int, ...]:
        return (channels, size, size, outs, size, size, 3, 3, 1, 1, 1, 1)

    def linear(self, outs: int, n: int) -> Case:
        call = Call(LINEAR, (outs, n, 16 * n, 1), (self.draw(400, outs, n), self.draw(127, n)))
        return Case(f"fully connected {n}->{outs}", call, outs * n)

    def convolve(self, channels: int, size: int, outs: int) -> Case:
        n = 9 * channels
        inputs = (self.draw(400, outs, n), self.draw(127, channels, size, size, dtype=np.int8))
        name = f"convolution 3x3, {channels}x{size}x{size}->{outs}"
        call = Call(CONVOLVE, (*self.shape(channels, size, outs), 16 * n), inputs)
        return Case(name, call, outs * n * size**2)

    def wide(self, case: Case) -> Case:
        """The same layer with sums of 64 bits."""
        call = case.call
        if call.command == LINEAR:
            outs, n, _, step = call.parameters
            call = Call(LINEAR_WIDE, (outs, n, step), call.inputs)
        else:
            call = Call(CONVOLVE, (*call.parameters[:-1], 0), call.inputs)
        return Case(f"{case.name}, 64-bit sums", call, case.macs)


def make_pairs() -> list[Case]:
    """Layers whose sums may exceed 32 bits, each with sums of 32 bits and of 64."""
    layers = Layers()
    cases = [layers.linear(outs, n) for outs, n in ((10, 576), (48, 600), (96, 1024), (10, 1152), (24, 4608))]
    cases += [layers.convolve(*sizes) for sizes in ((64, 6, 64), (64, 7, 10), (90, 5, 16), (128, 4, 32))]
    return [one for case in [*cases, layers.convolve(256, 3, 20)] for one in (case, layers.wide(case))]


def make_cases() -> list[Case]:
    layers = Layers()
    rng, draw, shape, linear, convolve = (
        layers.rng, layers.draw, layers.shape, layers.linear, layers.convolve
    )  # fmt: skip

    def depthwise(channels, size):
        """One of its groups, a channel each: they are alike, and a layer calls the kernel for each."""
        inputs = (draw(400, 1, 9), draw(127, 1, size, size, dtype=np.int8))
        call = Call(DEPTHWISE, (*shape(1, size, 1), 16 * 9), inputs)
        return Case(f"depthwise convolution 3x3, {channels} channels of {size}x{size}", call, 9 * size**2)

    def learn(rows, n, count, divisor, what):
        inputs = (
            draw(9000, rows, n),
            draw(20000, rows, count, dtype=np.int32),
            draw(127, count, n, dtype=np.int8),
        )
        values = (rows, n, count, 20000, divisor, 0, 256, 0, 0)
        return Case(f"gradient and update, {what}", Call(LEARN_ROWS, values, inputs), rows * n * count)

    def errors(units, classes, count):
        inputs = (draw(3000, classes, units), draw(159, count, classes))
        call = Call(ERRORS, (units, units, classes, count), inputs)
        return Case(f"errors through a head, {classes} classes", call, units * classes * count)

    def accumulate(channels, size, share):
        count = int(size * size * share)
        delta, x = draw(20000, count, dtype=np.int32), draw(127, channels, size, size, dtype=np.int8)
        gradient, some = np.zeros(9 * channels, np.int32), rng if share < 1 else None
        call = accumulate_call(shape(channels, size, 1), 0, gradient, delta, x, some)
        name = f"convolution's gradient, {channels}x{size}x{size}, {share:.0%} of the positions"
        return Case(name, call, 9 * channels * count)

    return [
        linear(96, 1024),
        linear(10, 96),
        convolve(16, 16, 32),
        convolve(8, 8, 16),
        convolve(1, 16, 8),
        learn(8, 1024, 16, 2_300_000, "8x1024, batch 16, half the weights change"),
        learn(8, 1024, 16, 2**29, "the same, no weight changes"),
        learn(8, 1024, 1, 230_000, "8x1024, a single sample"),
        errors(8, 10, 16),
        accumulate(16, 16, 1),
        accumulate(8, 8, 0.25),
        accumulate(1, 16, 1 / 16),
        depthwise(16, 16),
    ]


def executed(counts: Counts) -> int:
    """Instructions, those that move several words by their words."""
    return counts.instructions + counts.words - counts.multiple


class Bench:
    """Builds and runs the cases; `expected` are the answers of portable C on the host."""

    def __init__(self, folder: Path, cases: list[Case]):
        self.folder, self.cases = folder, cases
        self.calls = [case.call for case in self.cases]
        self.expected = run_portable(self.calls, folder / "host")

    def run(self, core: str, toolchain: str = "gcc", optimisation: str = "-O2", portable: bool = False):
        """(counts of each case, firmware)."""
        where = self.folder / f"{core}{toolchain}{optimisation}{portable}"
        firmware = build_kernels(core, where, toolchain, optimisation, portable)
        answers, result = run_kernels(firmware, self.calls, count=True)
        if answers != self.expected:
            raise SystemExit(f"{core}, {toolchain} {optimisation}: not the bits of portable C")
        return result.regions, firmware


def table(heads: list[str], rows: list[list[str]]) -> None:
    print(f"| {' | '.join(heads)} |\n|---|{'---:|' * (len(heads) - 1)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print()


def kernels(bench: Bench, cores: list[str]) -> dict:
    own = {core: bench.run(core) for core in cores}
    portable = {core: bench.run(core, portable=True) for core in cores}
    rows = []
    for number, case in enumerate(bench.cases):

        def per_mac(runs, core, number=number, macs=case.macs):
            return f"{executed(runs[core][0][number]) / macs:.2f}"

        rows.append([case.name, *(f"**{per_mac(own, core)}** ({per_mac(portable, core)})" for core in cores)])
        if case.name in CMSIS_NN:
            published = dict(zip(cores_of(ARM), CMSIS_NN[case.name], strict=True))
            rows.append(["CMSIS-NN, published", *(f"{published[core]:.2f}" for core in cores)])
    print("## Kernels\n\nIn brackets: portable C on the same core.\n")
    table(["instructions per MAC", *cores], rows)
    return own


def widths(bench: Bench, cores: list[str]) -> None:
    print("## Sums of 64 bits\n\nInstructions of layers with them, relative to sums of 32 bits.\n")
    runs = {core: bench.run(core)[0] for core in cores}
    rows = []
    for number in range(0, len(bench.cases), 2):
        found = [executed(runs[core][number + 1]) / executed(runs[core][number]) for core in cores]
        rows.append([bench.cases[number].name, *(f"{ratio:.3f}" for ratio in found)])
    table(["64 bits/32 bits", *cores], rows)


def classes(bench: Bench, own: dict) -> None:
    print("## Classes of instructions\n")
    for number in (0, 2, 5):
        names = [
            kind for kind in Counts().classes() if any(r[0][number].classes()[kind] for r in own.values())
        ]
        rows = []
        for core, (regions, _) in own.items():
            found, macs = regions[number].classes(), bench.cases[number].macs
            rows.append([core, *(f"{found[kind] / macs:.3f}" for kind in names)])
        print(f"{bench.cases[number].name}, per MAC:\n")
        table(["core", *names], rows)


def cycles(bench: Bench, own: dict) -> None:
    print("## Cycles\n\nOf memory without wait states, from published tables of cycles; least to most.\n")
    timings = {name: (core, t) for core in own for name, t in get_core(core).timings.items()}
    rows = []
    for number, case in enumerate(bench.cases):
        row = [case.name]
        for core, timing in timings.values():
            least, most = (f"{n / case.macs:.2f}" for n in cycles_of(own[core][0][number], timing))
            row.append(least if least == most else f"{least} to {most}")
        rows.append(row)
    table(["cycles per MAC", *timings], rows)


def code(own: dict) -> None:
    print("## Bytes of code\n")
    sizes = {}
    for core, (_, firmware) in own.items():
        functions = {f.address: f for f in firmware.program.functions if f.name.startswith("integrad_")}
        sizes[core] = {f.name.removeprefix("integrad_"): f.size for f in functions.values()}
    kinds = {
        "fully connected": ("linear", "widen", "scaled"),
        "convolution, besides": ("band", "convolve", "cut", "few", "gather", "linear2", "window"),
        "depthwise convolution": (
            "depthwise",
            "eight_products",
            "four_inputs",
            "nine",
            "outer",
            "store_four",
        ),
        "pool of maxima": ("maxima", "maximum", "larger"),
        "rows learn": ("learn", "pair", "decay", "step", "fits", "grad", "descend", "recip", "headroom"),
        "errors": ("errors",),
        "convolution's gradient": ("accumulate", "hits", "four_hits"),
        "activation": ("activate",),
        "64-bit sums": WIDE_SUMS,
    }
    rows = []
    for kind, names in kinds.items():
        totals = [sum(size for name, size in sizes[core].items() if _is_of(name, names)) for core in own]
        rows.append([kind, *(f"{total:,}" for total in totals)])
    table(["kernel", *own], rows)


def _is_of(name: str, kind: tuple[str, ...]) -> bool:
    """Whether a kernel's name begins like one of a kind; linear2 is part of convolutions. Kernels of 8-bit
    weights, such as convolve8, are of none."""
    if "8" in name:
        return False
    if name in WIDE_SUMS or kind == WIDE_SUMS:
        return name in WIDE_SUMS and kind == WIDE_SUMS
    return name.startswith(kind) and (not name.startswith("linear2") or "linear2" in kind)


def networks(cores: list[str]) -> None:
    print(f"## Networks\n\n32x32 inputs, 10 classes, batch {BATCH}; whole calls, all passes.\n")
    rng = np.random.default_rng(0)
    samples, labels = rng.integers(0, 255, (48, 32, 32), dtype=np.uint8), rng.integers(0, 10, 48)
    preprocessing = Preprocessing.fit(samples, "HW")
    rows = []
    for spec in NETWORKS:
        network = Network(preprocessing.input_shape, 10, parse_spec(spec, preprocessing.input_shape))
        network.initialise(np.random.default_rng(1))
        model = Model(network, preprocessing, [f"class {k}" for k in range(10)], {})
        inference, training = [], []
        with tempfile.TemporaryDirectory() as folder:
            device = DeviceModel.generate(model, Path(folder), "all", BATCH)
            batches = [slice(i, i + BATCH) for i in range(0, 48, BATCH)]
            steps = [Train(samples[b], labels[b], Schedule(8 * BATCH)) for b in batches]
            for core in cores:
                firmware = device.build(get_core(core), whole_machine=True, toolchain="gcc")
                _, result = device.run_emulated(firmware, [Predict(samples[:1]), *steps], count=True)
                first, *others = map(executed, result.regions)
                inference.append(f"{first / device.plan.macs:.2f}")
                training.append(f"{sum(others) / len(others) / device.plan.training_macs / BATCH:.2f}")
        rows += [[f"`{spec}` inference", *inference], [f"`{spec}` training step", *training]]
    table(["instructions per MAC", *cores], rows)


def compilers(bench: Bench, cores: list[str]) -> None:
    print("## Compilers\n")
    rows = []
    for core in cores:
        for toolchain, optimisation in (("gcc", "-O2"), ("gcc", "-Os"), ("clang", "-O2"), ("zig", "-O2")):
            regions, firmware = bench.run(core, toolchain, optimisation)
            found = [f"{executed(regions[n]) / bench.cases[n].macs:.2f}" for n in (0, 2, 5, 10)]
            rows.append([f"{core}, {toolchain} {optimisation}", *found, f"{firmware.sizes.code:,}"])
    names = [bench.cases[n].name for n in (0, 2, 5, 10)]
    table(["core, compiler", *names, "bytes of code, all kernels and driver"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cores", default=",".join(cores_of(ARM)), help="names, separated by commas [all]")
    cores = parser.parse_args().cores.split(",")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), make_cases())
        own = kernels(bench, cores)
        widths(Bench(Path(folder) / "widths", make_pairs()), cores)
        networks(cores)
        classes(bench, own)
        cycles(bench, own)
        code(own)
        compilers(bench, [core for core in ("m0", "m4", "m55") if core in cores])


if __name__ == "__main__":
    main()
