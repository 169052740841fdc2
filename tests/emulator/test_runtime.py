"""The guarantees of the start-up code and the run-time functions for C programs."""

import random
import struct

import pytest
from emulated import BUILDS, CORES

from integrad.arithmetic import tdiv
from integrad.emulate.runner import run

EXTREMES = [0, 1, -1, 2, 7, -8, 255, 2**31 - 1, 2**31, -(2**31), 2**32, 2**33, 2**63 - 1, -(2**63), -(2**62)]


def operands():
    """Pairs of 64-bit numbers; no division by zero, and none that overflows."""
    random_source = random.Random(3)
    pairs = [(a, b) for a in EXTREMES for b in EXTREMES]
    for _ in range(400):
        widths = random_source.randrange(64), random_source.randrange(64)
        pairs.append(tuple(random_source.randrange(-(2**w), 2**w) for w in widths))
    return [(a, b) for a, b in pairs if b != 0 and (a, b) != (-(2**63), -1)]


def wrap(value, bits, signed=True):
    value %= 1 << bits
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def truncated(a, b):
    """(quotient, remainder) as in C."""
    quotient = tdiv(a, b) if b > 0 else -tdiv(a, -b)
    return quotient, a - quotient * b


def expected(a, b):
    """What programs/arithmetic.c computes."""
    ua, ub, places = a % 2**64, b % 2**64, b % 64
    a32, b32, ua32, ub32 = a >> 33, (b >> 33) or 1, a % 2**32, b % 2**32 or 1
    results = [*truncated(a, b), wrap(a * b, 64), wrap(a << places, 64), a >> places]
    results += [ua // ub, ua % ub, ua >> places]
    results += [*truncated(a32, b32), ua32 // ub32, ua32 % ub32]
    return struct.pack("<5q3Q2i2I", *results)


@pytest.mark.parametrize(("core", "toolchain"), [*BUILDS, ("m3", "zig"), ("rv32", "clang"), ("rv32", "zig")])
def test_integer_helpers(build, core, toolchain):
    pairs = operands()
    session = struct.pack("<I", len(pairs)) + b"".join(struct.pack("<qq", a, b) for a, b in pairs)
    output = run(build("arithmetic", core, toolchain), session, engine="qemu", count=False).output
    size = struct.calcsize("<5q3Q2i2I")
    assert len(output) == size * len(pairs)
    for index, (a, b) in enumerate(pairs):
        assert output[index * size :][:size] == expected(a, b), (a, b)


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize(("toolchain", "optimisation"), [("gcc", "-O2"), ("gcc", "-Os"), ("zig", "-O3")])
def test_memory_functions_and_initial_values(build, core, toolchain, optimisation):
    assert run(build("memory", core, toolchain, optimisation=optimisation), b"", engine="qemu").exit_code == 0


@pytest.mark.parametrize("core", CORES)
def test_stack_peak_grows_by_equal_steps(build, core):
    peaks = {}
    for levels in (0, 4, 5, 6, 20):
        session = struct.pack("<I", levels)
        output = run(build("stack", core), session, engine="qemu", count=False).output
        before, peaks[levels], _ = struct.unpack("<3I", output)
        assert 0 < before <= peaks[levels] < 4096
    frame = peaks[6] - peaks[5]
    assert frame >= 64 and peaks[5] - peaks[4] == frame and peaks[20] - peaks[6] == 14 * frame


@pytest.mark.parametrize("core", ["m0", "m33"])
def test_unicorn_measures_the_same_stack(build, core):
    session = struct.pack("<I", 9)
    firmware = build("stack", core)
    in_qemu = run(firmware, session, engine="qemu", count=False)
    assert run(firmware, session, engine="unicorn", count=False).output == in_qemu.output


def test_stack_reserve_is_a_parameter(build):
    session = struct.pack("<I", 40)
    small, large = (build("stack", "m0", stack_bytes=size) for size in (1024, 8190))
    assert (small.sizes.stack, large.sizes.stack) == (1024, 8192)
    with pytest.raises(Exception, match="more than the 1,024 bytes reserved"):
        run(small, session, engine="qemu")
    assert run(large, session, engine="qemu").exit_code == 0


@pytest.mark.parametrize(("core", "toolchain"), [*BUILDS, ("m7", "zig"), ("m33", "zig")])
def test_coprocessor_is_enabled(build, core, toolchain):
    firmware = build("coprocessor", core, toolchain)
    assert run(firmware, b"bits", engine="qemu").output == b"bits"
    if firmware.core.unicorn_model:
        assert run(firmware, b"bits", engine="unicorn").output == b"bits"
