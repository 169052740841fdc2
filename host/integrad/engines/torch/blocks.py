"""Blocks on Torch tensors: forward pass, and gradients of a block and its head."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from integrad.arithmetic import ERROR_LIMIT, SCALE
from integrad.engines.torch import conv, layers
from integrad.engines.torch.arithmetic import Arithmetic
from integrad.engines.torch.digits import Bounded
from integrad.engines.torch.heads import pooling
from integrad.network.blocks import Block, ConvBlock
from integrad.network.sum_bounds import SumBounds


@dataclass
class Activations:
    """Values of one block, all int8: input x, scaled sums s, output h. Maps (C, N, H, W) or features (N,
    F)."""

    x: torch.Tensor
    s: torch.Tensor
    h: torch.Tensor


def forward(arithmetic: Arithmetic, block: Block, x: torch.Tensor, weights: torch.Tensor) -> Activations:
    """x: int8, maps or features; weights: int16, of the block."""
    if isinstance(block, ConvBlock):
        bounded = Bounded(weights, block.bounds.weight_limit)
        s = conv.forward(arithmetic, x, block, bounded, block.input_limit)
    else:
        x = layers.flatten(x)
        s = classify(arithmetic, x, weights, block.bounds)
    return Activations(x, s, layers.relu_forward(arithmetic, s, block.alpha_inv))


def classify(
    arithmetic: Arithmetic, features: torch.Tensor, weights: torch.Tensor, bounds: SumBounds
) -> torch.Tensor:
    """Scaled linear layer: int8 (N, F), int16 (out, F) → int8 (N, out). bounds: of the layer."""
    z = arithmetic.product(Bounded(features, bounds.input_limit), Bounded(weights, bounds.weight_limit))
    return arithmetic.scaled(z, SCALE * features.shape[1])


def classifier_gradient(arithmetic: Arithmetic, error: torch.Tensor, features: torch.Tensor) -> Bounded:
    """error: int16 (N, out), features: int8 (N, F) → (out, F), a sum over the batch."""
    return arithmetic.product(Bounded(error.T, ERROR_LIMIT), Bounded.int8(features.T))


def gradients(
    arithmetic: Arithmetic, block: Block, seen: Activations, head: torch.Tensor, targets: torch.Tensor
) -> tuple[Bounded, Bounded]:
    """Gradients of the weights of a block and of its head.

    head: the weights of the head, int16, before their update; targets: int16 (N, classes).
    """
    pool = pooling(arithmetic, block, seen.h) if isinstance(block, ConvBlock) else None
    features = layers.flatten(pool.features if pool else seen.h)
    error = classify(arithmetic, features, head, block.head_bounds) - targets
    bounded_head = Bounded(head, block.head_bounds.weight_limit)
    delta = arithmetic.product(Bounded(error, ERROR_LIMIT), bounded_head.transposed())
    if pool:
        by_map = layers.channels_first(delta.values.unflatten(1, (block.channels, *block.head_pooling.size)))
        delta = pool.backward(Bounded(by_map, delta.bound), seen.s)
        gradient = conv.weight_gradient(arithmetic, delta, seen.x, block)
    else:
        delta = layers.relu_backward(arithmetic, delta, seen.s, block.alpha_inv)
        gradient = arithmetic.product(delta.transposed(), Bounded.int8(seen.x.T))
    return gradient, classifier_gradient(arithmetic, error, features)
