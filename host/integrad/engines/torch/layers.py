"""Layers on Torch tensors: the same integers as integrad.network.layers.

Activations are int8: maps (C, N, H, W), features (N, F).
"""

from __future__ import annotations

import functools

import torch
from torch.nn.functional import pad

from integrad.arithmetic import INT8_LIMIT, SLOPES
from integrad.engines.torch.arithmetic import Arithmetic
from integrad.engines.torch.digits import Bounded
from integrad.network.layers.dropout import KEEP_SCALE
from integrad.network.layers.pool import output_size

Pair = tuple[int, int]


def channels_first(x: torch.Tensor) -> torch.Tensor:
    """(N, C, H, W) → (C, N, H, W); features keep their shape."""
    return x.transpose(0, 1).contiguous() if x.dim() == 4 else x


def flatten(x: torch.Tensor) -> torch.Tensor:
    """Maps or features → (N, F), in channel, row, column order."""
    return x.transpose(0, 1).flatten(1) if x.dim() == 4 else x


def relu_forward(arithmetic: Arithmetic, s: torch.Tensor, alpha_inv: int) -> torch.Tensor:
    """s: int8 → int8: s - mean, or tdiv(s, alpha_inv) - mean where s < 0."""
    below = s.clamp(max=0)
    if arithmetic.divides_integers:
        below = torch.div(below, alpha_inv, rounding_mode="trunc")
    else:  # exact for int8, and ten times faster than integer division on a CPU
        below = below.to(torch.float32)
        by = arithmetic.divisor(alpha_inv, torch.float32)
        below = torch.div(below, by, rounding_mode="trunc", out=below)
    return s.clamp(min=0).add_(below.to(torch.int8)).sub_(SLOPES[alpha_inv].mean)


def relu_backward(arithmetic: Arithmetic, delta: Bounded, s: torch.Tensor, alpha_inv: int) -> Bounded:
    """Gradient with respect to s: see integrad.network.layers.nitro_relu. delta, s: same shape."""
    divided = arithmetic.tdiv(Bounded(delta.values.clone(), delta.bound), alpha_inv).values
    passed = torch.where(s < 0, divided, delta.values.to(divided.dtype))
    return Bounded(passed.mul_(s < INT8_LIMIT), delta.bound)


def dropout(arithmetic: Arithmetic, h: torch.Tensor, percent: int, kept: torch.Tensor) -> torch.Tensor:
    """h: int8, kept: bool like h → int8: see integrad.network.layers.dropout."""
    scale = KEEP_SCALE[percent]
    grown = Bounded(h.to(torch.float64).mul_(scale), INT8_LIMIT * scale)
    return arithmetic.scaled(grown, 1000).mul_(kept)


def max_pool(x: torch.Tensor, window: Pair) -> torch.Tensor:
    """int8 (C, N, H, W) → int8 (C, N, oh, ow)."""
    # amax over the windows would be ten times slower than these passes.
    rows = functools.reduce(torch.maximum, windows(x, window, (0, 0)).unbind(3))
    return functools.reduce(torch.maximum, rows.unbind(4))


def average_pool(
    arithmetic: Arithmetic, x: torch.Tensor, window: Pair, padding: Pair = (0, 0)
) -> torch.Tensor:
    """int8 (C, N, H, W) → int8 (C, N, oh, ow): tdiv(sum, window area)."""
    area = window[0] * window[1]
    total = windows(x, window, padding).sum((3, 5), dtype=torch.int64)
    return arithmetic.scaled(Bounded(total, INT8_LIMIT * area), area)


def windows(x: torch.Tensor, window: Pair, padding: Pair) -> torch.Tensor:
    """(C, N, H, W) → (C, N, oh, kh, ow, kw), a view if there is no padding."""
    (kh, kw), (ph, pw) = window, padding
    oh, ow = output_size(x.shape[2:], window, padding)
    if ph or pw:
        x = pad(x, (pw, pw, ph, ph))
    return x[:, :, : oh * kh, : ow * kw].unflatten(3, (ow, kw)).unflatten(2, (oh, kh))


def descend(
    arithmetic: Arithmetic,
    weights: torch.Tensor,
    gradient: Bounded,
    divisor: int,
    decay_inv: int,
    limit: int,
) -> None:
    """Integer SGD in place: W ← saturate(W - tdiv(g, divisor) - tdiv(W, decay_inv), limit).

    weights: int16 in ±limit. May overwrite the gradient.
    """
    # A step that float64 would round is so large that the weight saturates in any case.
    step = arithmetic.tdiv(gradient, divisor).values.to(torch.float64)
    wide = arithmetic.scratch("weights", weights.shape, torch.float64)
    if decay_inv:
        step += arithmetic.tdiv(Bounded(wide.copy_(weights), limit), decay_inv).values
    weights.copy_(wide.copy_(weights).sub_(step).clamp_(-limit, limit))
