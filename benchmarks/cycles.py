"""Cycles of a Cortex-M0+ from the published table, compared with those of rp2040py, a model of the RP2040.

    python benchmarks/cycles.py > tables.md

Runs the same program, compiled for a Cortex-M0+, in Unicorn, which counts its instructions, and in rp2040py,
which executes them one by one and adds up cycles. Both begin at the vector table, without the boot ROM, and
count the same regions. Prints Markdown: cycles of whole networks, and of each kind of instruction. No
hardware takes part.
"""

from __future__ import annotations

import argparse
import struct
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from rp2040py.rp2040 import RP2040

from integrad.build.firmware import Firmware
from integrad.build.program import Program
from integrad.datasets.preprocessing import Preprocessing
from integrad.emulate.counting import make_counting_map
from integrad.emulate.counts import Counts
from integrad.emulate.cycles import cycles_of
from integrad.emulate.instructions import MARKER_BEGIN, MARKER_END, is_wide
from integrad.emulate.runner import run
from integrad.emulate.unicorn import SessionCore
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Predict, Train
from integrad.learners.nitro import NitroSchedule
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.targets.cores import Core, core_of, timing_of
from integrad.targets.machines import Machine
from integrad.targets.parts import find_part
from integrad.targets.timings import Timing
from integrad.training.specification import parse_spec

NETWORKS = {"mlp:24,12": (8, 8), "cnn:c4,p2,c8,p2,d16": (12, 12), "cnn:c8k5s2,dwk3,d24": (16, 16)}
BATCH = 4
SCHEDULE = NitroSchedule(32, decay_inv=500)
SLOW_MULTIPLIER = 32
"""Cycles of a multiplication with the small multiplier, which a maker may choose."""


class Memory:
    """Memory of the chip, as the semihosting calls of Unicorn's machine access it."""

    def __init__(self, chip: RP2040):
        self.chip = chip

    def mem_read(self, address: int, size: int) -> bytes:
        return bytes(self.chip.read_uint8(address + n) for n in range(size))

    def mem_write(self, address: int, data: bytes) -> None:
        for n, byte in enumerate(data):
            self.chip.write_uint8(address + n, byte)


class Chip(SessionCore):
    """A program in rp2040py. executed, cycles, taken: by the address of the instruction, of each region; a
    branch is taken if another instruction than the next one follows."""

    def __init__(self, program: Program, session: bytes, origin: int):
        self.chip = RP2040()
        self.uc = Memory(self.chip)
        self.session, self.position, self.exit_code = session, 0, None
        self.output, self.console = bytearray(), bytearray()
        for address, data in program.segments:
            self.chip.flash[address - origin : address - origin + len(data)] = data
        self.chip.on_break = self._on_break
        stack, reset = struct.unpack("<II", self.uc.mem_read(origin, 8))
        self.core = self.chip.core
        self.core.sp, self.core.pc = stack, reset & ~1
        self.executed: list[Counter[int]] = []
        self.cycles: list[Counter[int]] = []
        self.taken: list[Counter[int]] = []

    def _on_break(self, _code: int) -> None:
        registers = self.core.registers
        registers[0] = self._serve(registers[0], registers[1])

    def run(self) -> None:
        inside = False
        while self.exit_code is None:
            at = self.core.pc
            code = self.chip.read_uint16(at)
            took = self.core.execute_instruction()
            if code == MARKER_BEGIN:
                inside = True
                for regions in (self.executed, self.cycles, self.taken):
                    regions.append(Counter())
            elif code == MARKER_END:
                inside = False
            elif inside:
                self.executed[-1][at] += 1
                self.cycles[-1][at] += took
                self.taken[-1][at] += self.core.pc != at + (4 if is_wide(code) else 2)


def chip_core() -> Core:
    """A Cortex-M0+ with the memories of the RP2040, for which the compiler chooses instructions."""
    part = find_part("RP2040")
    core = core_of(part)
    flags = tuple(flag.replace("cortex-m0", "cortex-m0plus") for flag in core.flags["gcc"])
    origins = {"vectors_origin": part.flash_origin, "flash_origin": part.flash_origin}
    machine = Machine("", ram_origin=part.ram_origin, **origins)
    return replace(core, part=part, machine=machine, flags={"gcc": flags})


def make_device(spec: str, shape: tuple[int, int], folder: Path) -> tuple[DeviceModel, np.ndarray]:
    rng = np.random.default_rng(0)
    samples = rng.integers(0, 255, (16, *shape), endpoint=True).astype(np.uint8)
    preprocessing = Preprocessing.fit(samples, "HW")
    network = Network((1, *shape), 4, parse_spec(spec, (1, *shape)))
    network.initialise(rng)
    model = Model(network, preprocessing, list("abcd"), {})
    return DeviceModel.generate(model, folder, "all", BATCH), samples


def both(firmware: Firmware, session: bytes) -> tuple[list[Counts], Chip]:
    """Counts of Unicorn, and the same session in rp2040py, which must give the same bytes."""
    ours = run(firmware, session, engine="unicorn", counted_regions=None, time_limit=600)
    chip = Chip(firmware.program, session, firmware.core.machine.flash_origin)
    chip.run()
    if bytes(chip.output) != ours.output or len(chip.cycles) != len(ours.regions):
        raise SystemExit("rp2040py computed other bits")
    return ours.regions, chip


def kinds(firmware: Firmware, chip: Chip) -> dict[str, Counter[str]]:
    """Kind of instruction → how many were executed in rp2040py, their cycles there and in the table."""
    known = make_counting_map(firmware.program)
    timing = timing_of(firmware.core.part)
    found: dict[str, Counter[str]] = {}
    for executed, cycles, taken in zip(chip.executed, chip.cycles, chip.taken, strict=True):
        for at, count in executed.items():
            bucket = known.buckets[known.meaning(at)]
            each = timing.of(bucket.timing)[0] + bucket.words * timing.word[0]
            table = count * each + taken[at] * timing.taken[0]
            row = {"executed": count, "rp2040py": cycles[at], "table": table}
            found.setdefault(name_of(bucket.timing, known.halfword(at)), Counter()).update(row)
    return found


def name_of(timing: str, code: int) -> str:
    """Kinds of which rp2040py treats some otherwise have names of their own."""
    return "push with lr" if code & 0xFF00 == 0xB500 else timing


def table(heads: list[str], rows: list[list[str]]) -> None:
    print(f"| {' | '.join(heads)} |\n|---|{'---:|' * (len(heads) - 1)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    print()


def compare(networks: dict[str, tuple[int, int]]) -> None:
    core = chip_core()
    timing = timing_of(core.part)
    rows, totals = [], {}
    for spec, shape in networks.items():
        with tempfile.TemporaryDirectory() as name:
            device, samples = make_device(spec, shape, Path(name))
            firmware = device.build(core, toolchain="gcc")
            step = Train(samples[:BATCH], np.arange(BATCH), SCHEDULE)
            for what, action in (("inference", Predict(samples[:1])), ("training step", step)):
                regions, chip = both(firmware, device.session([action]).encode())
                rows.append(row_of(f"{spec}, {what}", regions[0], chip, timing))
                for kind, numbers in kinds(firmware, chip).items():
                    totals.setdefault(kind, Counter()).update(numbers)
    heads = ["", "instructions", "cycles, table", "cycles, rp2040py", "difference", "small multiplier, table"]
    table(heads, rows)
    print("Over all of these, by kind of instruction:\n")
    columns = ("executed", "table", "rp2040py")
    kind_rows = [[kind, *(f"{totals[kind][name]:,}" for name in columns)] for kind in sorted(totals)]
    table(["kind", "executed", "cycles, table", "cycles, rp2040py"], kind_rows)


def row_of(name: str, counts: Counts, chip: Chip, timing: Timing) -> list[str]:
    cycles, theirs = cycles_of(counts, timing).most, chip.cycles[0].total()
    small = cycles + (SLOW_MULTIPLIER - 1) * counts.multiply
    if (chip.executed[0].total(), chip.taken[0].total()) != (counts.instructions, counts.taken):
        raise SystemExit(f"{name}: rp2040py executed other instructions")
    numbers = (counts.instructions, cycles, theirs)
    return [name, *(f"{n:,}" for n in numbers), f"{theirs / cycles - 1:+.2%}", f"{small:,}"]


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter).parse_args()
    compare(NETWORKS)


if __name__ == "__main__":
    main()
