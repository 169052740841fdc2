"""2-D convolution (cross-correlation) without bias; a 1-D convolution has height 1.

Computed as matrix products over patches (im2col), for a bounded number of samples at a time.
"""

from __future__ import annotations

import numpy as np

from integrad.matmul import product

Pair = tuple[int, int]

PATCH_ELEMENTS = 2**22
"""Maximum number of elements of the patches that exist at a time: 32 MB as float64."""


def output_size(size: Pair, kernel: Pair, stride: Pair, padding: Pair) -> Pair:
    """Height and width of the output map; 0 or less means that the kernel does not fit."""
    height, width = (
        (n + 2 * p - k) // s + 1 for n, k, s, p in zip(size, kernel, stride, padding, strict=True)
    )
    return height, width


def forward(x: np.ndarray, weights: np.ndarray, stride: Pair, padding: Pair, groups: int = 1) -> np.ndarray:
    """x: int8 (N, in, H, W), weights: int16 (out, in // groups, kh, kw) → int64 (N, out, oh, ow).

    Each of the `groups` groups of output channels depends on its group of input channels only.
    """
    if groups > 1:
        parts = zip(np.split(x, groups, axis=1), np.split(weights, groups), strict=True)
        return np.concatenate([forward(seen, rows, stride, padding) for seen, rows in parts], axis=1)
    channels, kernel = weights.shape[0], weights.shape[2:]
    height, width = output_size(x.shape[2:], kernel, stride, padding)
    flat_weights = weights.reshape(channels, -1).T
    z = np.empty((len(x), channels, height, width), np.int64)
    for chunk in _chunks(len(x), height * width * weights[0].size):
        rows = _patches(x[chunk], kernel, stride, padding)  # (n, oh, ow, in·kh·kw)
        z[chunk] = product(rows, flat_weights).transpose(0, 3, 1, 2)
    return z


def weight_gradient(
    delta: np.ndarray, x: np.ndarray, kernel: Pair, stride: Pair, padding: Pair, groups: int = 1
) -> np.ndarray:
    """delta: (N, out, oh, ow), x: (N, in, H, W) → int64 (out, in // groups, kh, kw).

    Summed over batch and map; groups as in forward.
    """
    if groups > 1:
        parts = zip(np.split(delta, groups, axis=1), np.split(x, groups, axis=1), strict=True)
        return np.concatenate([weight_gradient(*part, kernel, stride, padding) for part in parts])
    channels = delta.shape[1]
    fan_in = x.shape[1] * kernel[0] * kernel[1]
    gradient = np.zeros((channels, fan_in), np.int64)
    for chunk in _chunks(len(x), delta.shape[2] * delta.shape[3] * fan_in):
        rows = _patches(x[chunk], kernel, stride, padding)
        columns = delta[chunk].transpose(1, 0, 2, 3).reshape(channels, -1)
        gradient += product(columns, rows.reshape(columns.shape[1], -1))
    return gradient.reshape(channels, x.shape[1], *kernel)


def _patches(x: np.ndarray, kernel: Pair, stride: Pair, padding: Pair) -> np.ndarray:
    """x: (N, C, H, W) → (N, oh, ow, C·kh·kw): the receptive field of each output position."""
    ph, pw = padding
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(2, 3))
    windows = windows[:, :, :: stride[0], :: stride[1]].transpose(0, 2, 3, 1, 4, 5)
    return windows.reshape(*windows.shape[:3], -1)


def _chunks(samples: int, elements: int):
    """Slices over a batch whose patches, with `elements` per sample, stay below PATCH_ELEMENTS."""
    step = max(1, PATCH_ELEMENTS // max(1, elements))
    return (slice(i, i + step) for i in range(0, samples, step))
