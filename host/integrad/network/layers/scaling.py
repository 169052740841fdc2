"""NITRO scaling layer: scales pre-activations to int8, according to the worst case for the fan-in."""

from __future__ import annotations

import numpy as np

from integrad.arithmetic import INT8_LIMIT, SCALE, saturate, tdiv


def forward(z: np.ndarray, fan_in: int) -> np.ndarray:
    """z: pre-activations → int8 saturate(tdiv(z, 256·fan_in), 127), same shape."""
    return saturate(tdiv(z, SCALE * fan_in), INT8_LIMIT).astype(np.int8)


def backward(delta: np.ndarray) -> np.ndarray:
    """Straight-through: neither a division nor a clipping mask."""
    return delta
