"""Pocket activations: piecewise linear tanh and sigmoid with seven pieces, each with its inverse slope.

Source: Song, Lin, arXiv 2201.02863 (PocketNN). Both use the inverse slopes of the sigmoid, as
published; flat pieces count as a slope of 1/127.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from integrad.arithmetic import SCALE, tdiv

TANH, SIGMOID = "tanh", "sigmoid"
ACTIVATIONS = (TANH, SIGMOID)

BEYOND = 128
"""From this value on, and below its negative, both activations are flat."""

JOINTS = (-127, -74, -31, 32, 75, 128)
INVERSE_SLOPES = (127, 8, 2, 1, 2, 8, 127)


def divisor(activation: str, fan_in: int) -> int:
    """The divisor of pre-activations before the activation."""
    return SCALE * fan_in if activation == TANH else SCALE


def forward(z: np.ndarray, activation: str, fan_in: int) -> tuple[np.ndarray, np.ndarray]:
    """z: pre-activations → (activations, their inverse slopes 1, 2, 8 or 127), int8, same shape."""
    s = np.clip(tdiv(z, divisor(activation, fan_in)), -BEYOND, BEYOND) + BEYOND
    values, slopes = _tables(activation)
    return values[s], slopes[s]


@cache
def _tables(activation: str) -> tuple[np.ndarray, np.ndarray]:
    """(values, inverse slopes) at -BEYOND … BEYOND, int8."""
    x = np.arange(-BEYOND, BEYOND + 1)
    pieces = {TANH: _tanh_pieces, SIGMOID: _sigmoid_pieces}[activation](x)
    piece = np.searchsorted(JOINTS, x, side="right")
    values = np.choose(piece, pieces).astype(np.int8)
    return values, np.array(INVERSE_SLOPES, np.int8)[piece]


def _tanh_pieces(x: np.ndarray) -> list:
    quarter = tdiv(x, 4)
    return [-127, quarter - 88, x - 32, 2 * x, x + 32, quarter + 88, 127]


def _sigmoid_pieces(x: np.ndarray) -> list:
    half, eighth = tdiv(x, 2), tdiv(x, 8)
    return [1, eighth + 20, half + 48, x + 64, half + 80, eighth + 108, 127]
