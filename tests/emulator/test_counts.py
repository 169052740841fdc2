"""Instruction counts are exact, repeatable, equal in both emulators, and add up."""

import struct

import pytest
from emulated import ARM_CORES, BUILDS, CORES, UNICORN_CORES

from integrad.emulate.runner import run

SESSION = bytes(range(1, 65))
RESULTS = struct.pack("<3i", 6496, 3248, 2165)
UNICORN_BUILDS = [
    *((core, "gcc") for core in UNICORN_CORES),
    *((core, "zig") for core in UNICORN_CORES),
    ("m0", "clang"),
]


@pytest.mark.parametrize(("core", "toolchain"), BUILDS)
def test_known_regions(build, core, toolchain):
    result = run(build("counts", core, toolchain), SESSION, engine="qemu")
    assert result.output == RESULTS and len(result.regions) == 6
    empty, loop, classes, *_ = result.regions
    assert empty.instructions == 0 and not empty.functions
    assert loop.instructions == 2003
    assert (loop.branch, loop.taken, loop.other) == (1000, 999, 1003)
    expected = {"load": 2, "store": 1, "multiply": 1, "other": 1}
    expected |= {"multiple": 2} if core in ARM_CORES else {"divide": 2}
    assert {kind: count for kind, count in classes.classes().items() if count} == expected
    assert classes.words == (4 if core in ARM_CORES else 0)


@pytest.mark.parametrize(("core", "toolchain"), BUILDS)
def test_functions_add_up(build, core, toolchain):
    result = run(build("counts", core, toolchain), SESSION, engine="qemu")
    for region in result.regions:
        assert sum(f.instructions for f in region.functions.values()) == region.instructions
        assert sum(f.words for f in region.functions.values()) == region.words
        assert sum(f.taken for f in region.functions.values()) == region.taken
    inside = sum(region.instructions for region in result.regions)
    assert sum(f.instructions for f in result.functions.values()) == inside
    assert {"main", "sum", "scale", "known_loop", "known_classes"} <= set(result.functions)
    assert sum(f.instructions for f in result.total.functions.values()) == result.total.instructions > inside
    assert {"integrad_start", "integrad_read"} <= set(result.total.functions)


@pytest.mark.parametrize("core", CORES)
def test_repetition_gives_the_same_counts(build, core):
    firmware = build("counts", core)
    first = run(firmware, SESSION, engine="qemu")
    assert run(firmware, SESSION, engine="qemu") == first


@pytest.mark.parametrize(("core", "toolchain"), UNICORN_BUILDS)
def test_unicorn_counts_what_qemu_counts(build, core, toolchain):
    firmware = build("counts", core, toolchain)
    in_qemu = run(firmware, SESSION, engine="qemu")
    in_unicorn = run(firmware, SESSION, engine="unicorn")
    assert in_unicorn.regions == in_qemu.regions
    assert in_unicorn.functions == in_qemu.functions
    assert in_unicorn.output == in_qemu.output
    assert in_unicorn.total is None


@pytest.mark.parametrize("program", ["branches", "arithmetic_region"])
@pytest.mark.parametrize(("core", "toolchain"), UNICORN_BUILDS)
def test_conditional_code_counts_the_same(build, program, core, toolchain):
    """Conditional instructions (IT) whose condition is false count as executed in both emulators."""
    firmware = build(program, core, toolchain)
    in_qemu = run(firmware, SESSION, engine="qemu")
    in_unicorn = run(firmware, SESSION, engine="unicorn", counted_regions=None)
    assert len(in_qemu.regions) == 20
    assert in_unicorn.regions == in_qemu.regions
    assert in_unicorn.output == in_qemu.output


@pytest.mark.parametrize("limit", [0, 1, 7])
def test_unicorn_counts_the_first_regions_only(build, limit):
    firmware = build("branches", "m4")
    in_qemu = run(firmware, SESSION, engine="qemu")
    in_unicorn = run(firmware, SESSION, engine="unicorn", counted_regions=limit)
    assert in_unicorn.regions == in_qemu.regions[:limit]
    assert in_unicorn.output == in_qemu.output


@pytest.mark.parametrize("engine", ["qemu", "unicorn"])
def test_without_counting(build, engine):
    result = run(build("counts", "m4"), SESSION, engine=engine, count=False)
    assert result.output == RESULTS and result.regions == [] and result.total is None
