"""Dropout, which is applied during training on the host. Devices never apply it."""

from __future__ import annotations

import numpy as np

from integrad.arithmetic import INT8_LIMIT, saturate, tdiv

KEEP_SCALE: dict[int, int] = {
    5: 1052, 10: 1111, 15: 1176, 20: 1250, 25: 1333, 30: 1428, 35: 1538, 40: 1666, 45: 1818, 50: 2000,
    55: 2222, 60: 2500, 65: 2857, 70: 3333, 75: 4000, 80: 5000, 85: 6666, 90: 10000, 95: 20000,
}  # fmt: skip
"""Percent dropped → 1000 / (1 - p), truncated, as tabulated by NITRO-D."""


def draw(shape: tuple[int, ...], percent: int, rng: np.random.Generator) -> np.ndarray:
    """Mask of activations to keep: bool, False with the given probability."""
    return rng.integers(0, 100, shape) >= percent


def output_limit(limit: int, percent: int) -> int:
    """Largest |output| for activations of at most `limit`: of forward, which never shrinks one that it keeps,
    and so of inference too, where dropout changes nothing."""
    return min(INT8_LIMIT, limit * KEEP_SCALE[percent] // 1000)


def forward(h: np.ndarray, percent: int, kept: np.ndarray) -> np.ndarray:
    """h: int8, kept: bool of the same shape → int8: zero where dropped, else saturate(tdiv(h·scale, 1000),
    127).

    In NITRO-D the scaled activations may exceed int8. Saturating them preserves all proved ranges, and makes
    no difference up to 25 percent, where no activation reaches 127.
    """
    scaled = saturate(tdiv(h.astype(np.int32) * KEEP_SCALE[percent], 1000), INT8_LIMIT)
    return np.where(kept, scaled, 0).astype(np.int8)
