"""Float weights of a layer → its integers and their exponent.

Weights are rounded once, to integers of 22 bits. All else is decided in integers: of several exponents, the
one is chosen with which the sums of the layer over calibration samples differ least from those with 22 bits.
"""

from __future__ import annotations

import numpy as np

from integrad.arithmetic import INT8_LIMIT, rdiv2, saturate
from integrad.errors import IntegradError
from integrad.network.backprop_blocks import EXPONENT_LIMIT, INT8, MASTER_LIMIT, BackpropLayer

PLANE_BITS = 7
"""Products of 22-bit weights are computed as those of three int8 weights, of which two have so many bits."""

FINE_BITS = 2 * PLANE_BITS
"""Bits below the 8 of a weight."""

CANDIDATES = 3
"""Number of exponents that are tried, from the smallest one with which no weight saturates downwards."""

SQUARE_BITS = 20
"""Differences are shifted to so many bits before they are squared, so that 2^22 squares fit in 64 bits."""


def largest_exponent(weights: np.ndarray) -> int:
    """The smallest exponent with which no weight exceeds 127. weights: finite, not all 0."""
    largest = float(np.abs(weights).max())
    exponent = int(np.frexp(largest)[1]) - 7
    return exponent + 1 if np.ldexp(largest, -exponent) > INT8_LIMIT else exponent


def round_weights(
    layer: BackpropLayer, weights: np.ndarray, x: np.ndarray, candidates: int = CANDIDATES
) -> tuple[int, float]:
    """Set weights, fraction and exponent of a layer. Returns (number of saturated weights, error of the sums
    relative to the sums, root mean square).

    weights: float, in the shape of the layer's. x: int8 (N, *inputs), the layer's inputs. Raises
    IntegradError if the exponent is out of range.
    """
    first = largest_exponent(weights)
    if not -EXPONENT_LIMIT + candidates <= first <= EXPONENT_LIMIT:
        raise IntegradError(f"weights are as large as {np.abs(weights).max():.3g}; they must be around 1")
    fine = np.rint(np.ldexp(weights, FINE_BITS - first)).astype(np.int64)
    exact = _fine_sums(layer, fine, x)
    shift = max(0, int(np.abs(exact).max()).bit_length() - SQUARE_BITS)
    errors = []
    for step in range(candidates):
        _store(layer, fine, step)
        difference = exact - (layer.accumulate(x)[1].astype(np.int64) << (FINE_BITS - step))
        errors.append(_squares(rdiv2(difference, shift)))
    best = errors.index(min(errors))
    saturated = _store(layer, fine, best)
    layer.scales[0] = first - best
    return saturated, float(np.sqrt(errors[best] / max(1, _squares(rdiv2(exact, shift)))))


def _store(layer: BackpropLayer, fine: np.ndarray, step: int) -> int:
    """Store weights with an exponent that is smaller by `step`; returns the number of saturated ones."""
    is_int8 = layer.encoding == INT8
    rounded = rdiv2(fine, FINE_BITS - step - (0 if is_int8 else 8))
    limit = INT8_LIMIT if is_int8 else MASTER_LIMIT
    layer.set_master(saturate(rounded, limit))
    return int((np.abs(rounded) > limit).sum())


def _fine_sums(layer: BackpropLayer, fine: np.ndarray, x: np.ndarray) -> np.ndarray:
    """int64 sums of the layer with weights of 22 bits, computed in three planes."""
    half, sums = 1 << (PLANE_BITS - 1), np.int64(0)
    for plane in range(3):
        low = fine if plane == 2 else ((fine + half) & (2 * half - 1)) - half
        layer.weights[...] = low
        sums = sums + (layer.accumulate(x)[1].astype(np.int64) << (PLANE_BITS * plane))
        fine = (fine - low) >> PLANE_BITS
    return sums


def _squares(values: np.ndarray) -> int:
    return sum(int(part) for part in np.square(values).reshape(len(values), -1).sum(axis=1))
