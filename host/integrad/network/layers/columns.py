"""The patches of a map as columns of a matrix, so that a convolution is a matrix product."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from integrad.network.layers.conv import output_size

Pair = tuple[int, int]


def gather(x: np.ndarray, kernel: Pair, stride: Pair, padding: Pair) -> np.ndarray:
    """x: int8 (N, C, H, W) → float32 (N, C·kh·kw, oh·ow): the patch of each output position, zero-padded."""
    (ph, pw), (samples, channels, height, width) = padding, x.shape
    padded = np.zeros((samples, channels, height + 2 * ph, width + 2 * pw), np.float32)
    padded[:, :, ph : ph + height, pw : pw + width] = x
    size = output_size((height, width), kernel, stride, padding)
    columns = np.empty((samples, channels, *kernel, *size), np.float32)
    for ky, kx, part in _shifts(kernel, stride, size):
        columns[:, :, ky, kx] = padded[part]
    return columns.reshape(samples, -1, size[0] * size[1])


def scatter(
    columns: np.ndarray, shape: tuple[int, int, int], kernel: Pair, stride: Pair, padding: Pair
) -> np.ndarray:
    """Transpose of gather: int32 (N, C·kh·kw, oh·ow) → int32 (N, *shape), sums of what overlaps.

    shape: (C, H, W) of the map.
    """
    (ph, pw), (channels, height, width) = padding, shape
    size = output_size((height, width), kernel, stride, padding)
    parts = columns.reshape(len(columns), channels, *kernel, *size)
    padded = np.zeros((len(columns), channels, height + 2 * ph, width + 2 * pw), columns.dtype)
    for ky, kx, part in _shifts(kernel, stride, size):
        padded[part] += parts[:, :, ky, kx]
    return padded[:, :, ph : ph + height, pw : pw + width]


def _shifts(kernel: Pair, stride: Pair, size: Pair) -> Iterator[tuple[int, int, tuple[slice, ...]]]:
    """(ky, kx, the part of the padded maps that meets this element of the kernel)."""
    (height, width), (down, right) = size, stride
    for ky in range(kernel[0]):
        rows = slice(ky, ky + (height - 1) * down + 1, down)
        for kx in range(kernel[1]):
            yield ky, kx, (slice(None), slice(None), rows, slice(kx, kx + (width - 1) * right + 1, right))
