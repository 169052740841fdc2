"""Updates of weights from gradients.

An exact update follows the exponents of gradient and weights: learning_rate_inv, rounded down to a power of
two, divides the gradient. A normalised update shifts the gradient of a layer so that its largest element
becomes a step of a certain number of bits (NITI).
"""

from __future__ import annotations

import numpy as np

from integrad.arithmetic import INT8_LIMIT, bit_width, magnitude, psto, rdiv2, saturate
from integrad.network.backprop_blocks import INT8, MASTER, MASTER_LIMIT, BackpropLayer

NORMALISED, EXACT = "normalised", "exact"

STEP_BITS = {INT8: 3, MASTER: 11}
"""Bits of the largest normalised step where learning_rate_inv is 1."""

LARGEST_SHIFT = 15
"""Of gradients to the left; steps beyond the range of weights are equal."""


def log2(learning_rate_inv: int) -> int:
    """Rounded down."""
    return learning_rate_inv.bit_length() - 1


def exact_shift(layer: BackpropLayer, input_exponent: int, error_exponent: int) -> int:
    """Shift of the gradient to the right where learning_rate_inv is 1."""
    return layer.update_exponent - error_exponent - input_exponent


def exact_step(layer: BackpropLayer, gradient: np.ndarray, shift: int) -> np.ndarray:
    """What an exact update subtracts from the weights. gradient: int32."""
    if shift < 0:
        return saturate(gradient, 2 * limit(layer)) << min(-shift, LARGEST_SHIFT)
    return psto(gradient, shift) if layer.encoding == INT8 else rdiv2(gradient, shift)


def normalised_step(layer: BackpropLayer, gradient: np.ndarray, learning_rate_inv: int) -> np.ndarray | None:
    """The same for a normalised update; None if the gradient is too small to count. gradient: int32."""
    width = bit_width(magnitude(gradient))
    if width == 0:
        return None
    return psto(gradient, width - (STEP_BITS[layer.encoding] - log2(learning_rate_inv)))


def descend(layer: BackpropLayer, step: np.ndarray) -> None:
    """Subtract a step from the weights, in place."""
    layer.set_master(saturate(layer.master() - step, limit(layer)))


def limit(layer: BackpropLayer) -> int:
    """Largest magnitude of the integers that learn."""
    return INT8_LIMIT if layer.encoding == INT8 else MASTER_LIMIT
