"""Convolution on Torch tensors, lowered to exact products over a bounded tile of patches.

Maps are stored (C, N, H, W): sums come out of a product in that order, so nothing has to be transposed.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.nn.functional import pad

from integrad.arithmetic import INT8_LIMIT, SCALE
from integrad.blocks import ConvBlock
from integrad.engines.torch_arithmetic import TILE_BYTES, Arithmetic
from integrad.engines.torch_digits import Bounded

SUM_BYTES = 24
"""Of one output in a tile: its sums, before and after digits are combined."""


def forward(arithmetic: Arithmetic, x: torch.Tensor, block: ConvBlock, weights: Bounded) -> torch.Tensor:
    """x: int8 (in, N, H, W), weights: int16 (out, in, kh, kw) → scaled sums int8 (out, N, oh, ow)."""
    channels, height, width = block.output_shape
    padded = _padded(x, block)
    s = torch.empty((channels, x.shape[1], height, width), dtype=torch.int8, device=x.device)
    for tile in _tiles(arithmetic, block, x.shape[1]):
        columns = (tile.stop - tile.start) * height * width
        carrier = arithmetic.carrier(weights.bound, INT8_LIMIT, (channels, block.fan_in, columns))
        if carrier.narrow:  # wants the summands innermost, so patches are in row, column, channel order
            flat = weights.values.permute(0, 2, 3, 1).reshape(channels, -1)
            patches = _patches_innermost(arithmetic, padded[:, tile], block)
        else:
            flat = weights.values.view(channels, -1)
            patches = _patches(arithmetic, padded[:, tile].to(carrier.dtype), block).T
        z = arithmetic.product(Bounded(flat, weights.bound), Bounded.int8(patches))
        s[:, tile] = arithmetic.scaled(z, SCALE * block.fan_in).view(channels, -1, height, width)
    return s


def weight_gradient(arithmetic: Arithmetic, delta: Bounded, x: torch.Tensor, block: ConvBlock) -> Bounded:
    """delta: (out, N, oh, ow), x: int8 (in, N, H, W) → like the weights, a sum over batch and map."""
    channels, height, width = block.output_shape
    padded = _padded(x, block)
    total = None
    for tile in _tiles(arithmetic, block, x.shape[1]):
        columns = (tile.stop - tile.start) * height * width
        carrier = arithmetic.carrier(delta.bound, INT8_LIMIT, (channels, columns, block.fan_in))
        patches = _patches(arithmetic, padded[:, tile].to(carrier.dtype), block)
        errors = Bounded(delta.values[:, tile].reshape(channels, columns), delta.bound)
        part = arithmetic.product(errors, Bounded.int8(patches))
        total = part if total is None else total.plus(part)
    return Bounded(total.values.view(block.weights.shape), total.bound)


def _padded(x: torch.Tensor, block: ConvBlock) -> torch.Tensor:
    ph, pw = block.padding
    return pad(x, (pw, pw, ph, ph)) if ph or pw else x


def _patches(arithmetic: Arithmetic, x: torch.Tensor, block: ConvBlock) -> torch.Tensor:
    """Padded maps (in, n, H, W) → (in·kh·kw, n·oh·ow), same dtype, in memory that the next call takes."""
    view = _windows(x, block, 2).permute(0, 4, 5, 1, 2, 3)
    return arithmetic.scratch("patches", view.shape, x.dtype).copy_(view).view(block.fan_in, -1)


def _patches_innermost(arithmetic: Arithmetic, x: torch.Tensor, block: ConvBlock) -> torch.Tensor:
    """Padded maps (in, n, H, W) → (n·oh·ow, kh·kw·in), likewise."""
    view = _windows(x.permute(1, 2, 3, 0).contiguous(), block, 1).permute(0, 1, 2, 4, 5, 3)
    return arithmetic.scratch("patches", view.shape, x.dtype).copy_(view).view(-1, block.fan_in)


def _windows(x: torch.Tensor, block: ConvBlock, height: int) -> torch.Tensor:
    """View of padded maps with axes `height` and the next: these become oh and ow; kh and kw come last."""
    (kh, kw), (sh, sw) = block.kernel, block.stride
    return x.unfold(height, kh, sh).unfold(height + 1, kw, sw)


def _tiles(arithmetic: Arithmetic, block: ConvBlock, samples: int) -> Iterator[slice]:
    """Slices over a batch whose patches stay below TILE_BYTES, or single samples."""
    one = block.positions * (block.fan_in * 8 + block.channels * SUM_BYTES)
    step = max(1, TILE_BYTES[arithmetic.kind] // one)
    return (slice(i, min(i + step, samples)) for i in range(0, samples, step))
