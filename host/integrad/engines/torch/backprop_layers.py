"""Layers of integer backpropagation on Torch tensors: the same integers as integrad.network.backprop_blocks.

Values are int8: maps (C, N, H, W), features (N, F). Sums are int32.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from integrad.arithmetic import INT8_LIMIT
from integrad.engines.torch import conv
from integrad.engines.torch.arithmetic import Arithmetic
from integrad.engines.torch.digits import Bounded
from integrad.engines.torch.layers import windows
from integrad.network.backprop_blocks import BIAS_INPUT, BackpropConv, BackpropDense
from integrad.network.parameter import BIAS, WEIGHTS

Pair = tuple[int, int]


def sums(
    arithmetic: Arithmetic,
    block: BackpropConv | BackpropDense,
    x: torch.Tensor,
    arrays: dict[str, torch.Tensor],
) -> torch.Tensor:
    """x: maps, or features for dense layers; arrays: weights and biases by role → (out, N, oh, ow) or
    (N, units)."""
    weights = Bounded.int8(arrays[WEIGHTS])
    if isinstance(block, BackpropConv):
        found, shape = conv.sums(arithmetic, x, block, weights), (-1, 1, 1, 1)
    else:
        found, shape = arithmetic.product(Bounded.int8(x), weights).values.to(torch.int32), (-1,)
    return found if block.bias is None else found + BIAS_INPUT * arrays[BIAS].to(torch.int32).view(shape)


def gradients(
    arithmetic: Arithmetic, block: BackpropConv | BackpropDense, error: torch.Tensor, x: torch.Tensor
) -> dict[str, torch.Tensor]:
    """error: of the sums, x: the input of the layer → role → int64 in the shape of the weights, or of the
    biases."""
    if isinstance(block, BackpropConv):
        weights = conv.weight_gradient(arithmetic, Bounded.int8(error), x, block)
    else:
        weights = arithmetic.product(Bounded.int8(error.T), Bounded.int8(x.T))
    found = {WEIGHTS: weights.values.to(torch.int64)}
    if block.bias is not None:
        others = (1, 2, 3) if isinstance(block, BackpropConv) else 0
        found[BIAS] = BIAS_INPUT * error.sum(others, dtype=torch.int64)
    return found


def error_below(
    arithmetic: Arithmetic, block: BackpropConv | BackpropDense, error: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """error: of the sums → sums in the shape of the input of the layer."""
    if isinstance(block, BackpropConv):
        mirrored = Mirrored.of(block)
        kernels = mirrored.weights(weights)
        return conv.sums(arithmetic, mirrored.spread(error), mirrored, Bounded.int8(kernels))
    return arithmetic.product(Bounded.int8(error), Bounded.int8(weights.T)).values.to(torch.int32)


def largest_error_sum(block: BackpropConv | BackpropDense) -> int:
    """Bound of the sums of error_below."""
    summands = Mirrored.of(block).fan_in if isinstance(block, BackpropConv) else block.units
    return INT8_LIMIT**2 * summands


def max_pool_backward(error: torch.Tensor, x: torch.Tensor, y: torch.Tensor, window: Pair) -> torch.Tensor:
    """error: of the output y of a pool of x → error of x; it goes to the first maximum of each window."""
    below = torch.zeros_like(x)
    seen, made = windows(x, window, (0, 0)), windows(below, window, (0, 0))
    pending = torch.ones_like(y, dtype=torch.bool)
    for i in range(window[0]):
        for j in range(window[1]):
            hit = (seen[:, :, :, i, :, j] == y) & pending
            made[:, :, :, i, :, j] = error * hit
            pending &= ~hit
    return below


def average_pool_backward(error: torch.Tensor, x: torch.Tensor, window: Pair) -> torch.Tensor:
    """error: of the output of a pool of x → error of x: tdiv(error, area) for each cell of a window."""
    below = torch.zeros_like(x)
    share = torch.div(error, window[0] * window[1], rounding_mode="trunc").to(torch.int8)
    windows(below, window, (0, 0)).copy_(
        share[:, :, :, None, :, None].expand(-1, -1, -1, window[0], -1, window[1])
    )
    return below


@dataclass(frozen=True)
class Mirrored:
    """The convolution that propagates the errors of another one: its kernels are mirrored, and its input are
    errors at the distances of the strides, with zeros in between and around. See conv.Geometry.
    """

    block: BackpropConv
    channels: int
    kernel: Pair
    groups: int
    fan_in: int
    output_shape: tuple[int, int, int]
    positions: int
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)

    @classmethod
    def of(cls, block: BackpropConv) -> Mirrored:
        channels, height, width = block.input_shape
        summands = block.channels // block.groups * block.kernel[0] * block.kernel[1]
        return cls(block, channels, block.kernel, block.groups, summands, block.input_shape, height * width)

    def weights(self, weights: torch.Tensor) -> torch.Tensor:
        """(out, in // groups, kh, kw) → (in, out // groups, kh, kw)."""
        by_group = weights.flip(2, 3).unflatten(0, (self.groups, -1))
        return by_group.transpose(1, 2).flatten(0, 1).contiguous()

    def spread(self, error: torch.Tensor) -> torch.Tensor:
        """(out, N, oh, ow) → (out, N, H + kh - 1, W + kw - 1)."""
        (kh, kw), (ph, pw), (sh, sw) = self.kernel, self.block.padding, self.block.stride
        height, width = self.output_shape[1:]
        maps = error.new_zeros((*error.shape[:2], height + kh - 1, width + kw - 1))
        maps[:, :, kh - 1 - ph :: sh, kw - 1 - pw :: sw][:, :, : error.shape[2], : error.shape[3]] = error
        return maps
