"""Random values for the calls of kernels."""

from __future__ import annotations

import numpy as np

from integrad.arithmetic import INT32_LIMIT, weight_limit

INT8 = 127


class Draw:
    """Values of a kind: anything in range, only the extremes, or few that are not 0."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)

    def __call__(self, dtype, shape, limit: int) -> np.ndarray:
        kind = self.rng.integers(4)
        if kind == 0:
            return self.rng.choice(np.array([-limit, limit], dtype), shape)
        values = self.rng.integers(-limit, limit, shape, endpoint=True)
        if kind == 1:
            values[self.rng.random(shape) < 0.8] = 0
        return values.astype(dtype)

    def weights(self, shape, fan_in: int) -> np.ndarray:
        return self(np.int16, shape, int(self.rng.choice([40, 2000, weight_limit(fan_in)])))

    def deltas(self, rows: int, count: int) -> np.ndarray:
        """Each row within what 32 bits hold; many at the borders of 16 bits."""
        limit = INT32_LIMIT // INT8 // count
        values = self(np.int64, (rows, count), min(limit, int(self.rng.choice([3, 32767, 40000, limit]))))
        borders = self.rng.choice([32767, 32768, -32767, -32768, -32769], values.shape)
        chosen = self.rng.random(values.shape) < self.rng.choice([0, 0, 0.3])
        return np.clip(np.where(chosen, borders, values), -limit, limit).astype(np.int32)
