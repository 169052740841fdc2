"""A layer of integer backpropagation on a Torch device: its parameters and their updates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from integrad.arithmetic import INT8_LIMIT, magnitude
from integrad.engines.torch.backprop_rounding import bit_width, psto, rdiv2
from integrad.engines.torch.tensors import tensor
from integrad.errors import IntegradError
from integrad.learners.backprop import BackpropRule
from integrad.learners.backprop_scaling import ACTIVATION_BITS, WIDTHS
from integrad.learners.backprop_update import LARGEST_SHIFT, NORMALISED, STEP_BITS, log2
from integrad.network.backprop_blocks import MASTER, MASTER_LIMIT, BackpropConv, BackpropDense
from integrad.network.parameter import WEIGHTS

NO_SUMS = -1
"""Stands for the bit width of sums that were not computed."""


@dataclass
class Layer:
    """A layer on the device. weights, fraction: int8; scales: int64 (3,); names: role → name of a parameter.

    widths: int64 (2,), bit widths of the largest sums of outputs and errors of the last pass, or NO_SUMS.
    """

    block: BackpropConv | BackpropDense
    names: dict[str, str]
    weights: torch.Tensor
    fraction: torch.Tensor | None
    scales: torch.Tensor
    widths: torch.Tensor

    @classmethod
    def of(cls, block: BackpropConv | BackpropDense, place: int | None, device: torch.device) -> Layer:
        """All zero. place: index of the block in its network; None for the output layer."""

        def empty(shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
            return torch.zeros(shape, dtype=dtype, device=device)

        weights = empty(block.weights.shape, torch.int8)
        fraction = None if block.fraction is None else torch.zeros_like(weights)
        names = {parameter.role: parameter.name for parameter in block.parameters(place)}
        scales, widths = empty((3,), torch.int64), empty((2,), torch.int64)
        return cls(block, names, weights, fraction, scales, widths)

    def load(self) -> None:
        """Copy the arrays of the block to the device; in place, because a recorded step refers to them."""
        if magnitude(self.block.weights) > INT8_LIMIT:  # products are proved exact from this limit
            raise IntegradError(f"weights {self.names[WEIGHTS]}: beyond the limit {INT8_LIMIT}")
        self.weights.copy_(tensor(self.block.weights))
        self.scales.copy_(tensor(self.block.scales))
        if self.fraction is not None:
            self.fraction.copy_(tensor(self.block.fraction))

    def fetch(self) -> None:
        """Copy them back."""
        self.block.weights[...] = self.weights.cpu().numpy()
        self.block.scales[...] = self.scales.cpu().numpy()
        if self.fraction is not None:
            self.block.fraction[...] = self.fraction.cpu().numpy()

    @property
    def weight_exponent(self) -> torch.Tensor:
        return self.scales[0]

    @property
    def output_shift(self) -> torch.Tensor:
        return self.scales[1]

    @property
    def error_shift(self) -> torch.Tensor:
        return self.scales[2]


def update(layer: Layer, gradient: torch.Tensor, exponent: torch.Tensor, rule: BackpropRule) -> None:
    """Update the weights from their gradient, int64, in place. exponent: of the gradient."""
    master = layer.block.encoding == MASTER
    limit = MASTER_LIMIT if master else INT8_LIMIT
    values = layer.weights.to(torch.int64)
    if master:
        values = 256 * values + layer.fraction
    if rule.update == NORMALISED:
        width = bit_width(gradient)
        step = psto(gradient, width - STEP_BITS[layer.block.encoding] + log2(rule.learning_rate_inv))
        step = step * (width > 0)
    else:
        shift = log2(rule.learning_rate_inv) + layer.weight_exponent - (8 if master else 0) - exponent
        wide = gradient.clamp(-2 * limit, 2 * limit) << (-shift).clamp(0, LARGEST_SHIFT)
        step = torch.where(shift < 0, wide, rdiv2(gradient, shift) if master else psto(gradient, shift))
    values = (values - step).clamp_(-limit, limit)
    if not master:
        layer.weights.copy_(values)
        return
    rounded = (values + 128) >> 8
    layer.weights.copy_(rounded)
    layer.fraction.copy_(values - 256 * rounded)


def adapt(layer: Layer, widths: torch.Tensor) -> None:
    """Adapt the delayed shifts of a layer, in place."""
    shifts, own = layer.scales[1:], (widths - ACTIVATION_BITS).clamp(min=0)
    adapted = torch.where(own >= shifts, own, shifts - 1)
    shifts.copy_(torch.where(widths == NO_SUMS, shifts, adapted))


def counts_of(widths: list[int]) -> np.ndarray:
    """int64 (2, 32): one count at each bit width, unless it is NO_SUMS."""
    counts = np.zeros((len(widths), WIDTHS), np.int64)
    for row, width in zip(counts, widths, strict=True):
        if width != NO_SUMS:
            row[width] = 1
    return counts


def widths_of(counts: np.ndarray) -> list[int]:
    """Inverse of counts_of, for sums of counts, too: the largest bit widths."""
    seen = [np.flatnonzero(row) for row in counts]
    return [int(found[-1]) if len(found) else NO_SUMS for found in seen]
