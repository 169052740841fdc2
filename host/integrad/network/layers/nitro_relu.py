"""NITRO-ReLU: a clipped leaky ReLU with slope 1/alpha_inv, centred by an integer mean."""

from __future__ import annotations

from functools import cache

import numpy as np

from integrad.arithmetic import INT8_LIMIT, SLOPES, tdiv


def forward(s: np.ndarray, alpha_inv: int) -> np.ndarray:
    """s: int8 in [-127, 127] → int8: s - mean, or tdiv(s, alpha_inv) - mean where s < 0."""
    return _table(alpha_inv)[s.view(np.uint8)]


def backward(delta: np.ndarray, s: np.ndarray, alpha_inv: int) -> np.ndarray:
    """Gradient with respect to s, in the type of delta.

    0 where s is saturated at +127, but not at -127; tdiv(delta, alpha_inv) where s < 0.
    """
    passed = np.where(s < 0, tdiv(delta, alpha_inv), delta)
    return np.where(s >= INT8_LIMIT, 0, passed).astype(delta.dtype)


@cache
def _table(alpha_inv: int) -> np.ndarray:
    """Activation for each bit pattern of s. -128, which does not occur, is treated as -127."""
    s = np.arange(256, dtype=np.uint8).view(np.int8).clip(-INT8_LIMIT).astype(np.int16)
    return (np.where(s < 0, tdiv(s, alpha_inv), s) - SLOPES[alpha_inv].mean).astype(np.int8)
