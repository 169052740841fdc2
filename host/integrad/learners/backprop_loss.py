"""The error of the scores: what a loss propagates into a network.

A fine error has the exponent -11; the error that is propagated is an int8 with exponent -7. All intermediate
values fit in 32 bits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from integrad.arithmetic import INT8_LIMIT, psto, rdiv2, saturate, tdiv

SQUARED, CROSS_ENTROPY = "squared", "cross-entropy"

ONE = 2048
"""1 in a fine error."""

FINE_BITS = 4
"""Difference between the exponents."""

LARGEST_SHIFT = 20
"""Scores that are shifted further only exceed their limits further."""

LOG2_E, LOG2_E_BITS = 47274, 15
"""log2 e · 2^15."""

OCTAVES = 10
"""Scores more than so many powers of two below the largest one have probability 0."""

NEAR_ZERO = -7
"""Exponents up to this one are those of scores close to 0."""

FINEST_EXPONENT = -9
"""Scores of smaller exponents are rounded to this one, so that their squares fit."""


def squared_error(scores: np.ndarray, exponent: int, labels: np.ndarray) -> np.ndarray:
    """Score minus target, 1 for the label and 0 for others, clipped to ±1."""
    shift = exponent + 11
    error = scores << min(shift, LARGEST_SHIFT) if shift >= 0 else rdiv2(scores, -shift)
    error[np.arange(len(error)), labels] -= ONE
    return saturate(error, ONE - 1)


def cross_entropy_error(scores: np.ndarray, exponent: int, labels: np.ndarray) -> np.ndarray:
    """Probability minus target; errors of a sample sum to zero.

    NITI's integer softmax. Scores with a small exponent are close to 0, where the exponential function is
    close to 1 + x + x²/2.
    """
    if exponent > NEAR_ZERO:
        octaves = tdiv(scores * LOG2_E, 1 << LOG2_E_BITS)
        octaves = octaves << min(exponent, LARGEST_SHIFT) if exponent >= 0 else tdiv(octaves, 1 << -exponent)
        above = np.maximum(octaves - (octaves.max(axis=1, keepdims=True) - OCTAVES), 0)
        parts = (1 << above) - 1
    else:
        bits = -max(exponent, FINEST_EXPONENT)
        scores = rdiv2(scores, FINEST_EXPONENT - exponent)
        parts = (1 << (1 + 2 * bits)) + (scores << (1 + bits)) + scores * scores
    error = ONE * parts // parts.sum(axis=1, keepdims=True, dtype=parts.dtype)
    error[np.arange(len(error)), labels] -= error.sum(axis=1, dtype=error.dtype)
    return error


LOSSES: dict[str, Callable[[np.ndarray, int, np.ndarray], np.ndarray]] = {
    SQUARED: squared_error,
    CROSS_ENTROPY: cross_entropy_error,
}
"""Name → function of int8 scores as int32 (N, classes), their exponent and the labels (N,), which returns the
fine error, int32 (N, classes)."""


def propagated(error: np.ndarray) -> np.ndarray:
    """A fine error as the int8 error that is propagated."""
    return saturate(psto(error, FINE_BITS), INT8_LIMIT).astype(np.int8)
