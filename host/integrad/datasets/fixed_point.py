"""Floats as int16 fixed point: the only place where raw floats are converted to integers."""

from __future__ import annotations

import numpy as np

from integrad.errors import IntegradError

INT16_MAX = 2**15 - 1
MAX_SHIFT = 64
"""Larger shifts mean values that no sensor delivers (above 2^79 or below 2^-49)."""

MAX_OFFSET = 2**30
"""Maximum magnitude of an offset, so that a device can subtract it from 32-bit integers."""


def choose_shift(x: np.ndarray) -> int:
    """Largest shift with round(max|x|·2^shift) ≤ 32767; x: finite float64. 0 if x is all zeros."""
    largest = max(float(x.max()), -float(x.min()))
    shift = largest_shift(largest)
    if abs(shift) > MAX_SHIFT:
        raise IntegradError(f"training samples: the largest value is {largest:.3g}; rescale x to around 1")
    return shift


def largest_shift(largest: float) -> int:
    """Largest shift with round(largest·2^shift) ≤ 32767; 0 if largest is 0. Not limited to MAX_SHIFT."""
    if largest == 0:
        return 0
    shift = 15 - int(np.frexp(largest)[1])
    return shift - 1 if np.rint(np.ldexp(largest, shift)) > INT16_MAX else shift


def scaled(x: np.ndarray, shift: int | np.ndarray, offset: int | np.ndarray = 0) -> np.ndarray:
    """round(x·2^shift) - offset, half to even, as float64, not saturated. Raises IntegradError on NaN.

    shift, offset: integers, or arrays of integers that broadcast against x.
    """
    if np.isnan(x).any():
        raise IntegradError("samples contain nan; remove or replace these samples")
    with np.errstate(over="ignore"):  # infinity saturates like any large value
        return np.rint(np.ldexp(x.astype(np.float64), shift)) - offset


def to_int16(x: np.ndarray, shift: int | np.ndarray, offset: int | np.ndarray = 0) -> np.ndarray:
    """scaled(), saturated to ±32767, as int16."""
    return np.clip(scaled(x, shift, offset), -INT16_MAX, INT16_MAX).astype(np.int16)
