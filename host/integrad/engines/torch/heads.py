"""Pooling between a convolution block and its head, on Torch tensors."""

from __future__ import annotations

from typing import Protocol

import torch
from torch.nn.functional import pad

from integrad.arithmetic import INT32_LIMIT
from integrad.engines.torch import layers
from integrad.engines.torch.arithmetic import Arithmetic
from integrad.engines.torch.digits import Bounded
from integrad.network.blocks import ConvBlock, HeadPooling


class Pooling(Protocol):
    """The pooling in front of a head, for one batch.

    features: int8 (C, N, ph, pw), its output.
    """

    features: torch.Tensor

    def backward(self, delta: Bounded, s: torch.Tensor) -> Bounded:
        """delta: (C, N, ph, pw), s: int8 (C, N, H, W), scaled sums → gradient with respect to s."""


def pooling(arithmetic: Arithmetic, block: ConvBlock, h: torch.Tensor) -> Pooling:
    """h: int8 (C, N, H, W), the block's activations."""
    fit = block.head_pooling
    # The average over one cell is that cell, and so is its gradient.
    if fit.kind == "avg" or fit.window == (1, 1):
        return AveragePooling(arithmetic, fit, block.alpha_inv, h)
    return MaxPooling(arithmetic, fit, block.alpha_inv, h)


class AveragePooling:
    def __init__(self, arithmetic: Arithmetic, fit: HeadPooling, alpha_inv: int, h: torch.Tensor):
        self.arithmetic, self.fit, self.alpha_inv = arithmetic, fit, alpha_inv
        self.whole = fit.window == (1, 1)
        self.features = h if self.whole else layers.average_pool(arithmetic, h, fit.window, fit.padding)

    def backward(self, delta: Bounded, s: torch.Tensor) -> Bounded:
        if not self.whole:
            (kh, kw), (ph, pw) = self.fit.window, self.fit.padding
            share = self.arithmetic.tdiv(delta, kh * kw)
            spread = share.values.repeat_interleave(kh, 2).repeat_interleave(kw, 3)
            right, below = s.shape[3] - spread.shape[3] + pw, s.shape[2] - spread.shape[2] + ph
            delta = Bounded(pad(spread, (-pw, right, -ph, below)), share.bound)
        return layers.relu_backward(self.arithmetic, delta, s, self.alpha_inv)


class MaxPooling:
    """Only the maxima have a gradient, so it is computed for them alone and then scattered."""

    def __init__(self, arithmetic: Arithmetic, fit: HeadPooling, alpha_inv: int, h: torch.Tensor):
        self.arithmetic, self.fit, self.alpha_inv = arithmetic, fit, alpha_inv
        windows = layers.windows(h, fit.window, fit.padding).transpose(3, 4).flatten(4)
        self.features, self.argmax = windows.max(4)  # the first maximum in row-major order

    def backward(self, delta: Bounded, s: torch.Tensor) -> Bounded:
        cell, inside = self._winning_cells(s.shape[2:])
        at_winners = s.flatten(2).gather(2, cell)
        won = layers.relu_backward(
            self.arithmetic, Bounded(delta.values.flatten(2), delta.bound), at_winners, self.alpha_inv
        )
        values = won.values.mul_(inside)
        if won.bound <= INT32_LIMIT:
            values = values.to(torch.int32)
        spread = self.arithmetic.scratch("errors", s.flatten(2).shape, values.dtype).zero_()
        spread.scatter_add_(2, cell, values)
        return Bounded(spread.view(s.shape), won.bound)

    def _winning_cells(self, size: tuple[int, int]) -> tuple[torch.Tensor, torch.Tensor]:
        """(C, N, ph·pw): index of each maximum in its map, and whether it is in the map and not in the
        padding."""
        (kh, kw), (ph, pw), device = self.fit.window, self.fit.padding, self.argmax.device
        oh, ow = self.fit.size
        row = self.argmax // kw + (torch.arange(oh, device=device) * kh - ph)[:, None]
        column = self.argmax % kw + (torch.arange(ow, device=device) * kw - pw)
        inside = (row >= 0) & (row < size[0]) & (column >= 0) & (column < size[1])
        return (row * size[1] + column).mul_(inside).flatten(2), inside.flatten(2)
