"""Updates of weights from gradients.

An exact update follows the exponents of gradient and weights: learning_rate_inv, rounded down to a power of
two, divides the gradient. A normalised update shifts the gradient of a layer so that its largest element
becomes a step of a certain number of bits (NITI).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from integrad.arithmetic import INT8_LIMIT, bit_width, magnitude, psto, rdiv2, saturate
from integrad.network.backprop_blocks import INT8, MASTER, MASTER_LIMIT, BackpropLayer

NORMALISED, EXACT = "normalised", "exact"

STEP_BITS = {INT8: 3, MASTER: 11}
"""Bits of the largest normalised step where learning_rate_inv is 1."""

ALL_BITS = 31
"""From this shift on, everything is rounded to 0."""

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


def normalised_shift(layer: BackpropLayer, gradients: Iterable[np.ndarray], learning_rate_inv: int) -> int:
    """Shift of all gradients of a layer in a normalised update, int32: so large that nothing is left of them
    if they are too small to count.
    """
    width = bit_width(max(magnitude(gradient) for gradient in gradients))
    return width - (STEP_BITS[layer.encoding] - log2(learning_rate_inv)) if width else ALL_BITS


def descend(layer: BackpropLayer, step: np.ndarray, role: str) -> None:
    """Subtract a step from the weights, or the biases, in place."""
    layer.set_master(saturate(layer.master(role) - step, limit(layer)), role)


def limit(layer: BackpropLayer) -> int:
    """Largest magnitude of the integers that learn."""
    return INT8_LIMIT if layer.encoding == INT8 else MASTER_LIMIT
