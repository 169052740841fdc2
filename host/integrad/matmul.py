"""Exact products of integer matrices, and the carriers that compute them.

A carrier is a number type together with a routine that multiplies matrices of it: BLAS for floating-point
types, NumPy for integers. A carrier is used only if it is proved exact. float32 represents all integers up to
2^24 and float64 up to 2^53, so a product whose sums of |a|·|b| stay below that is exact in any order of
summation.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Protocol

import numpy as np

from integrad.arithmetic import INT8_LIMIT, INT32_LIMIT, magnitude

FLOAT32_EXACT, FLOAT64_EXACT, INT64_EXACT = 2**24, 2**53, 2**63
MOST_PIECES = 4
"""For more pieces, float64 is faster than float32."""


class Carrier(Protocol):
    """Computes a @ b exactly if it can represent sums of `summands` terms of at most `largest`."""

    name: str

    def holds(self, summands: int, largest: int) -> bool: ...

    def product(self, a: np.ndarray, b: np.ndarray, largest: int) -> np.ndarray:
        """a (..., n, k) and b (k, m), any integer dtype → (..., n, m), integers or floats with integer
        values.

        largest: bound of all |a|·|b|, at least 1.
        """


class Float32Carrier:
    """BLAS in float32, the fastest. Sums that are too long are computed in pieces."""

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
        """Maximum number of summands."""
        return FLOAT32_EXACT // largest


class Float64Carrier:
    """BLAS in float64: about forty times faster than integer products in NumPy."""

    name = "numpy-float64"

    def holds(self, summands: int, largest: int) -> bool:
        return summands * largest < FLOAT64_EXACT

    def product(self, a: np.ndarray, b: np.ndarray, largest: int) -> np.ndarray:
        return a.astype(np.float64) @ b.astype(np.float64)


class Int64Carrier:
    """Integer products in NumPy: slow, but exact up to 2^63, for sums that float64 cannot represent."""

    name = "numpy-int64"

    def holds(self, summands: int, largest: int) -> bool:
        return summands * largest < INT64_EXACT

    def product(self, a: np.ndarray, b: np.ndarray, largest: int) -> np.ndarray:
        return a.astype(np.int64) @ b.astype(np.int64)


CARRIERS: list[Carrier] = [Float32Carrier(), Float64Carrier(), Int64Carrier()]
"""In order of preference."""


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Exact integer product a @ b.

    a: (..., n, k), b: (k, m), any integer dtypes. Returns (..., n, m), int32 if the operands prove
    that it suffices (which halves the memory traffic of later operations), else int64. The first carrier that
    is proved exact for these operands is used. Raises OverflowError if there is none.
    """
    summands, largest = a.shape[-1], max(1, _largest(a) * _largest(b))
    bound = summands * largest
    for carrier in CARRIERS:
        if carrier.holds(summands, largest):
            result = carrier.product(a, b, largest)
            return result.astype(np.int32 if bound <= INT32_LIMIT else np.int64, copy=False)
    raise OverflowError(f"a product may reach {bound}, which no carrier can represent exactly")


INT8_PIECE = FLOAT32_EXACT // INT8_LIMIT**2
"""Maximum number of products of int8 values whose sum float32 represents exactly."""


def product_of_int8(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Exact a @ b for values in ±127, in any type that holds them; float32 saves a conversion.

    a: (..., n, k), b: (..., k, m), batched like the operator @. Returns int32, which the caller proves to be
    sufficient: k ≤ 133,144 always is.
    """
    a, b = a.astype(np.float32, copy=False), b.astype(np.float32, copy=False)
    pieces = -(-a.shape[-1] // INT8_PIECE)
    if pieces <= 1:
        return (a @ b).astype(np.int32)
    bounds = [a.shape[-1] * i // pieces for i in range(pieces + 1)]
    parts = (a[..., i:end] @ b[..., i:end, :] for i, end in pairwise(bounds))
    return sum(part.astype(np.int32) for part in parts)


def _largest(a: np.ndarray) -> int:
    return (
        128 if a.dtype == np.int8 else magnitude(a)
    )  # computing the maximum would take longer than it saves
