"""What the kernels for M0 and M55 do that others do not: quotients by reciprocals, windows of offsets,
rows of 16 and of 32 bits together; and how many instructions they execute."""

import numpy as np
import pytest
from calls import accumulate_call
from draws import Draw
from kernel_session import (
    CONVOLVE,
    DESCEND_ROW,
    ERRORS,
    LEARN_ROWS,
    LINEAR,
    LINEAR_WIDE,
    Call,
    build_kernels,
    run_kernels,
    run_portable,
)

from integrad.arithmetic import INT32_LIMIT, SCALE, weight_limit
from integrad.execute.cost_rows import FORWARD, UPDATE, Rows
from integrad_codegen.c.runtime import runtime_files

CORES = ("m0", "m55")
DIVISORS = (1, 2, 3, 7, 127, 128, 129, 255, 256, 257, 640, 65535, 65536, 81920, 2**22 + 1, 2**23, 2**31 - 1)
QUOTIENTS = (0, 1, 2, 3, 100, 126, 127, 128, 254, 255, 256, 257, 65277, 65278, 65279, 10**6)


@pytest.fixture(scope="module")
def firmware(tmp_path_factory):
    return {core: build_kernels(core, tmp_path_factory.mktemp(core), "gcc") for core in CORES}


def steps():
    """A row of weights whose gradients lie on both sides of multiples of the divisor."""
    for divisor in DIVISORS:
        near = np.array([q * divisor + e for q in QUOTIENTS for e in (-1, 0, 1)])
        near = np.concatenate([near, -near])
        gradient = near[np.abs(near) <= INT32_LIMIT].astype(np.int32)
        w = np.resize(np.array([-32639, -9, 0, 31000, 32639], np.int16), gradient.size)
        for limit in (32639, 100):
            parameters = (gradient.size, limit, divisor, 0, 0)
            yield Call(DESCEND_ROW, parameters, (np.clip(w, -limit, limit), gradient))


def decays():
    w = np.arange(-32639, 32640, 7).astype(np.int16)
    for decay_inv in (1, 2, 3, 255, 8191, 8192, 21000, 32639, 32640, INT32_LIMIT):
        yield Call(DESCEND_ROW, (w.size, 32639, 1000, decay_inv, 0), (w, np.zeros(w.size, np.int32)))


def scaled():
    """Sums 127 w0 + w1 that lie on both sides of multiples of the scale."""
    for scale in (256, 257, 511, 512, 513, 3 * SCALE, 9999, 2**15, 2**15 + 1):
        sums = [q * scale + e for q in (*range(6), 63, 126, 127, 128, 129) for e in (-1, 0, 1)]
        w = np.array([divmod(z, 127) for z in (*sums, *(-z for z in sums))])
        w = w[np.abs(w).max(1) <= weight_limit(2)].astype(np.int16)
        yield Call(LINEAR, (len(w), 2, scale, 1), (w, np.array([127, 1], np.int16)))
    # Scales of layers too large for any other test: sums near 2^31 and quotients of 0 to 127.
    for scale in (2**23, 2**23 + 1, 2**24, 2**30):
        w = np.full((7, 600), weight_limit(600), np.int16) * np.arange(-3, 4, dtype=np.int16)[:, None] // 3
        yield Call(LINEAR, (7, 600, scale, 3), (w, np.full(600, 127, np.int16)))


def far_rows(draw):
    """Results that lie further from each other than offsets of 16 bits reach."""
    for outs, n, step in ((9, 11, 16000), (3, 40, 65535), (2, 17, 70000)):
        x = draw(np.int16, n, 127)
        yield Call(LINEAR, (outs, n, SCALE * n, step), (draw.weights((outs, n), n), x))
        yield Call(LINEAR_WIDE, (outs, n, step), (draw(np.int16, (outs, n), 32639), x))


def many_inputs():
    """The largest fan-in that vectors divide by, and the largest of all; halves of a row cancel out."""
    for outs, n in ((4, 2**15), (1, 66052), (2, 66052)):
        w = np.full((outs, n), 32639, np.int16)
        w[1::2] *= -1
        w[2:, : n // 2 - 3] *= -1
        yield Call(LINEAR_WIDE, (outs, n, 1), (w, np.full(n, 127, np.int16)))


def maps(draw):
    """Many channels, wide kernels, offsets beyond 16 bits, long strides, an odd number of positions."""
    shapes = [
        (50, 40, 40, 2, (1, 1), 1, 0),
        (30, 7, 8, 5, (3, 3), 1, 1),
        (25, 5, 5, 6, (5, 5), 1, 2),
        (1, 150, 150, 3, (3, 3), 7, 1),
        (10, 90, 90, 2, (3, 3), 9, 1),
        (2, 12, 12, 2, (7, 7), 1, 3),
        (3, 97, 3, 9, (3, 3), 1, 0),
        (1, 16, 17, 2, (15, 15), 1, 7),
        (1, 130, 130, 5, (1, 1), 1, 0),
    ]
    for channels, height, width, outs, (i, j), stride, padding in shapes:
        size = [(n + 2 * padding - k) // stride + 1 for n, k in ((height, i), (width, j))]
        shape = (channels, height, width, outs, *size, i, j, stride, stride, padding, padding)
        fan_in, x = channels * i * j, draw(np.int8, (channels, height, width), 127)
        w = draw.rng.integers(-900, 901, (outs, fan_in)).astype(np.int16)
        yield Call(CONVOLVE, (*shape, SCALE * fan_in), (w, x))
        delta = (draw.rng.integers(-500, 501, size) * (draw.rng.random(size) < 0.3)).astype(np.int32)
        yield accumulate_call(shape, 0, np.zeros(fan_in, np.int32), delta.ravel(), x)
        delta = draw.deltas(1, -(-delta.size // 3))[0]
        yield accumulate_call(shape, 0, np.ones(fan_in, np.int32), delta, x, draw.rng)


def rows(draw):
    """Batches around 16, errors around 16 bits, tails of rows; then inputs beyond the reach of 16 bits."""
    for n in (*range(3, 10), 40):
        for count in (1, 8, 15, 16, 17, 33):
            delta = draw.rng.choice([-32769, -32768, -32767, 5, 32767, 32768], (6, count))
            delta[::2] = draw.rng.integers(-1500, 1501, (3, count))
            yield learn(draw, n, delta, int(draw.rng.integers(3, 10**6)), 4 * (-(-count // 8) * 8))
    yield learn(draw, 5001, draw.rng.integers(-1500, 1501, (2, 15)), 80_000, 256)


def learn(draw, n, delta, divisor, work_values, limit=None, decay_inv=0):
    count = delta.shape[1]
    inputs = (draw.weights((len(delta), n), n), delta.astype(np.int32), draw(np.int8, (count, n), 127))
    parameters = (len(delta), n, count, limit or weight_limit(n), divisor, decay_inv, work_values, 0, 1)
    return Call(LEARN_ROWS, parameters, inputs)


def heads(draw):
    for units, count in ((9, 1), (16, 1), (31, 3), (32, 2)):
        head = draw(np.int16, (10, units + 3), 30000)
        yield Call(ERRORS, (units, units + 3, 10, count), (head, draw(np.int16, (count, 10), 159)))


def special_calls():
    draw = Draw(7)
    calls = [*steps(), *decays(), *scaled(), *far_rows(draw), *many_inputs()]
    return [*calls, *maps(draw), *rows(draw), *heads(draw)]


def test_equal_the_portable_ones(firmware, tmp_path):
    calls = special_calls()
    expected = run_portable(calls, tmp_path)
    for core in CORES:
        found, _ = run_kernels(firmware[core], calls)
        assert len(found) == len(expected) == len(calls)
        for call, a, b in zip(calls, expected, found, strict=True):
            assert a == b, f"{core}: command {call.command}, {call.parameters}"


def workloads():
    """(call, its multiply-accumulates)."""
    draw = Draw(1)
    small = draw.rng.integers(-400, 401, (96, 1024)).astype(np.int16)
    x = draw.rng.integers(-127, 128, (16, 16, 16)).astype(np.int8)
    yield Call(LINEAR, (96, 1024, SCALE * 1024, 1), (small, x.ravel()[:1024].astype(np.int16))), 96 * 1024
    shape = (16, 16, 16, 32, 16, 16, 3, 3, 1, 1, 1, 1)
    yield Call(CONVOLVE, (*shape, SCALE * 144), (small.ravel()[: 32 * 144], x)), 256 * 144 * 32
    delta = draw.rng.integers(-1500, 1501, (8, 16))
    yield learn(draw, 1024, delta, 81_920, 256, 16000), 8 * 1024 * 16


# Instructions for each multiply-accumulate: linear, convolution, learning of a batch of 16.
LIMITS = {"m0": (3.65, 4.05, 6.2), "m55": (0.29, 0.28, 0.5)}


@pytest.mark.parametrize("core", CORES)
def test_instructions(core, firmware):
    calls, macs = zip(*workloads(), strict=True)
    _, result = run_kernels(firmware[core], list(calls), count=True)
    for region, n, limit in zip(result.regions, macs, LIMITS[core], strict=True):
        # An instruction that moves several words counts for each of them.
        assert 0.8 * limit < (region.instructions - region.multiple + region.words) / n < limit


@pytest.mark.parametrize("core", CORES)
def test_costs_know_every_kernel(core, firmware):
    text = "".join(runtime_files().values())
    names = [
        f.name
        for f in firmware[core].program.functions
        if f.name.startswith("integrad_") and f"{f.name}(" in text
    ]
    assert len(names) > 20
    assert {Rows("model", (), {}).row_of(name, False) for name in names} == {FORWARD, UPDATE}
