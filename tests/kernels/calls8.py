"""Calls of the kernels of integer backpropagation."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
from draws import INT8, Draw
from kernel_session import (
    COMPACT8,
    CONVOLVE8,
    DOTS8,
    GATHER8,
    MAXIMA8,
    REQUANTISE,
    SCATTER8,
    UPDATE8,
    UPDATE_MASTER,
    WEIGH8,
    Call,
)

from integrad.arithmetic import INT32_LIMIT

LEAKS = (0, 1, 2, 4, 8, 16)
KERNELS = ((1, 1), (3, 3), (1, 3), (3, 1), (2, 3), (5, 5), (4, 2), (2, 2))


def dots8(draw: Draw) -> Iterator[Call]:
    sizes = [
        *product((*range(20), 31, 33, 47, 64, 65), (0, 1, 2, 3, 4, 5)),
        *product((72, 100), range(6, 14)),
    ]
    for number, (n, rows) in enumerate(sizes):
        inputs = (draw(np.int8, (rows, n), INT8), draw(np.int8, n, INT8))
        yield Call(DOTS8, (n, rows, number % 4), inputs)


def weigh8(draw: Draw) -> Iterator[Call]:
    sizes = [*product((*range(20), 31, 33, 47, 64, 65), (0, 1, 2, 3, 4, 5)), *product((24, 72), range(6, 14))]
    for number, (n, count) in enumerate(sizes):
        stride = n + int(draw.rng.choice([0, 0, 1, 4, 7]))
        total = count + int(draw.rng.integers(0, 4))
        index = np.sort(draw.rng.permutation(total)[:count]).astype(np.uint16)
        rows = draw(np.int8, max(0, (total - 1) * stride + n), INT8)
        inputs = (rows, index, draw(np.int8, count, INT8))
        yield Call(WEIGH8, (n, stride, count, rows.size, number % 4), inputs)


def shapes8(draw: Draw) -> Iterator[tuple[int, ...]]:
    """Shapes of convolutions, narrow maps and wide ones, paddings up to half the kernel."""
    for kernel, number in product(KERNELS, range(6)):
        stride = draw.rng.integers(1, 4, 2) if number % 3 == 2 else np.array([1, 1])
        padding = draw.rng.integers(0, np.array(kernel) // 2 + 1)
        low = np.maximum(1, np.array(kernel) - 2 * padding)
        size = low + draw.rng.integers(0, 9, 2)
        out = (size + 2 * padding - kernel) // stride + 1
        channels = draw.rng.integers(1, 8, 2) if number else (1, 1)
        yield tuple(map(int, (channels[0], *size, channels[1], *out, *kernel, *stride, *padding)))
    yield (8, 8, 8, 24, 8, 8, 3, 3, 1, 1, 1, 1)
    yield (4, 5, 6, 9, 5, 6, 3, 3, 1, 1, 1, 1)


def positions(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    return list(product(range(shape[4]), range(shape[5])))


def gather8(draw: Draw) -> Iterator[Call]:
    for number, shape in enumerate(shapes8(draw)):
        x = draw(np.int8, shape[:3], INT8)
        for row, column in draw.rng.permutation(positions(shape))[:12].tolist():
            yield Call(GATHER8, (*shape, row, column, number % 4), (x,))


def scatter8(draw: Draw) -> Iterator[Call]:
    for shape in shapes8(draw):
        sums, patch = draw(np.int32, shape[:3], 2**29), draw(np.int32, shape[0] * shape[6] * shape[7], 2**29)
        for row, column in draw.rng.permutation(positions(shape))[:6].tolist():
            yield Call(SCATTER8, (*shape, row, column), (sums, patch))


def near_halves(draw: Draw, n: int, shift: int) -> np.ndarray:
    """Values around odd multiples of 2^(shift - 1), where roundings differ, and extremes."""
    half = 1 << max(shift - 1, 0)
    values = draw.rng.integers(-300, 301, n) * half + draw.rng.integers(-1, 2, n)
    chosen = draw.rng.random(n) < 0.1
    values = np.where(chosen, draw.rng.choice([-INT32_LIMIT, INT32_LIMIT, 1 - INT32_LIMIT, 0], n), values)
    return np.clip(values, -INT32_LIMIT, INT32_LIMIT).astype(np.int32)


def requantise(draw: Draw) -> Iterator[Call]:
    for shift, leak in product(range(32), LEAKS):
        n, step = int(draw.rng.integers(0, 30)), int(draw.rng.integers(1, 4))
        yield Call(REQUANTISE, (n, step, shift, leak, shift % 4), (near_halves(draw, n, shift),))
    values = np.arange(-600, 601, dtype=np.int32)
    for leak in LEAKS:
        yield Call(REQUANTISE, (values.size, 1, 2, leak, 0), (values,))


def convolve8(draw: Draw) -> Iterator[Call]:
    for number, shape in enumerate([*shapes8(draw), *shapes8(draw)]):
        fan_in = shape[0] * shape[6] * shape[7]
        inputs = (draw(np.int8, (shape[3], fan_in), INT8), draw(np.int8, shape[:3], INT8))
        bias = draw(np.int8, shape[3], INT8)
        for row in sorted({0, shape[4] // 2, shape[4] - 1}):
            column = int(draw.rng.integers(shape[5])) if draw.rng.random() < 0.5 else 0
            count = int(draw.rng.integers(1, shape[5] - column, endpoint=True))
            step, leak = count + int(draw.rng.integers(0, 3)), int(draw.rng.choice(LEAKS))
            shift = int(draw.rng.choice([0, 6, 7, 8, 9, 31]))
            for biased in (0, 1):
                scale = biased << 16 | shift << 8 | leak
                packed = (row << 16 | column << 8 | count, scale, step << 2 | number % 4)
                yield Call(CONVOLVE8, (*shape, *packed), (*inputs, bias) if biased else inputs)


def update8(draw: Draw) -> Iterator[Call]:
    for shift in range(-17, 34):
        n = int(draw.rng.integers(0, 40))
        inputs = (draw(np.int8, n, INT8), near_halves(draw, n, shift))
        yield Call(UPDATE8, (n, shift, shift % 4), inputs)
    gradient = draw.rng.integers(-(2**12), 2**12, 500).astype(np.int32)
    for shift in (1, 2, 3, 4, 5, 8, 9, 12):
        yield Call(UPDATE8, (500, shift, 1), (draw(np.int8, 500, INT8), gradient))


def update_master(draw: Draw) -> Iterator[Call]:
    for shift in range(-17, 34):
        n = int(draw.rng.integers(0, 40))
        fraction = draw.rng.integers(-128, 128, n).astype(np.int8)
        weights = draw(np.int8, n, INT8)
        fraction[(weights == INT8) & (fraction > 0)] = 0  # beyond the limit
        fraction[(weights == -INT8) & (fraction < 0)] = 0
        inputs = (weights, fraction, near_halves(draw, n, shift))
        yield Call(UPDATE_MASTER, (n, shift, shift % 4), inputs)
    fraction = np.arange(-128, 128).astype(np.int8)
    weights, steps = draw(np.int8, 256, 126), draw.rng.integers(-400, 400, 256).astype(np.int32)
    for shift in (0, 1, 5, -3):
        yield Call(UPDATE_MASTER, (256, shift, 0), (weights, fraction, steps))


def compact8(draw: Draw) -> Iterator[Call]:
    for number, (count, step) in enumerate(product((*range(20), 33, 70), (1, 2, 5))):
        x = draw(np.int8, max(0, (count - 1) * step + 1), INT8)
        yield Call(COMPACT8, (count, step, number % 4), (x,))


def maxima8(draw: Draw) -> Iterator[Call]:
    for count, keeps, ties in product((*range(1, 20), 40), (0, 1), (False, True)):
        lines = tuple(draw(np.int8, 2 * count, 2 if ties else INT8) for _ in range(2))
        yield Call(MAXIMA8, (count, keeps, count % 4), lines)


def all_calls8(seed: int) -> list[Call]:
    draw = Draw(seed)
    kernels = (dots8, weigh8, gather8, scatter8, requantise, convolve8, update8, update_master, compact8)
    kernels += (maxima8,)
    return [call for kernel in kernels for call in kernel(draw)]
