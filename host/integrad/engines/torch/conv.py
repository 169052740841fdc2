"""Convolution on Torch tensors, computed as exact matrix products over tiles of patches (im2col).

Maps are stored as (C, N, H, W), which is the order of the result of a product, so that no transposition is
needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch.nn.functional import pad

from integrad.arithmetic import INT8_LIMIT, SCALE
from integrad.engines.torch.arithmetic import TILE_BYTES, Arithmetic
from integrad.engines.torch.carriers import INT8_TERMS
from integrad.engines.torch.digits import Bounded
from integrad.engines.torch.groups import products
from integrad.network.blocks import ConvBlock


class Geometry(Protocol):
    """What a convolution looks like; see ConvBlock."""

    channels: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    groups: int
    fan_in: int
    output_shape: tuple[int, int, int]
    positions: int


PATCH_BYTES, SUM_BYTES = 8, 24
"""Memory per element of a patch, and per output in a tile for its sums before and after combining digits."""


def forward(
    arithmetic: Arithmetic,
    x: torch.Tensor,
    block: ConvBlock,
    weights: Bounded,
    input_limit: int = INT8_LIMIT,
) -> torch.Tensor:
    """x: int8 (in, N, H, W) in ±input_limit, weights: int16, the block's → scaled sums int8 (out, N, oh,
    ow)."""
    s = _empty(x, block, torch.int8)
    for made, z in _tiles_of_sums(arithmetic, x, block, weights, input_limit):
        part = s[made]
        part.copy_(arithmetic.scaled(z, SCALE * block.fan_in).view(part.shape))
    return s


def sums(arithmetic: Arithmetic, x: torch.Tensor, block: Geometry, weights: Bounded) -> torch.Tensor:
    """x: int8 (in, N, H, W), weights: (out, in // groups, kh, kw) → int32 (out, N, oh, ow), if 32 bits are
    proved to suffice."""
    found = _empty(x, block, torch.int32)
    for made, z in _tiles_of_sums(arithmetic, x, block, weights):
        part = found[made]
        part.copy_(z.values.view(part.shape))
    return found


def _empty(x: torch.Tensor, block: Geometry, dtype: torch.dtype) -> torch.Tensor:
    channels, height, width = block.output_shape
    return torch.empty((channels, x.shape[1], height, width), dtype=dtype, device=x.device)


def _tiles_of_sums(
    arithmetic: Arithmetic, x: torch.Tensor, block: Geometry, weights: Bounded, input_limit: int = INT8_LIMIT
) -> Iterator[tuple[tuple[slice, ...], Bounded]]:
    """Where the sums of a tile belong in the output maps, and the sums."""
    padded = _padded(x, block)
    for tile in _tiles(arithmetic, block, x.shape[1]):
        yield tile.made, _sums(arithmetic, padded[tile.seen], block, weights, input_limit, tile.columns)


def _sums(
    arithmetic: Arithmetic,
    seen: torch.Tensor,
    block: Geometry,
    weights: Bounded,
    input_limit: int,
    columns: int,
) -> Bounded:
    """seen: receptive field of a tile in padded maps; columns: positions of the tile → (out, columns)."""
    if block.groups > 1:
        flat = Bounded(_by_group(weights.values, block), weights.bound)
        patches = _by_group(_patches(arithmetic, seen.to(torch.float64), block), block)
        return products(arithmetic, flat, Bounded(patches.mT, input_limit))
    carrier = arithmetic.carrier(weights.bound, input_limit, (block.channels, block.fan_in, columns))
    if (
        carrier.narrow
    ):  # requires the summands as innermost axis, so patches are in row, column, channel order
        flat = weights.values.permute(0, 2, 3, 1).reshape(block.channels, -1)
        patches = _patches_innermost(arithmetic, seen, block)
    else:
        flat = weights.values.view(block.channels, -1)
        patches = _patches(arithmetic, seen.to(carrier.dtype), block).T
    return arithmetic.product(Bounded(flat, weights.bound), Bounded(patches, input_limit))


def weight_gradient(arithmetic: Arithmetic, delta: Bounded, x: torch.Tensor, block: Geometry) -> Bounded:
    """delta: (out, N, oh, ow), x: int8 (in, N, H, W) → in the shape of the weights, summed over batch and
    map."""
    channels = block.channels
    padded = _padded(x, block)
    total = None
    for tile in _tiles(arithmetic, block, x.shape[1]):
        errors = Bounded(delta.values[tile.made].reshape(channels, -1), delta.bound)
        if block.groups > 1:
            patches = _by_group(_patches(arithmetic, padded[tile.seen].to(torch.float64), block), block)
            errors = Bounded(_by_group(errors.values, block), errors.bound)
            part = products(arithmetic, errors, Bounded.int8(patches))
        else:
            carrier = arithmetic.carrier(delta.bound, INT8_LIMIT, (channels, tile.columns, block.fan_in))
            patches = _patches(arithmetic, padded[tile.seen].to(carrier.dtype), block)
            part = arithmetic.product(errors, Bounded.int8(patches))
        total = part if total is None else total.plus(part)
    return Bounded(total.values.view(block.weights.shape), total.bound)


@dataclass(frozen=True)
class Tile:
    """A tile of output positions, `columns` of them over all samples.

    made: their position in the output maps of the batch; seen: their receptive field in the padded input
    maps.
    """

    made: tuple[slice, ...]
    seen: tuple[slice, ...]
    columns: int


def _tiles(arithmetic: Arithmetic, block: Geometry, samples: int) -> Iterator[Tile]:
    """Split a batch into tiles of about TILE_BYTES: several samples, or some rows of one."""
    _, height, width = block.output_shape
    row = width * (block.groups * block.fan_in * PATCH_BYTES + block.channels * SUM_BYTES)
    rows = min(height, max(1, TILE_BYTES[arithmetic.kind] // row))
    step = max(1, min(TILE_BYTES[arithmetic.kind] // (height * row), INT8_TERMS // block.positions))
    every = slice(None)
    for first in range(0, samples, step):
        chosen = slice(first, min(first + step, samples))
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            under = slice(top * block.stride[0], (bottom - 1) * block.stride[0] + block.kernel[0])
            columns = (chosen.stop - first) * (bottom - top) * width
            yield Tile((every, chosen, slice(top, bottom)), (every, chosen, under), columns)


def _by_group(rows: torch.Tensor, block: Geometry) -> torch.Tensor:
    """(rows, …) → (groups, rows per group, remaining axes flattened), for weights, errors or patches."""
    return rows.reshape(block.groups, len(rows) // block.groups, -1)


def _padded(x: torch.Tensor, block: Geometry) -> torch.Tensor:
    ph, pw = block.padding
    return pad(x, (pw, pw, ph, ph)) if ph or pw else x


def _patches(arithmetic: Arithmetic, x: torch.Tensor, block: Geometry) -> torch.Tensor:
    """Padded maps (in, n, H, W) → (in·kh·kw, n·oh·ow), same type, in memory that the next call reuses."""
    (kh, kw), (sh, sw), width = block.kernel, block.stride, block.output_shape[2]
    channels, samples, height = x.shape[:3]
    rows = (height - kh) // sh + 1
    shape = (channels, kh, kw, samples, rows, width)
    patches = arithmetic.scratch("patches", shape, x.dtype)
    for column in range(kw):
        # Shifted to the left once for all rows of a kernel, so that whole words can be copied afterwards.
        moved = x[..., column : column + (width - 1) * sw + 1 : sw].contiguous()
        view = _in_words(moved).unfold(2, kh, sh).permute(0, 4, 1, 2, 3)
        _in_words(patches)[:, :, column].copy_(view)
    return patches.view(channels * kh * kw, -1)


def _patches_innermost(arithmetic: Arithmetic, x: torch.Tensor, block: Geometry) -> torch.Tensor:
    """Padded maps (in, n, H, W) → (n·oh·ow, kh·kw·in), in memory that the next call reuses."""
    (kh, kw), (sh, sw) = block.kernel, block.stride
    last = x.permute(1, 2, 3, 0).contiguous()
    view = _in_words(last).unfold(1, kh, sh).unfold(2, kw, sw).permute(0, 1, 2, 4, 5, 3)
    patches = arithmetic.scratch("patches", (*view.shape[:5], last.shape[3]), x.dtype)
    _in_words(patches).copy_(view)
    return patches.view(-1, block.fan_in)


def _in_words(x: torch.Tensor) -> torch.Tensor:
    """A view of int8 in words as wide as the last axis allows, since the cost of copying is per element."""
    if x.dtype == torch.int8:
        for word in (torch.int64, torch.int32, torch.int16):
            if x.shape[-1] % word.itemsize == 0 and x.data_ptr() % word.itemsize == 0:
                return x.view(word)
    return x
