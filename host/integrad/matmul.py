"""Exact products of integer matrices, and the carriers that compute them.

A carrier is the machinery that multiplies: BLAS on float64 today, integer matrix units tomorrow.
Which one may be used is decided by proof, never by hope: float64 holds every integer below 2^53,
so a product whose sum of |a|·|b| stays below that is exact in any order of summation.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from integrad.arithmetic import INT32_LIMIT

FLOAT64_EXACT = 2**53
INT64_EXACT = 2**63


class Carrier(Protocol):
    """Computes a @ b exactly for operands whose sums of |a|·|b| stay below `limit`."""

    name: str
    limit: int

    def product(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """a (..., n, k) and b (k, m), any integer dtype → (..., n, m), integers or float64 holding them."""


class Float64Carrier:
    """BLAS on float64: about forty times faster than NumPy's own integer product."""

    name = "numpy-float64"
    limit = FLOAT64_EXACT

    def product(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a.astype(np.float64) @ b.astype(np.float64)


class Int64Carrier:
    """NumPy's integer product: slow, and exact up to 2^63. For sums that float64 cannot hold."""

    name = "numpy-int64"
    limit = INT64_EXACT

    def product(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a.astype(np.int64) @ b.astype(np.int64)


CARRIERS: list[Carrier] = [Float64Carrier(), Int64Carrier()]
"""In order of preference."""


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Exact integer product a @ b.

    a: (..., n, k), b: (k, m), any integer dtypes. Returns (..., n, m), int32 where the operands prove
    that it suffices (half the memory to move in what follows), else int64. The first carrier that can
    be proved exact for these operands is taken. Raises OverflowError if none can.
    """
    bound = largest_sum(a, b)
    for carrier in CARRIERS:
        if bound < carrier.limit:
            return carrier.product(a, b).astype(np.int32 if bound <= INT32_LIMIT else np.int64, copy=False)
    raise OverflowError(f"a product may reach {bound}, which no carrier holds exactly")


def largest_sum(a: np.ndarray, b: np.ndarray) -> int:
    """Upper bound of every sum of |a|·|b| in a @ b: k · max|a| · max|b|."""
    if a.size == 0 or b.size == 0:
        return 0
    return a.shape[-1] * _magnitude(a) * _magnitude(b)


def _magnitude(a: np.ndarray) -> int:
    if a.dtype == np.int8:
        return 128  # looking for the largest would take longer than it saves
    return max(int(a.max()), -int(a.min()))
