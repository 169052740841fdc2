"""Fully connected layer without bias: z = x · wᵀ."""

from __future__ import annotations

import numpy as np

from integrad.matmul import product


def forward(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """x: int8 (N, in), weights: int16 (out, in) → pre-activations int64 (N, out)."""
    return product(x, weights.T)


def input_gradient(delta: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """delta: (N, out), weights: (out, in) → gradient with respect to x, int64 (N, in)."""
    return product(delta, weights)


def weight_gradient(delta: np.ndarray, x: np.ndarray) -> np.ndarray:
    """delta: (N, out), x: (N, in) → gradient summed over the batch, int64 (out, in)."""
    return product(delta.T, x)
