"""The error of the scores on Torch tensors: the same integers as integrad.learners.backprop_loss."""

from __future__ import annotations

import torch

from integrad.arithmetic import INT8_LIMIT
from integrad.engines.torch.backprop_rounding import psto, rdiv2, truncated
from integrad.learners.backprop_loss import (
    CROSS_ENTROPY,
    FINE_BITS,
    FINEST_EXPONENT,
    LARGEST_SHIFT,
    LOG2_E,
    LOG2_E_BITS,
    NEAR_ZERO,
    OCTAVES,
    ONE,
)

FINE_EXPONENT = -11


def fine_error(loss: str, scores: torch.Tensor, exponent: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """scores: int8 (N, classes), exponent: of their unit, int64 without axes → int64 (N, classes)."""
    compute = _cross_entropy if loss == CROSS_ENTROPY else _squared
    return compute(scores.to(torch.int64), exponent, labels[:, None])


def propagated(error: torch.Tensor) -> torch.Tensor:
    """A fine error as the int8 error that is propagated."""
    bits = torch.full((), FINE_BITS, dtype=torch.int64, device=error.device)
    return psto(error, bits).clamp_(-INT8_LIMIT, INT8_LIMIT).to(torch.int8)


def _squared(scores: torch.Tensor, exponent: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    shift = exponent - FINE_EXPONENT
    error = rdiv2(scores << shift.clamp(0, LARGEST_SHIFT), -shift)
    error.scatter_add_(1, labels, torch.full_like(labels, -ONE))
    return error.clamp_(1 - ONE, ONE - 1)


def _cross_entropy(scores: torch.Tensor, exponent: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    parts = torch.where(exponent > NEAR_ZERO, _usual(scores, exponent), _near_zero(scores, exponent))
    error = torch.div(ONE * parts, parts.sum(1, keepdim=True), rounding_mode="floor")
    return error.scatter_add_(1, labels, -error.sum(1, keepdim=True))


def _usual(scores: torch.Tensor, exponent: torch.Tensor) -> torch.Tensor:
    octaves = torch.div(scores * LOG2_E, 1 << LOG2_E_BITS, rounding_mode="trunc")
    octaves = truncated(octaves << exponent.clamp(0, LARGEST_SHIFT), (-exponent).clamp(0, -NEAR_ZERO))
    above = (octaves - (octaves.amax(1, keepdim=True) - OCTAVES)).clamp_(min=0)
    return (torch.ones_like(above) << above) - 1


def _near_zero(scores: torch.Tensor, exponent: torch.Tensor) -> torch.Tensor:
    """The numbers of bits are meaningful for small exponents only; others are cut to be harmless."""
    bits = (-exponent).clamp(0, -FINEST_EXPONENT)
    scores = rdiv2(scores, FINEST_EXPONENT - exponent)
    return (torch.ones_like(scores) << (1 + 2 * bits)) + (scores << (1 + bits)) + scores * scores
