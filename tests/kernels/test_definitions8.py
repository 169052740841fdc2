"""The portable kernels of integer backpropagation compute what their definitions say, written with NumPy."""

from itertools import groupby

import numpy as np
import pytest
from calls8 import all_calls8
from kernel_session import (
    COMPACT8,
    CONVOLVE8,
    DOTS8,
    GATHER8,
    GUARD,
    MAXIMA8,
    REQUANTISE,
    SCATTER8,
    UPDATE8,
    UPDATE_MASTER,
    WEIGH8,
    run_portable,
)

from integrad.arithmetic import psto, rdiv2

SEED = 11
MOST = 60
"""Calls of a kernel, of those that cores are compared with."""

# A definition takes the parameters and the inputs of a call and returns the arrays that driver.c takes for
# it, in this order: the bytes that each begins off alignment, and its values, with their type.


def wide(array):
    return array.astype(np.int64)


def dots8(p, weights, x):
    return (0, (wide(weights) @ wide(x)).astype(np.int32)), (p[2], weights), (3 - p[2], x)


def weigh8(p, rows, index, factors):
    picked = [wide(rows[p[1] * i :][: p[0]]) for i in index.tolist()]
    sums = sum((f * row for f, row in zip(factors.tolist(), picked, strict=True)), np.zeros(p[0], np.int64))
    return (0, sums.astype(np.int32)), (p[4], rows), (0, index), (3 - p[4], factors)


def cells(shape, row, column):
    """Where the inputs of a position are in maps with a border, and how wide this is."""
    border = 2 * max(*shape[6:8], *shape[10:12])
    channels, lines, columns = np.ogrid[: shape[0], : shape[6], : shape[7]]
    lines = lines + border + row * shape[8] - shape[10]
    return (channels, lines, columns + border + column * shape[9] - shape[11]), border


def bordered(maps, border):
    return np.pad(maps, ((0, 0), (border, border), (border, border)))


def patch(shape, x, row, column):
    where, border = cells(shape, row, column)
    return bordered(x, border)[where].ravel()


def gather8(p, x):
    return (3 - p[14], patch(p, x, p[12], p[13])), (p[14], x)


def scatter8(p, sums, values):
    where, border = cells(p, p[12], p[13])
    total = bordered(wide(sums), border)
    total[where] += values.reshape(total[where].shape)
    inside = slice(border, -border)
    return (0, total[:, inside, inside].astype(np.int32)), (0, values)


def scaled(sums, shift, leak):
    values = np.clip(rdiv2(wide(sums), shift), -127, 127)
    below = -(-values // leak) if leak else 0 * values
    return np.where(values > 0, values, below).astype(np.int8)


def apart(values, step):
    """Values that are `step` places apart; what lies between them stays as it is."""
    out = np.full(max(0, (len(values) - 1) * step + 1), GUARD[0], np.int8)
    out[::step] = values
    return out


def requantise(p, sums):
    return (p[4], apart(scaled(sums, p[2], p[3]), p[1])), (0, sums)


def convolve8(p, weights, x, *bias):
    row, column, count, step, skew = p[12] >> 16, p[12] >> 8 & 255, p[12] & 255, p[14] >> 2, p[14] & 3
    patches = np.stack([wide(patch(p, x, row, column + k)) for k in range(count)], axis=1)
    out = np.full((p[3] - 1) * step + count, GUARD[0], np.int8)
    sums = wide(weights) @ patches + (64 * wide(bias[0])[:, None] if bias else 0)
    for channel, values in enumerate(scaled(sums, p[13] >> 8 & 255, p[13] & 255)):
        out[channel * step :][:count] = values
    work = np.zeros(5 * -(-weights.shape[1] // 4) + 2, np.int32)
    return (skew, out), (3 - skew, weights), (skew, x), *[(3 - skew, b) for b in bias], (0, work)


def descent(gradient, shift, divide, limit):
    return np.clip(divide(wide(gradient), shift), -limit, limit) * 2 ** min(max(-shift, 0), 15)


def update8(p, weights, gradient):
    new = np.clip(weights - descent(gradient, p[1], psto, 254), -127, 127)
    return (p[2], new.astype(np.int8)), (0, gradient)


def update_master(p, weights, fraction, gradient):
    master = 256 * wide(weights) + fraction
    new = np.clip(master - descent(gradient, p[1], rdiv2, 2 * 32512), -32512, 32512)
    rounded = (new + 128) // 256
    arrays = (p[2], rounded.astype(np.int8)), (3 - p[2], (new - 256 * rounded).astype(np.int8))
    return *arrays, (0, gradient)


def compact8(p, x):
    places = np.flatnonzero(x[:: p[1]])
    index, values = np.zeros(p[0], np.uint16), np.zeros(p[0], np.int8)
    index[: places.size], values[: places.size] = places, x[:: p[1]][places]
    return (0, index), (3 - p[2], values), (p[2], x), (0, np.array([places.size], np.int32))


def maxima8(p, upper, lower):
    windows = np.concatenate([upper.reshape(-1, 2), lower.reshape(-1, 2)], axis=1)
    bits = np.zeros((-(-p[0] // 4), 4), np.uint8)
    bits.flat[: p[0]] = windows.argmax(axis=1)
    winners = (bits << np.array([0, 2, 4, 6])).sum(axis=1).astype(np.uint8)
    if not p[1]:
        winners[:] = GUARD[0]
    return (3 - p[2], windows.max(axis=1)), (p[2], winners), (p[2], upper), (3 - p[2], lower)


DEFINITIONS = {
    DOTS8: dots8,
    WEIGH8: weigh8,
    GATHER8: gather8,
    SCATTER8: scatter8,
    REQUANTISE: requantise,
    CONVOLVE8: convolve8,
    UPDATE8: update8,
    UPDATE_MASTER: update_master,
    COMPACT8: compact8,
    MAXIMA8: maxima8,
}


def memory(arrays):
    """The memory of a call, as driver.c places arrays in it."""
    content = b""
    for skew, array in arrays:
        start = -(-(len(content) + len(GUARD)) // 8) * 8 + skew
        content = content.ljust(start, GUARD[:1]) + array.tobytes() + GUARD
    return content


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Calls of each kernel, and their memory after the portable one, under sanitizers."""
    rng, calls = np.random.default_rng(SEED), []
    for _, group in groupby(all_calls8(SEED), key=lambda call: call.command):
        found = list(group)
        calls += [found[i] for i in sorted(rng.permutation(len(found))[:MOST].tolist())]
    found = run_portable(calls, tmp_path_factory.mktemp("portable"))
    return list(zip(calls, found, strict=True))


@pytest.mark.parametrize("command", DEFINITIONS, ids=lambda command: DEFINITIONS[command].__name__)
def test_a_portable_kernel_follows_its_definition(command, answers):
    own = [(call, found) for call, found in answers if call.command == command]
    assert len(own) >= 50
    for call, found in own:
        parameters = (*call.parameters, *[0] * (15 - len(call.parameters)))
        assert found == memory(DEFINITIONS[command](parameters, *call.inputs)), call.parameters
