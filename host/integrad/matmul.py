"""Exact products of integer matrices, and the carriers that compute them.

A carrier is the machinery that multiplies: BLAS on floating point, or NumPy's integers. Which one may
be used is decided by proof, never by hope: float32 holds every integer up to 2^24 and float64 up to 2^53,
so a product whose sums of |a|·|b| stay below that is exact in any order of summation.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Protocol

import numpy as np

from integrad.arithmetic import INT32_LIMIT, magnitude

FLOAT32_EXACT, FLOAT64_EXACT, INT64_EXACT = 2**24, 2**53, 2**63
MOST_PIECES = 4
"""Above that, float64 is faster than float32 in pieces."""


class Carrier(Protocol):
    """Computes a @ b exactly where it holds sums of so many summands, none of them above `largest`."""

    name: str

    def holds(self, summands: int, largest: int) -> bool: ...

    def product(self, a: np.ndarray, b: np.ndarray, largest: int) -> np.ndarray:
        """a (..., n, k) and b (k, m), any integer dtype → (..., n, m), integers or floats holding them.

        largest: bound of every |a|·|b|, at least 1.
        """


class Float32Carrier:
    """BLAS on float32: the fastest. Sums that are too long for it are added up piece by piece."""

    name = "numpy-float32"

    def holds(self, summands: int, largest: int) -> bool:
        return summands <= MOST_PIECES * self._piece(largest)

    def product(self, a: np.ndarray, b: np.ndarray, largest: int) -> np.ndarray:
        a, b = a.astype(np.float32), b.astype(np.float32)
        pieces = -(-len(b) // self._piece(largest))
        if pieces <= 1:
            return a @ b
        bounds = [len(b) * i // pieces for i in range(pieces + 1)]
        return sum((a[..., i:end] @ b[i:end]).astype(np.int32) for i, end in pairwise(bounds))

    @staticmethod
    def _piece(largest: int) -> int:
        """How many summands fit."""
        return FLOAT32_EXACT // largest


class Float64Carrier:
    """BLAS on float64: about forty times faster than NumPy's own integer product."""

    name = "numpy-float64"

    def holds(self, summands: int, largest: int) -> bool:
        return summands * largest < FLOAT64_EXACT

    def product(self, a: np.ndarray, b: np.ndarray, largest: int) -> np.ndarray:
        return a.astype(np.float64) @ b.astype(np.float64)


class Int64Carrier:
    """NumPy's integer product: slow, and exact up to 2^63. For sums that float64 cannot hold."""

    name = "numpy-int64"

    def holds(self, summands: int, largest: int) -> bool:
        return summands * largest < INT64_EXACT

    def product(self, a: np.ndarray, b: np.ndarray, largest: int) -> np.ndarray:
        return a.astype(np.int64) @ b.astype(np.int64)


CARRIERS: list[Carrier] = [Float32Carrier(), Float64Carrier(), Int64Carrier()]
"""In order of preference."""


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Exact integer product a @ b.

    a: (..., n, k), b: (k, m), any integer dtypes. Returns (..., n, m), int32 where the operands prove
    that it suffices (half the memory to move in what follows), else int64. The first carrier that can
    be proved exact for these operands is taken. Raises OverflowError if none can.
    """
    summands, largest = a.shape[-1], max(1, _largest(a) * _largest(b))
    bound = summands * largest
    for carrier in CARRIERS:
        if carrier.holds(summands, largest):
            result = carrier.product(a, b, largest)
            return result.astype(np.int32 if bound <= INT32_LIMIT else np.int64, copy=False)
    raise OverflowError(f"a product may reach {bound}, which no carrier holds exactly")


def _largest(a: np.ndarray) -> int:
    return 128 if a.dtype == np.int8 else magnitude(a)  # looking would take longer than it saves
