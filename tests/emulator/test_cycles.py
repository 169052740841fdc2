"""Cycles follow the published tables; taken branches are those of an emulator that executes step by step."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from integrad.build.program import read_program
from integrad.build.toolchain import find_toolchain
from integrad.emulate.counting import INSTRUCTION_SETS, make_counting_map
from integrad.emulate.counts import TAKEN, Bucket, Counts
from integrad.emulate.cycles import cycles_of, mean_cycles
from integrad.execute.session import Predict, Train
from integrad.execute.times import times_of
from integrad.targets.cores import timing_of
from integrad.targets.families import ARM, RISC_V
from integrad.targets.parts import find_part

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
import cycles as benchmark

# Instruction → cycles of a Cortex-M0 and of an M0+, from Arm DDI 0432C and 0484C, table 3-1.
ARMV6M = {
    "adds r0, r1, r2": (1, 1),
    "mov r8, r0": (1, 1),
    "nop": (1, 1),
    "muls r0, r1, r0": (1, 1),
    "ldr r0, [r1, #4]": (2, 2),
    "ldrsh r0, [r1, r2]": (2, 2),
    "ldr r0, [pc, #8]": (2, 2),
    "strb r0, [r1, #3]": (2, 2),
    "ldmia r0!, {r1, r2, r3}": (4, 4),
    "stmia r0!, {r1, r2}": (3, 3),
    "push {r4, lr}": (3, 3),
    "pop {r4, r5}": (3, 3),
    "pop {r4, pc}": (6, 5),
    "bne .": (3, 2),
    "b .": (3, 2),
    "bl .": (4, 3),
    "bx lr": (3, 2),
    "blx r3": (3, 2),
    "mov pc, r3": (3, 2),
    "mrs r0, msp": (4, 3),
    "dsb": (4, 3),
}
# Instruction → least and most cycles of a Cortex-M3 and of an M4 whose conditional branches are taken, from
# Arm DDI 0337I and 100166, table 3-1, with a refill of 1 to 3 cycles.
ARMV7M = {
    "add.w r0, r1, r2, lsl #3": ((1, 1), (1, 1)),
    "it eq; nopeq": ((0, 1), (0, 1)),
    "mla r0, r1, r2, r3": ((2, 2), (1, 1)),
    "mul r8, r9, r10": ((1, 1), (1, 1)),
    "smull r0, r1, r2, r3": ((3, 5), (1, 1)),
    "umlal r0, r1, r2, r3": ((4, 7), (1, 1)),
    "sdiv r0, r1, r2": ((2, 12), (2, 12)),
    "ssat r0, #8, r1": ((1, 1), (1, 1)),
    "ldr.w r8, [r9, #400]": ((1, 2), (1, 2)),
    "ldrd r0, r1, [r2, #8]": ((3, 3), (3, 3)),
    "stmdb r8!, {r0, r1}": ((3, 3), (3, 3)),
    "pop.w {r4, r8, pc}": ((5, 7), (5, 7)),
    "ldr.w pc, [sp], #4": ((3, 5), (3, 5)),
    "bne.w .": ((2, 4), (2, 4)),
    "b.w .": ((2, 4), (2, 4)),
    "bl .": ((2, 4), (2, 4)),
    "cbz r0, . + 8": ((2, 4), (2, 4)),
    "tbb [pc, r0]": ((3, 5), (3, 5)),
    "mrs r0, basepri": ((1, 4), (1, 4)),
}
# The same of Hazard3, from its documentation.
RV32 = {
    "add a0, a1, a2": ((1, 1),),
    "lw a0, 4(a1)": ((1, 2),),
    "c.sw a0, 4(a1)": ((1, 1),),
    "mul a0, a1, a2": ((1, 1),),
    "divu a0, a1, a2": ((18, 19),),
    "bne a0, a1, .": ((1, 3),),
    "c.beqz a0, .": ((1, 3),),
    "jal ra, .": ((2, 3),),
    "c.j .": ((2, 3),),
    "ret": ((2, 3),),
    "jalr ra, 4(a0)": ((2, 3),),
    "csrr a0, mcycle": ((1, 3),),
}
TABLES = {
    "armv6m": (ARM, "-mcpu=cortex-m0 -mthumb", ("STM32F091RC", "RP2040"), ARMV6M),
    "armv7m": (ARM, "-mcpu=cortex-m4 -mthumb", ("STM32F103RE", "nRF52840"), ARMV7M),
    "rv32": (RISC_V, "-march=rv32imc_zicsr -mabi=ilp32", ("RP2350-RISCV",), RV32),
}


def buckets_of(folder, family, flags, lines):
    """Line → what its instruction is counted as, and whether it can be taken."""
    source, target = folder / "lines.s", folder / "lines.elf"
    head = ".syntax unified\n.thumb\n" if family is ARM else ""
    source.write_text(head + ".text\n" + "".join(f".balign 16\n{line}\n" for line in lines))
    gcc = find_toolchain("gcc", family).compile[0]
    command = [gcc, *flags.split(), "-nostdlib", "-Wl,-Ttext=0,-e0", "-o", target, source]
    subprocess.run(command, check=True)
    known = make_counting_map(read_program(target), branches=True)
    for at, line in enumerate(lines):
        yield line, known.buckets[known.meaning(16 * at)], 16 * at in known.taken


@pytest.mark.parametrize("name", TABLES)
def test_each_instruction_takes_the_cycles_of_its_table(tmp_path, name):
    family, flags, parts, table = TABLES[name]
    for line, bucket, branches in buckets_of(tmp_path, family, flags, list(table)):
        for part, expected in zip(parts, table[line], strict=True):
            counts = Counts()
            counts.add(bucket, 1)
            if branches:
                counts.add(Bucket("", TAKEN), 1)
            found = cycles_of(counts, timing_of(find_part(part)))
            assert found == ((expected, expected) if isinstance(expected, int) else expected), (part, line)


def test_a_branch_that_is_not_taken_takes_one_cycle():
    counts = Counts()
    counts.add(Bucket("", "branch", timing="conditional"), 7)
    for part in ("STM32F091RC", "RP2040", "nRF52840"):
        assert cycles_of(counts, timing_of(find_part(part))) == (7, 7)
    assert cycles_of(counts, timing_of(find_part("RP2350-RISCV"))) == (7, 14), "it may be mispredicted"


def test_wait_states_are_paid_by_every_fetch_and_load_at_most():
    counts = Counts()
    counts.add(Bucket("", "other", size=2), 5)  # 10 bytes: 3 fetches
    counts.add(Bucket("", "load", timing="load", size=2), 1)  # 12 bytes
    counts.add(Bucket("", "multiple", words=3, timing="multiple", size=4), 1)  # 16 bytes: 4 fetches
    counts.add(Bucket("", TAKEN), 2)
    timing = timing_of(find_part("STM32F091RC"))
    assert cycles_of(counts, timing) == (5 + 2 + 4 + 2 * 2,) * 2
    assert cycles_of(counts, timing, 3) == (15, 15 + 3 * (4 + 2 + 1 + 3))
    assert mean_cycles([counts, Counts()], timing) == (7, 7)


def test_times_of_parts():
    counts = Counts()
    counts.add(Bucket("", "other"), 48_000)
    times = times_of(find_part("STM32F091RC"), [counts], [counts])
    assert [(time.what, time.wait_states) for time in times] == [
        *(("inference", 0), ("inference", 1)),
        *(("training step", 0), ("training step", 1)),
    ]
    assert (times[0].min_milliseconds, times[0].max_milliseconds, times[1].max_milliseconds) == (1, 1, 1.5)
    assert len(times_of(find_part("RP2040"), [counts], [])) == 1, "its flash is another chip"
    unclocked = replace(find_part("RP2040"), clock_hz=None)
    for part in (find_part("STM32F746ZG"), find_part("ESP32-C3"), unclocked):
        assert times_of(part, [counts], [counts]) == ()


def test_markers_are_known_to_both_instruction_sets():
    assert all(known.timing(known.MARKER_BEGIN, 0) == "other" for known in INSTRUCTION_SETS.values())


def test_rp2040py_takes_the_same_branches_and_cycles(tmp_path):
    """It does not count the words of LR and of PC in PUSH and POP; all else is as in the table."""
    device, samples = benchmark.make_device("mlp:6", (3, 3), tmp_path)
    firmware = device.build(benchmark.chip_core(), toolchain="gcc")
    step = Train(samples[:2], np.arange(2), benchmark.SCHEDULE)
    regions, chip = benchmark.both(firmware, device.session([Predict(samples[:1]), step]).encode())
    assert [taken.total() for taken in chip.taken] == [region.taken for region in regions]
    assert [executed.total() for executed in chip.executed] == [region.instructions for region in regions]
    found = benchmark.kinds(firmware, chip)
    assert {"call", "conditional", "indirect", "jump", "load", "multiple", "multiply", "store"} <= set(found)
    for kind, row in found.items():
        unseen = row["executed"] if kind in ("push with lr", "return") else 0
        assert row["table"] - row["rp2040py"] == unseen, kind
    timing = timing_of(firmware.core.part)
    whole = sum(cycles_of(region, timing).most for region in regions)
    assert whole == sum(row["table"] for row in found.values())
