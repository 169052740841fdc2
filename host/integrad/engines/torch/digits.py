"""Wide integers as signed digits of 8 bits, for narrow multipliers.

value = d[0] + 256·d[1] + 65536·d[2] + …, with all digits in [-128, 127].
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from integrad.arithmetic import INT8_LIMIT, INT32_LIMIT
from integrad.matmul import FLOAT64_EXACT, INT64_EXACT

BASE_BITS = 8
DIGIT_LIMIT = 128
"""Largest magnitude of a digit."""


@dataclass(frozen=True)
class Bounded:
    """Integers and a proved bound of their magnitude.

    values: any integer type, or float64 with integer values; bound: at least max |values|.
    """

    values: torch.Tensor
    bound: int

    @classmethod
    def int8(cls, values: torch.Tensor) -> Bounded:
        """Inputs and activations: int8 in ±127."""
        return cls(values, INT8_LIMIT)

    def transposed(self) -> Bounded:
        return Bounded(self.values.T, self.bound)

    def plus(self, other: Bounded) -> Bounded:
        """The sum; may overwrite self. float64 if exact, else int64."""
        bound = self.bound + other.bound
        wide = torch.float64 if bound < FLOAT64_EXACT else torch.int64
        return Bounded(self.values.to(wide).add_(other.values.to(wide)), bound)


def digit_count(bound: int) -> int:
    """Number of digits of the integers in ±bound."""
    count, largest = 1, INT8_LIMIT
    while largest < bound:
        count, largest = count + 1, (largest << BASE_BITS) + INT8_LIMIT
    return count


def split(operand: Bounded) -> torch.Tensor:
    """(n, k) → int8 (digits·n, k): the lowest digits of all rows, then the next digits, and so on."""
    count = digit_count(operand.bound)
    if count == 1:
        return operand.values.to(torch.int8)
    word = torch.int32 if operand.bound <= INT32_LIMIT - _halves(4) else torch.int64
    # Adding 128 to all bytes but the highest converts signed digits to unsigned bytes; flipping the top bits
    # of these bytes converts them back, so that the bytes of a word are its digits.
    halves = _halves(word.itemsize)
    words = operand.values.to(word).flatten().add(halves).bitwise_xor_(halves)
    digits = words.view(torch.int8).view(*operand.values.shape, word.itemsize)[..., :count]
    return digits.permute(2, 0, 1).reshape(-1, operand.values.shape[1])


def _halves(size: int) -> int:
    """A word of `size` bytes with 128 in all bytes but the highest."""
    return int.from_bytes(bytes([128] * (size - 1)), "little")


def combine(sums: torch.Tensor, shape: tuple[int, int, int, int], bound: int, reach: int) -> torch.Tensor:
    """Weighted sum of the products of digits. May overwrite sums.

    sums: (da·n, db·m) integers of any type, all digits of a times all digits of b; shape: (da, n, db, m);
    bound: of the result; reach: bound of intermediate results, see below. Returns (n, m): int32 if sums have
    this type and it can represent the result, in which case intermediate overflow is harmless; else float64
    if it is exact, or int64. Raises OverflowError if neither suffices.
    """
    if reach >= INT64_EXACT:
        raise OverflowError(f"a product may reach {reach}, which exceeds 64 bits")
    if sums.dtype == torch.int32 and bound <= INT32_LIMIT:
        wide = torch.int32
    else:
        wide = torch.float64 if reach < FLOAT64_EXACT else torch.int64
    da, _, db, _ = shape
    parts = sums.to(wide).view(shape) if wide == torch.int64 else sums.view(shape)
    total = None
    for power in reversed(range(da + db - 1)):
        if total is not None:
            total *= 1 << BASE_BITS
        for i in range(max(0, power - db + 1), min(da, power + 1)):
            part = parts[i, :, power - i]
            total = part.to(wide) if total is None else total.add_(part)
    return total


def reach(a: Bounded, b: Bounded, terms: int) -> int:
    """Bound of a product with `terms` summands, and of the intermediate results of combine().

    An intermediate result lacks the lower powers of 256. Each of them is at most 128²·terms·8 before
    weighting, so that in units of the current power less than 128³·terms is missing in total.
    """
    return terms * (a.bound * b.bound + DIGIT_LIMIT**3)
