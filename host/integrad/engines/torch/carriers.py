"""Carriers on a Torch device: number types in which products of integer matrices are computed.

A carrier may compute a product if it is proved that its accumulator represents all sums exactly. Operands
that are too wide are split into digits of 8 bits (see digits.py).
"""

from __future__ import annotations

import torch
from torch.nn.functional import pad

from integrad.arithmetic import INT32_LIMIT
from integrad.engines.torch.digits import DIGIT_LIMIT, Bounded, combine, digit_count, reach, split
from integrad.matmul import FLOAT64_EXACT

FLOAT32_EXACT = 2**24
"""float32 represents all integers below this, if the device does not round operands (TF32, bfloat16)."""

INT8_TERMS = INT32_LIMIT // DIGIT_LIMIT**2
"""Maximum number of products of two digits in a 32-bit sum: 131,071."""


class Carrier:
    """A carrier is named after its accumulator.

    dtype: type of the operands; limit: sums of |a|·|b| below it are exact; narrow: whether operands are
    always digits.
    """

    name: str
    dtype: torch.dtype
    limit: int
    narrow = False

    def digits(self, a: int, b: int, terms: int) -> tuple[int, int] | None:
        """Number of digits of operands in ±a and ±b; None if sums of `terms` products are not possible."""
        if not self.narrow and terms * a * b < self.limit:
            return 1, 1
        return (digit_count(a), digit_count(b)) if terms * DIGIT_LIMIT**2 < self.limit else None

    def product(self, a: Bounded, b: Bounded) -> Bounded:
        """a: (n, k), b: (m, k) → a @ bᵀ (n, m), float64, int32 or int64. Requires that digits() is not
        None."""
        terms = a.values.shape[1]
        da, db = self.digits(a.bound, b.bound, terms)
        left, right = a.values, b.values
        if self.narrow or (da, db) != (1, 1):
            left, right = split(a), split(b)
        sums = self.multiply(left.to(self.dtype), right.to(self.dtype))
        shape = (da, a.values.shape[0], db, b.values.shape[0])
        bound = terms * a.bound * b.bound
        if sums.dtype == torch.float64 and da == db == 1:
            return Bounded(sums, bound)
        return Bounded(combine(sums, shape, bound, reach(a, b, terms)), bound)

    def multiply(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """a: (n, k), b: (m, k), both of self.dtype → a @ bᵀ, in the type of the accumulator."""
        return a @ b.T


class Float64(Carrier):
    """Can compute all products: those that exceed 53 bits are split into digits."""

    name = "float64"
    dtype = torch.float64
    limit = FLOAT64_EXACT


class Float32(Carrier):
    """Twice as fast as float64 on a CPU, up to 64 times on a GPU; limited to short sums of narrow
    operands."""

    name = "float32"
    dtype = torch.float32
    limit = FLOAT32_EXACT


class Int8(Carrier):
    """8-bit matrix units with 32-bit sums: VNNI or AMX on a CPU, tensor cores on a GPU.

    granule: rows of a, rows of b and the summands are padded with zeros to multiples of these; least: minimum
    number of rows of a. cuBLAS on GPUs requires this, and the summands as the innermost axis of both
    operands.
    """

    name = "int8"
    dtype = torch.int8
    limit = INT32_LIMIT
    narrow = True

    def __init__(self, granule: tuple[int, int, int] = (1, 1, 1), least: int = 1):
        self.granule = granule
        self.least = least

    def multiply(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        rows, columns, depth = self.granule
        # With one summand the strides are ambiguous, and oneDNN (torch 2.13, AVX-512) uses the wrong ones.
        terms = max(2 - a.shape[1], -a.shape[1] % depth)
        left = _pad(a, max(self.least - len(a), 0) or -len(a) % rows, terms)
        right = _pad(b, -len(b) % columns, terms)
        return torch._int_mm(left.contiguous(), right.contiguous().T)[: len(a), : len(b)]


CUDA_GRANULE = (8, 8, 16)
CUDA_LEAST_ROWS = 24
"""torch._int_mm on CUDA requires more than 16 rows and multiples of 8; 16 summands are 16 aligned bytes."""


def _pad(matrix: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    return pad(matrix, (0, columns, 0, rows)) if rows or columns else matrix
