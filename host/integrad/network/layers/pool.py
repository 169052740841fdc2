"""Max-pooling and average-pooling over non-overlapping windows (stride = window)."""

from __future__ import annotations

from functools import reduce

import numpy as np

from integrad.arithmetic import tdiv

Pair = tuple[int, int]

FEW_CELLS = 16
"""Windows of so many cells or fewer, without padding, are faster to process cell by cell."""


def output_size(size: Pair, window: Pair, padding: Pair = (0, 0)) -> Pair:
    """Height and width after pooling; incomplete windows are discarded."""
    height, width = ((n + 2 * p - k) // k + 1 for n, k, p in zip(size, window, padding, strict=True))
    return height, width


def max_forward(x: np.ndarray, window: Pair, padding: Pair = (0, 0)) -> np.ndarray:
    """x: int8 (N, C, H, W) → int8 (N, C, oh, ow). Padding counts as 0 and may be the maximum (NITRO-D)."""
    if _is_small(window, padding):
        return reduce(np.maximum, _cells(x, window))
    return _windows(x, window, padding).max(axis=-1)


def max_backward(delta: np.ndarray, x: np.ndarray, window: Pair, padding: Pair = (0, 0)) -> np.ndarray:
    """delta: (N, C, oh, ow), x: the pooled input (N, C, H, W) → gradient in the shape of x and the type of
    delta.

    The gradient of a window is passed to its first maximum in row-major order; it is discarded if that
    maximum is in the padding.
    """
    if _is_small(window, padding):
        return _small_max_backward(delta, x, window)
    cell = _windows(x, window, padding).argmax(axis=-1)
    spread = np.zeros((*delta.shape, window[0] * window[1]), delta.dtype)
    np.put_along_axis(spread, cell[..., None], delta[..., None], axis=-1)
    return _unfold(spread, x.shape, window, padding)


def average_forward(x: np.ndarray, window: Pair, padding: Pair = (0, 0)) -> np.ndarray:
    """x: int8 (N, C, H, W) → int8 (N, C, oh, ow): tdiv(sum, window area)."""
    if _is_small(window, padding):
        total = sum(cell.astype(np.int32) for cell in _cells(x, window))
    else:
        total = _windows(x, window, padding).sum(axis=-1, dtype=np.int64)
    return tdiv(total, window[0] * window[1]).astype(x.dtype)


def average_backward(delta: np.ndarray, x: np.ndarray, window: Pair, padding: Pair = (0, 0)) -> np.ndarray:
    """delta: (N, C, oh, ow), x: the pooled input → tdiv(delta, window area) for each cell."""
    area = window[0] * window[1]
    spread = np.repeat(tdiv(delta, area)[..., None], area, axis=-1)
    return _unfold(spread, x.shape, window, padding)


def _small_max_backward(delta: np.ndarray, x: np.ndarray, window: Pair) -> np.ndarray:
    largest = reduce(np.maximum, _cells(x, window))
    gradient = np.zeros(x.shape, delta.dtype)
    open_windows = np.ones(delta.shape, bool)
    for source, target in zip(_cells(x, window), _cells(gradient, window), strict=True):
        chosen = (source == largest) & open_windows
        open_windows ^= chosen
        np.multiply(delta, chosen, out=target)
    return gradient


def _is_small(window: Pair, padding: Pair) -> bool:
    return padding == (0, 0) and window[0] * window[1] <= FEW_CELLS


def _cells(x: np.ndarray, window: Pair) -> list[np.ndarray]:
    """Views (N, C, oh, ow) of the cells of all windows, in row-major order."""
    (height, width), (kh, kw) = output_size(x.shape[2:], window), window
    return [x[:, :, i : height * kh : kh, j : width * kw : kw] for i in range(kh) for j in range(kw)]


def _windows(x: np.ndarray, window: Pair, padding: Pair) -> np.ndarray:
    """(N, C, H, W) → (N, C, oh, ow, kh·kw), windows in row-major order."""
    (kh, kw), (ph, pw) = window, padding
    height, width = output_size(x.shape[2:], window, padding)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    cut = padded[:, :, : height * kh, : width * kw]
    split = cut.reshape(*x.shape[:2], height, kh, width, kw).transpose(0, 1, 2, 4, 3, 5)
    return split.reshape(*split.shape[:4], kh * kw)


def _unfold(spread: np.ndarray, shape: tuple[int, ...], window: Pair, padding: Pair) -> np.ndarray:
    """Inverse of _windows: (N, C, oh, ow, kh·kw) → shape, zero outside all windows."""
    (kh, kw), (ph, pw) = window, padding
    n, channels, oh, ow = spread.shape[:4]
    padded = np.zeros((n, channels, shape[2] + 2 * ph, shape[3] + 2 * pw), spread.dtype)
    padded[:, :, : oh * kh, : ow * kw] = (
        spread.reshape(n, channels, oh, ow, kh, kw)
        .transpose(0, 1, 2, 4, 3, 5)
        .reshape(n, channels, oh * kh, ow * kw)
    )
    return padded[:, :, ph : ph + shape[2], pw : pw + shape[3]]
