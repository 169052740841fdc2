"""Calls of all kernels: small sizes and remainders, limits, extremes allowed by the proofs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from draws import INT8, Draw
from kernel_session import (
    ACCUMULATE,
    ACTIVATE4,
    CONVOLVE,
    DEPTHWISE,
    DESCEND_ROW,
    DOTS,
    ERRORS,
    LEARN_ROWS,
    LINEAR,
    LINEAR_WIDE,
    MAXIMA,
    WIDEN,
    Call,
)

from integrad.arithmetic import INT16_WEIGHT_LIMIT, INT32_LIMIT, SCALE, weight_limit

ERROR = 159
SCHEDULES = ((1, 0), (1, 1), (97, 0), (5000, 30), (2_000_000, 0), (2_000_000, 7), (2**29, 0))
"""(divisor, decay_inv): steps that saturate, that never move a weight, and between."""


def widen(draw: Draw) -> Iterator[Call]:
    for count in (*range(1, 20), 33, 100):
        yield Call(WIDEN, (count, count % 4), (draw(np.int8, count, INT8),))


def linear(draw: Draw) -> Iterator[Call]:
    sizes = [*product(range(1, 8), range(1, 8)), *product((2, 5, 8, 9, 10), (15, 16, 17, 31, 32, 34, 71))]
    for outs, n in sizes:
        step = int(draw.rng.integers(1, 6))
        x = draw(np.int16, n, INT8)
        yield Call(LINEAR, (outs, n, SCALE * n, step), (draw.weights((outs, n), n), x))
    for outs, n in sizes:  # two vectors at once, as a convolution of two positions
        inputs = (draw.weights((outs, n), n), draw(np.int8, (n, 1, 2), INT8))
        yield Call(CONVOLVE, (n, 1, 2, outs, 1, 2, 1, 1, 1, 1, 0, 0, SCALE * n), inputs)


def linear_wide(draw: Draw) -> Iterator[Call]:
    """Fan-ins around those of parts whose sums fit 32 bits; sums as large as possible, and sums of parts that
    are and cancel out."""
    fan_ins = (479, 480, 496, 511, 512, 513, 514, 520, 700, 991, 1024, 1025, 1026, 1537)
    sizes = [*product(range(1, 8), (1, 2, 9)), *product((3, 6), fan_ins), (13, 1600), (4, 2**15 + 1)]
    for number, (outs, n) in enumerate(sizes):
        w, x = wide_rows(draw, number, outs, n), draw(np.int16, n, INT8)
        if number % 2:
            x = np.full(n, INT8, np.int16)
        yield Call(LINEAR_WIDE, (outs, n, int(draw.rng.integers(1, 6))), (w, x))
    for number, (outs, n) in enumerate(product((1, 2, 3, 5, 7), fan_ins[::2])):
        x = draw(np.int8, (n, 1, 2), INT8)  # two vectors at once, as a convolution of two positions
        if number % 2:
            x[:, 0, 0] = INT8
        w = wide_rows(draw, number, outs, n)
        yield Call(CONVOLVE, (n, 1, 2, outs, 1, 2, 1, 1, 1, 1, 0, 0, 0), (w, x))
    for number, s in enumerate([*shapes(draw), (61, 4, 5, 9, 4, 5, 3, 3, 1, 1, 1, 1)]):
        w = wide_rows(draw, number // 2, s[3], s[0] * s[6] * s[7])
        x = draw(np.int8, s[:3], INT8)
        if number % 4 == 0:
            x[:] = INT8
        yield Call(CONVOLVE, (*s, 0, number % 4), (w, x))


def wide_rows(draw: Draw, number: int, outs: int, n: int) -> np.ndarray:
    """Weights of 64-bit sums; with an odd number, the first row has only the largest weights and the last one
    the largest and their negatives, halves of which cancel out."""
    w = draw(np.int16, (outs, n), INT16_WEIGHT_LIMIT)
    if number % 2:
        w[0], w[-1] = INT16_WEIGHT_LIMIT, -INT16_WEIGHT_LIMIT
        if number % 4 == 1:
            w[-1, : n // 2] = INT16_WEIGHT_LIMIT
    return w


def dots(draw: Draw) -> Iterator[Call]:
    for rows, n in product((1, 4), (*range(1, 20), 31, 33, 71, 600)):
        weights = draw.weights((rows, n), n)
        yield Call(DOTS, (rows, n), (weights, draw(np.int16, n, INT8)))


def shapes(draw: Draw) -> Iterator[tuple[int, ...]]:
    """Shapes of convolutions: driver.c's twelve numbers. The first two of a kernel are of one input and
    one output channel, a group of a depthwise convolution."""
    for kernel in ((1, 1), (3, 3), (1, 3), (3, 1), (2, 3), (1, 5), (5, 5), (4, 2)):
        for number in range(7):
            stride = draw.rng.integers(1, 4, 2) if draw.rng.random() < 0.4 else np.array([1, 1])
            padding = draw.rng.integers(0, np.array(kernel) // 2 + 1)
            low = np.maximum(1, np.array(kernel) - 2 * padding)
            size = low + draw.rng.integers(0, 7, 2)
            out = (size + 2 * padding - kernel) // stride + 1
            channels = draw.rng.integers(1, 6, 2) if number > 1 else (1, 1)
            numbers = (channels[0], *size, channels[1], *out, *kernel, *stride, *padding)
            yield tuple(map(int, numbers))


def convolve(draw: Draw) -> Iterator[Call]:
    for number, s in enumerate(shapes(draw)):
        fan_in = s[0] * s[6] * s[7]
        inputs = draw.weights((s[3], fan_in), fan_in), draw(np.int8, s[:3], INT8)
        yield Call(CONVOLVE, (*s, SCALE * fan_in, number % 4), inputs)


def depthwise(draw: Draw) -> Iterator[Call]:
    for number, (_, *s) in enumerate([*shapes(draw), *wide_shapes(draw)]):
        s = (1, s[0], s[1], 1, *s[3:])
        cells = s[6] * s[7]
        inputs = draw.weights((1, cells), cells), draw(np.int8, s[1:3], INT8)
        yield Call(DEPTHWISE, (*s, SCALE * cells, number % 4), inputs)


def wide_shapes(draw: Draw) -> Iterator[tuple[int, ...]]:
    """Of maps as wide as vectors are long, and a little more and less."""
    for width, stride in product((*range(1, 20), 31, 40), (1, 2)):
        out = (width - 1) // stride + 1
        yield (1, 4, width, 1, (4 - 1) // stride + 1, out, 3, 3, stride, stride, 1, 1)


def accumulate(draw: Draw) -> Iterator[Call]:
    """Errors of all positions, and of some, which come in any order."""
    for number, (wide, some, s) in enumerate(product((0, 1), (False, True), shapes(draw))):
        fan_in, positions = s[0] * s[6] * s[7], s[4] * s[5]
        count = int(draw.rng.integers(1, positions, endpoint=True)) if some else positions
        delta = draw.deltas(1, count)[0]
        gradient = np.zeros(fan_in, np.int64 if wide else np.int32)
        if wide:
            delta = draw(np.int32, count, INT32_LIMIT)
            gradient += draw.rng.integers(-(2**40), 2**40, fan_in)
        x = draw(np.int8, s[:3], INT8)
        yield accumulate_call(s, wide, gradient, delta, x, draw.rng if some else None, number % 4)


def accumulate_call(shape, wide, gradient, delta, x, rng=None, skew=0) -> Call:
    """Errors of all positions, or, with rng, of some that it draws."""
    places = np.zeros(0, np.int32)
    if rng is not None:
        row, column = np.divmod(rng.permutation(shape[4] * shape[5])[: delta.size], shape[5])
        places = (row * 65536 + column).astype(np.int32)
    return Call(ACCUMULATE, (*shape, wide, places.size, skew), (gradient, delta, places, x))


def learn_rows(draw: Draw) -> Iterator[Call]:
    sizes = [*product((1, 2, 3, 8), range(1, 9), (1, 2, 3, 4, 5)), *product((2, 5, 8), (21, 68), (7, 8, 16))]
    for number, (rows, n, count) in enumerate(sizes):
        divisor, decay_inv = SCHEDULES[number % len(SCHEDULES)]
        limit = weight_limit(n)
        wide = number % 5 == 4
        delta = draw(np.int32, (rows, count), INT32_LIMIT) if wide else draw.deltas(rows, count)
        values = 4 * (-(-count // 8) * 8) * int(draw.rng.integers(1, 4))
        parameters = (rows, n, count, limit, divisor, decay_inv, values, int(wide), number % 4)
        inputs = (draw.weights((rows, n), n), delta, draw(np.int8, (count, n), INT8))
        yield Call(LEARN_ROWS, parameters, inputs)


def errors(draw: Draw) -> Iterator[Call]:
    for units, classes, count in product((1, 2, 3, 4, 7, 8), (1, 2, 3, 5, 10), (1, 2, 3, 4, 9)):
        features = units + int(draw.rng.integers(0, 6))
        limit = min(weight_limit(features), INT32_LIMIT // (ERROR * classes))
        inputs = (draw(np.int16, (classes, features), limit), draw(np.int16, (count, classes), ERROR))
        yield Call(ERRORS, (units, features, classes, count), inputs)


def descend_row(draw: Draw) -> Iterator[Call]:
    for wide, n, (divisor, decay_inv) in product((0, 1), (1, 2, 5, 12), SCHEDULES):
        limit = weight_limit(int(draw.rng.choice([1, 100, 4000])))
        gradient = draw(np.int64, n, 2**40) if wide else draw(np.int32, n, INT32_LIMIT)
        gradient[: n // 2] = draw.rng.choice([divisor, -divisor, divisor - 1, 1 - divisor], n // 2)
        inputs = (draw(np.int16, n, limit), gradient)
        yield Call(DESCEND_ROW, (n, limit, divisor, decay_inv, wide), inputs)


def activate4(draw: Draw) -> Iterator[Call]:
    for skew in range(4):
        yield Call(ACTIVATE4, (255, skew), (np.arange(-127, 128).astype(np.int8),))
    for count in range(1, 12):
        yield Call(ACTIVATE4, (count, 0), (draw(np.int8, count, INT8),))


def maxima(draw: Draw) -> Iterator[Call]:
    windows = [*product(range(1, 6), repeat=2), (2, 17), (1, 18), (3, 40)]
    for number, window in enumerate(windows):
        channels, left_over = draw.rng.integers(1, 4), draw.rng.integers(0, window)
        height, width = draw.rng.integers(1, [4, 20])
        size = np.array([height, width]) * window + left_over
        shape = (channels, *size, height, width, *window)
        inputs = (draw(np.int8, (channels, *size), INT8),)
        yield Call(MAXIMA, (*map(int, shape), number % 4), inputs)


def all_calls(seed: int) -> list[Call]:
    draw = Draw(seed)
    kernels = (widen, linear, convolve, accumulate, learn_rows, errors, descend_row, activate4, maxima)
    kernels += (depthwise, dots, linear_wide)
    return [call for kernel in kernels for call in kernel(draw)]
