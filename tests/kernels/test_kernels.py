"""The kernels of all cores compute the same bits as the portable ones, write nothing else, and need no
library."""

import numpy as np
import pytest
from calls import all_calls
from calls8 import all_calls8
from kernel_session import (
    CONVOLVE,
    GUARD,
    LEARN_ROWS,
    LINEAR,
    Call,
    build_kernels,
    run_kernels,
    run_portable,
)
from libraries import forbidden

from integrad.targets.cores import cores_of
from integrad.targets.families import ARM

SEED = 3
BUILDS = (*((core, "gcc", "-O2") for core in cores_of(ARM)),)
BUILDS += (("m0", "clang", "-O2"), ("m3", "zig", "-O2"), ("m4", "clang", "-O2"), ("m4", "gcc", "-Os"))
BUILDS += (("m33", "zig", "-O2"), ("m55", "clang", "-O2"), ("m55", "zig", "-O2"))


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The calls, and the memory of each after the portable kernel, under sanitizers."""
    calls = [*all_calls(SEED), *all_calls8(SEED)]
    return calls, run_portable(calls, tmp_path_factory.mktemp("portable"))


@pytest.mark.parametrize("core, toolchain, optimisation", BUILDS)
def test_kernels_equal_the_portable_ones(core, toolchain, optimisation, expected, tmp_path):
    calls, answers = expected
    firmware = build_kernels(core, tmp_path, toolchain, optimisation)
    found, _ = run_kernels(firmware, calls)
    assert len(found) == len(answers) == len(calls)
    for call, a, b in zip(calls, answers, found, strict=True):
        assert a == b, f"{core}: command {call.command}, {call.parameters}"


def test_portable_kernels_leave_the_guards_alone(expected):
    """Else equal memory would prove nothing about what lies beside the arrays."""
    for call, memory in zip(*expected, strict=True):
        assert memory.startswith(GUARD) and memory.endswith(GUARD), call.parameters


# Instructions per multiply-accumulate, those that move several words by their words: a fully connected
# layer 1024 -> 96, a 3x3 convolution 16x16x16 -> 32, and 8 rows of 1024 weights that learn from 16 samples.
LIMITS = {"m3": (2.4, 2.1, 3.6), "m4": (1.2, 1.1, 2.2), "m7": (1.2, 1.1, 2.2), "m33": (1.2, 1.1, 2.2)}


@pytest.mark.parametrize("core", LIMITS)
def test_instructions_stay_few(core, tmp_path):
    rng = np.random.default_rng(0)

    def draw(dtype, limit, *shape):
        return rng.integers(-limit, limit, shape, endpoint=True).astype(dtype)

    linear = (draw(np.int16, 400, 96, 1024), draw(np.int16, 127, 1024))
    convolution = (draw(np.int16, 400, 32, 144), draw(np.int8, 127, 16, 16, 16))
    learning = (draw(np.int16, 9000, 8, 1024), draw(np.int32, 20000, 8, 16), draw(np.int8, 127, 16, 1024))
    calls = [
        Call(LINEAR, (96, 1024, 16384, 1), linear),
        Call(CONVOLVE, (16, 16, 16, 32, 16, 16, 3, 3, 1, 1, 1, 1, 2304), convolution),
        Call(LEARN_ROWS, (8, 1024, 16, 20000, 2_300_000, 0, 256, 0, 0), learning),
    ]
    macs = (96 * 1024, 32 * 144 * 256, 8 * 1024 * 16)
    _, result = run_kernels(build_kernels(core, tmp_path, "gcc"), calls, count=True)
    for region, n, limit in zip(result.regions, macs, LIMITS[core], strict=True):
        assert 0.8 * limit < (region.instructions - region.multiple + region.words) / n < limit


@pytest.mark.parametrize("core", cores_of(ARM))
def test_firmwares_hold_no_library(core, tmp_path):
    firmware = build_kernels(core, tmp_path, "gcc")
    names = {function.name for function in firmware.program.functions}
    assert {"integrad_learn_rows", "integrad_convolve"} <= names
    assert not forbidden(names, core)
