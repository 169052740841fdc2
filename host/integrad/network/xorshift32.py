"""xorshift32, a random generator that is also available on devices. Source: Marsaglia, Xorshift RNGs,
2003."""

from __future__ import annotations

import numpy as np

SEED = 2463534242
"""Default seed."""


class Xorshift32:
    """Generates the numbers 1 … 2^32 - 1, each once per period. seed: one of these numbers."""

    def __init__(self, seed: int = SEED):
        if not 0 < seed < 2**32:
            raise ValueError("xorshift32 requires a seed from 1 to 2**32 - 1")
        self.state = seed

    def next(self) -> int:
        x = self.state
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        self.state = x
        return x

    def below(self, count: int) -> int:
        """Uniform in 0 … count - 1: draws beyond the last multiple of `count` are rejected."""
        end = (2**32 - 1) // count * count
        while True:
            draw = self.next() - 1
            if draw < end:
                return draw % count

    def nonzero(self, limit: int, shape: tuple[int, ...]) -> np.ndarray:
        """int16, uniform in ±1 … ±limit, row by row. The lower half of 2·limit values is negative."""
        draws = np.array([self.below(2 * limit) for _ in range(int(np.prod(shape)))])
        return np.where(draws < limit, draws - limit, draws - limit + 1).astype(np.int16).reshape(shape)
