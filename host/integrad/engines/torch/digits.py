"""Wide integers as signed digits of 8 bits, so that narrow multipliers can carry them.

value = d[0] + 256·d[1] + 65536·d[2] + …, every digit in [-128, 127].
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
    """Integers and a proven bound of their magnitude.

    values: any integer dtype, or float64 holding integers; bound: at least max |values|.
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
        """Their sum; may overwrite self. float64 where that holds it, else int64."""
        bound = self.bound + other.bound
        wide = torch.float64 if bound < FLOAT64_EXACT else torch.int64
        return Bounded(self.values.to(wide).add_(other.values.to(wide)), bound)


def digit_count(bound: int) -> int:
    """How many digits hold every integer in ±bound."""
    count, largest = 1, INT8_LIMIT
    while largest < bound:
        count, largest = count + 1, (largest << BASE_BITS) + INT8_LIMIT
    return count


def split(operand: Bounded) -> torch.Tensor:
    """(n, k) → int8 (digits·n, k): all lowest digits, then all next ones, and so on."""
    count = digit_count(operand.bound)
    if count == 1:
        return operand.values.to(torch.int8)
    word = torch.int32 if operand.bound <= INT32_LIMIT - _halves(4) else torch.int64
    # 128 in every byte but the highest turns signed digits into bytes; to exchange a byte's halves
    # turns them back, so that the bytes of a word are its digits.
    halves = _halves(word.itemsize)
    words = operand.values.to(word).flatten().add(halves).bitwise_xor_(halves)
    digits = words.view(torch.int8).view(*operand.values.shape, word.itemsize)[..., :count]
    return digits.permute(2, 0, 1).reshape(-1, operand.values.shape[1])


def _halves(size: int) -> int:
    """128 in each of the lower bytes of a word of so many bytes."""
    return int.from_bytes(bytes([128] * (size - 1)), "little")


def combine(sums: torch.Tensor, shape: tuple[int, int, int, int], bound: int, reach: int) -> torch.Tensor:
    """Weigh the products of digits and add them up. May overwrite sums.

    sums: (da·n, db·m) integers of any dtype, all digits of a times all digits of b; shape: (da, n, db, m);
    bound: of the result; reach: of what it is on the way, see below. Returns (n, m): int32 if sums are
    and that holds the result, whatever overflows on the way; else float64 where that holds all, or int64.
    Raises OverflowError where none does.
    """
    if reach >= INT64_EXACT:
        raise OverflowError(f"a product may reach {reach}, which 64 bits do not hold")
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
    """Bound of a product with `terms` summands, and of what combine() holds before the last digits are added.

    There the total lacks the lower powers of 256. Each is at most 128²·terms·8 before it is weighed, so
    that, brought to the present power, they miss less than 128³·terms together.
    """
    return terms * (a.bound * b.bound + DIGIT_LIMIT**3)
