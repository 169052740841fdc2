"""Flatten feature maps in channel, row, column order."""

from __future__ import annotations

import numpy as np


def forward(x: np.ndarray) -> np.ndarray:
    """(N, C, H, W) → (N, C·H·W)."""
    return x.reshape(len(x), -1)


def backward(delta: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(N, C·H·W) → (N, *shape), where shape is (C, H, W)."""
    return delta.reshape(len(delta), *shape)
