"""Float weights and biases of a layer → its integers and their exponent.

Weights are rounded once, to integers of 22 bits. All else is decided in integers: of several exponents, the
one is chosen with which the sums of the layer over calibration samples differ least from those with 22 bits.
"""

from __future__ import annotations

import numpy as np

from integrad.arithmetic import INT8_LIMIT, rdiv2, saturate
from integrad.errors import IntegradError
from integrad.network.backprop_blocks import EXPONENT_LIMIT, INT8, MASTER_LIMIT, BackpropLayer
from integrad.network.parameter import BIAS, WEIGHTS

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
    layer: BackpropLayer,
    weights: np.ndarray,
    x: np.ndarray,
    bias: np.ndarray | None = None,
    candidates: int = CANDIDATES,
) -> tuple[int, float]:
    """Set weights, biases, their fractions and the exponent of a layer. Returns (number of saturated weights
    and biases, error of the sums relative to the sums, root mean square).

    weights: float, in the shape of the layer's. x: int8 (N, *inputs), the layer's inputs. bias: float, as
    weights of an input of BIAS_INPUT; None if there are none, or zeros. Where they exceed the weights, so
    many candidates are added that the last ones are those of the weights alone. Raises IntegradError if the
    exponent is out of range.
    """
    values = {WEIGHTS: weights}
    if layer.bias is not None:
        values[BIAS] = np.zeros(layer.bias.shape) if bias is None else bias
    own, first = largest_exponent(weights), max(largest_exponent(v) for v in values.values() if v.any())
    candidates = min(candidates + first - own, FINE_BITS)
    if not -EXPONENT_LIMIT + candidates <= own <= first <= EXPONENT_LIMIT:
        largest = max(np.abs(v).max() for v in values.values())
        raise IntegradError(f"weights are as large as {largest:.3g}; they must be around 1")
    fine = {role: np.rint(np.ldexp(v, FINE_BITS - first)).astype(np.int64) for role, v in values.items()}
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


def _store(layer: BackpropLayer, fine: dict[str, np.ndarray], step: int) -> int:
    """Store weights and biases with an exponent that is smaller by `step`; returns how many saturated."""
    is_int8 = layer.encoding == INT8
    limit = INT8_LIMIT if is_int8 else MASTER_LIMIT
    shift, saturated = FINE_BITS - step - (0 if is_int8 else 8), 0
    for role, values in fine.items():
        rounded = rdiv2(values, shift) << max(0, -shift)
        layer.set_master(saturate(rounded, limit), role)
        saturated += int((np.abs(rounded) > limit).sum())
    return saturated


def _fine_sums(layer: BackpropLayer, fine: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """int64 sums of the layer with weights and biases of 22 bits, computed in three planes."""
    half, sums = 1 << (PLANE_BITS - 1), np.int64(0)
    for plane in range(3):
        low = {r: v if plane == 2 else ((v + half) & (2 * half - 1)) - half for r, v in fine.items()}
        for role, values in low.items():
            getattr(layer, role)[...] = values
        sums = sums + (layer.accumulate(x)[1].astype(np.int64) << (PLANE_BITS * plane))
        fine = {role: (values - low[role]) >> PLANE_BITS for role, values in fine.items()}
    return sums


def _squares(values: np.ndarray) -> int:
    return sum(int(part) for part in np.square(values).reshape(len(values), -1).sum(axis=1))
