"""Divisions by powers of two on Torch tensors, whose shifts are tensors, too: the same integers as
integrad.arithmetic.

Shifts stay on the device, so that a step does not wait for them. They are int64 without axes.
"""

from __future__ import annotations

import torch

from integrad.arithmetic import INT8_LIMIT, INT32_LIMIT

ALL_BITS = 31
"""From this shift on, everything is rounded to 0."""

LARGEST_HALF = 2 ** (ALL_BITS - 2)


def rdiv2(a: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """a / 2^shift, half away from zero, in the type of a, which represents |a| + LARGEST_HALF."""
    by = shift.clamp(0, ALL_BITS - 1)
    half = (_one(shift) << by) >> 1
    size = (a.abs() + half.to(a.dtype)) >> by.to(a.dtype)
    return size * a.sign() * (shift < ALL_BITS)


def psto(a: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """a: int64 → a / 2^shift, rounded pseudo-stochastically."""
    by, one = shift.clamp(0, ALL_BITS - 1), _one(shift)
    size, half = a.abs(), by >> 1
    rest = size & ((one << by) - 1)
    chance = (rest & ((one << half) - 1)) << (by & 1)
    return ((size >> by) + ((rest >> half) > chance)) * a.sign() * (shift < ALL_BITS)


def truncated(a: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """a: int64 → a / 2^shift, truncated toward zero. shift: 0 to 30."""
    return (a.abs() >> shift) * a.sign()


def requantise(sums: torch.Tensor, bound: int, shift: torch.Tensor) -> torch.Tensor:
    """sums: int32 in ±bound → int8, rounded and saturated."""
    wide = sums if bound + LARGEST_HALF <= INT32_LIMIT else sums.to(torch.int64)
    return rdiv2(wide, shift).clamp_(-INT8_LIMIT, INT8_LIMIT).to(torch.int8)


def bit_width(a: torch.Tensor) -> torch.Tensor:
    """⌈log2 max |a|⌉, 0 for a maximum of 0 or 1. a: integers below 2^31."""
    largest = torch.maximum(a.max(), -a.min()).to(torch.int64)
    powers = _one(largest) << torch.arange(ALL_BITS, device=a.device)
    return (largest > powers).sum()


def leaking(v: torch.Tensor, leak: int) -> torch.Tensor:
    """v: int8 → int8 tdiv(v, leak), 0 for a leak of 0."""
    if leak == 0:
        return torch.zeros_like(v)
    return (v + ((v >> 7) & (leak - 1))) >> (leak.bit_length() - 1)


def _one(like: torch.Tensor) -> torch.Tensor:
    return torch.ones((), dtype=torch.int64, device=like.device)
