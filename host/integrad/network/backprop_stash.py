"""How a training step keeps what its forward pass computes until the weights learn from it.

A device keeps 8 bits per value, or 2 bits. 2 bits are enough for the gradients of weights, which are sums of
many products (ActNN: Chen et al., arXiv 2104.14129). Scores and errors stay exact.
"""

from __future__ import annotations

import numpy as np

EXACT_STASH, PACKED_STASH = "8", "2"
STASHES = (EXACT_STASH, PACKED_STASH)
"""Bits in which a value is kept."""

GROUP = 64
"""Values of a sample with a common range; the last group of a sample may be smaller."""

STEPS = 3
"""Between the ends of a range: 2 bits count from 0 to 3."""


def kept_in_two_bits(x: np.ndarray) -> np.ndarray:
    """x: int8 (N, *shape) → what 2 bits keep of it, int8 of the same shape.

    Each group of a sample is divided into 3 equal steps from its minimum to its maximum. Values are rounded
    to the nearest step, and half a step up; what the step stands for is rounded likewise.
    """
    flat = x.reshape(len(x), -1).astype(np.int32)
    starts = range(0, flat.shape[1], GROUP)
    groups = [_kept(flat[:, start : start + GROUP]) for start in starts]
    return np.concatenate(groups, axis=1).astype(np.int8).reshape(x.shape)


def _kept(group: np.ndarray) -> np.ndarray:
    low = group.min(axis=1, keepdims=True)
    extent = group.max(axis=1, keepdims=True) - low
    steps = ((group - low) * STEPS + extent // 2) // np.maximum(extent, 1)
    return low + (2 * steps * extent + STEPS) // (2 * STEPS)
