"""The native engine's divisions, which doubles and floats carry, against Python's integers."""

from __future__ import annotations

from ctypes import CDLL

import numpy as np
from executors import DifferenceError

from integrad.arithmetic import INT16_WEIGHT_LIMIT as LIMIT
from integrad.engines.native.engine import LARGEST_GRADIENT

SHORT = 2**20
"""Ranges of smaller gradients are divided in single precision."""

DIVISORS = [*range(1, 130), 640, 5120, 2**17 + 1, 3**15, 10**9 + 7, 2**31 - 1, 2**33 + 5, 2**34 + 1]
"""49 is the least whose rounded inverse is too small: 49 * (1 / 49) < 1."""


def compare_divisions(library: CDLL) -> None:
    """Raise DifferenceError at the first divisor by which gradients or weights are divided wrongly."""
    rng = np.random.default_rng(0)
    weights = np.arange(-LIMIT, LIMIT + 1)
    for divisor in DIVISORS:
        # Around multiples of the divisor, and up to the largest gradient; in order, so that ranges of small
        # gradients have no large ones.
        most = min(2 * LIMIT + 2, LARGEST_GRADIENT // divisor)
        multiples = rng.integers(-most, most, 3000, endpoint=True) * divisor
        short = min(most, SHORT // divisor)
        multiples = np.append(multiples, rng.integers(-short, short, 1000, endpoint=True) * divisor)
        largest = [SHORT - 1, SHORT, LARGEST_GRADIENT - 1]
        gradients = np.concatenate([multiples + d for d in (-1, 0, 1)] + [largest, np.negative(largest)])
        gradients = gradients[np.abs(gradients) < LARGEST_GRADIENT]
        gradients = gradients[np.argsort(np.abs(gradients))]
        for start in (-LIMIT, 0, LIMIT):
            expected = np.clip(start - _quotient(gradients, divisor), -LIMIT, LIMIT)
            found = _descend(library, np.full(len(gradients), start), gradients, divisor, 0)
            _require(expected, found, f"gradients divided by {divisor}")
        if divisor < 2**31:
            found = _descend(library, weights, np.zeros_like(weights), 1, divisor)
            _require(weights - _quotient(weights, divisor), found, f"weights divided by {divisor}")


def _quotient(a: np.ndarray, b: int) -> np.ndarray:
    return np.sign(a) * (np.abs(a) // b)


def _descend(library: CDLL, weights: np.ndarray, gradients: np.ndarray, divisor: int, decay_inv: int):
    weights, gradients = weights.astype(np.int16), np.ascontiguousarray(gradients, np.int64)
    inverses = 1 / divisor, 1 / decay_inv if decay_inv else 0.0
    library.integrad_descend(weights.ctypes.data, gradients.ctypes.data, len(weights), LIMIT, *inverses)
    return weights


def _require(expected: np.ndarray, found: np.ndarray, what: str) -> None:
    if not np.array_equal(expected, found):
        raise DifferenceError(what)
