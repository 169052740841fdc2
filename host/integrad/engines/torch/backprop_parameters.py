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
from integrad.network.parameter import FRACTIONS, SCALES, WEIGHTS

NO_SUMS = -1
"""Stands for the bit width of sums that were not computed."""


@dataclass
class Layer:
    """A layer on the device. arrays: role → weights, biases and their fractions, int8; scales: int64 (3,);
    names: role → name of a parameter.

    widths: int64 (2,), bit widths of the largest sums of outputs and errors of the last pass, or NO_SUMS.
    """

    block: BackpropConv | BackpropDense
    names: dict[str, str]
    arrays: dict[str, torch.Tensor]
    scales: torch.Tensor
    widths: torch.Tensor

    @classmethod
    def of(cls, block: BackpropConv | BackpropDense, place: int | None, device: torch.device) -> Layer:
        """All zero. place: index of the block in its network; None for the output layer."""

        def empty(shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
            return torch.zeros(shape, dtype=dtype, device=device)

        parameters = {parameter.role: parameter for parameter in block.parameters(place)}
        arrays = {role: empty(p.shape, torch.int8) for role, p in parameters.items() if role != SCALES}
        names = {role: p.name for role, p in parameters.items()}
        scales, widths = empty((3,), torch.int64), empty((2,), torch.int64)
        return cls(block, names, arrays, scales, widths)

    def load(self) -> None:
        """Copy the arrays of the block to the device; in place, because a recorded step refers to them."""
        for role in self.block.learning:
            if magnitude(getattr(self.block, role)) > INT8_LIMIT:  # products are proved exact from this limit
                raise IntegradError(f"weights {self.names[role]}: beyond the limit {INT8_LIMIT}")
        for role, array in self.arrays.items():
            array.copy_(tensor(getattr(self.block, role)))
        self.scales.copy_(tensor(self.block.scales))

    def fetch(self) -> None:
        """Copy them back."""
        for role, array in self.arrays.items():
            getattr(self.block, role)[...] = array.cpu().numpy()
        self.block.scales[...] = self.scales.cpu().numpy()

    @property
    def weights(self) -> torch.Tensor:
        return self.arrays[WEIGHTS]

    @property
    def weight_exponent(self) -> torch.Tensor:
        return self.scales[0]

    @property
    def output_shift(self) -> torch.Tensor:
        return self.scales[1]

    @property
    def error_shift(self) -> torch.Tensor:
        return self.scales[2]


def update(
    layer: Layer, gradients: dict[str, torch.Tensor], exponent: torch.Tensor, rule: BackpropRule
) -> None:
    """Update weights and biases, in place. gradients: role → int64; exponent: of the gradients."""
    master = layer.block.encoding == MASTER
    if rule.update == NORMALISED:
        width = torch.stack([bit_width(gradient) for gradient in gradients.values()]).amax()
        shift = width - STEP_BITS[layer.block.encoding] + log2(rule.learning_rate_inv)
        for role, gradient in gradients.items():
            _subtract(layer, role, psto(gradient, shift) * (width > 0))
        return
    shift = log2(rule.learning_rate_inv) + layer.weight_exponent - (8 if master else 0) - exponent
    for role, gradient in gradients.items():
        limit = 2 * _limit(layer)
        wide = gradient.clamp(-limit, limit) << (-shift).clamp(0, LARGEST_SHIFT)
        near = rdiv2(gradient, shift) if master else psto(gradient, shift)
        _subtract(layer, role, torch.where(shift < 0, wide, near))


def _limit(layer: Layer) -> int:
    return MASTER_LIMIT if layer.block.encoding == MASTER else INT8_LIMIT


def _subtract(layer: Layer, role: str, step: torch.Tensor) -> None:
    array, fraction, limit = layer.arrays[role], layer.arrays.get(FRACTIONS[role]), _limit(layer)
    values = array.to(torch.int64)
    if fraction is None:
        array.copy_((values - step).clamp_(-limit, limit))
        return
    values = (256 * values + fraction - step).clamp_(-limit, limit)
    rounded = (values + 128) >> 8
    array.copy_(rounded)
    fraction.copy_(values - 256 * rounded)


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
