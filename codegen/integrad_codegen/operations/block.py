"""Common parts of NITRO-D's dense and convolution blocks: weights, NITRO-ReLU and a head."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from integrad.arithmetic import ERROR_LIMIT
from integrad_codegen.encodings import Encoding
from integrad_codegen.operations.classifier import Classifier
from integrad_codegen.operations.nitro_relu import activation
from integrad_codegen.operations.operation import Operation
from integrad_codegen.operations.pool import Pooling


@dataclass(frozen=True, eq=False)
class Block(Operation):
    """A layer with weights, followed by NITRO-ReLU.

    number: counted from 1. encoding: of the weights. scale: divisor of a pre-activation. limit: largest
    weight. head: of a block that learns, else None. sum_bits: proved width of a pre-activation, 32 or 64.
    proved_bits: the same of the weight gradient.
    """

    header: ClassVar[str] = "nitro.h"
    number: int
    weights: np.ndarray
    encoding: Encoding
    alpha_inv: int
    mean: int
    scale: int
    limit: int
    sum_bits: int = 32
    head: Classifier | None = None
    proved_bits: int = 32

    @property
    def is_block(self) -> bool:
        return True

    @property
    def learns(self) -> bool:
        return self.head is not None

    @property
    def attached(self) -> tuple[Operation, ...]:
        return (self.head,) if self.head else ()

    @property
    def weights_bytes(self) -> int:
        return self.encoding.bytes * self.weights.size

    @property
    def fan_in(self) -> int:
        return prod(self.weights.shape[1:])

    @property
    def rows(self) -> int:
        """Output rows: units or channels."""
        return self.output_shape[0]

    @property
    def positions(self) -> int:
        return self.outputs // self.rows

    @property
    def macs(self) -> int:
        return self.fan_in * self.outputs

    @property
    def touched(self) -> int:
        """Outputs that receive an error."""
        return self.outputs

    @property
    def training_macs(self) -> int:
        if self.head is None:
            return self.macs
        return self.macs + self.head.training_macs + self.head.macs + self.touched * self.fan_in

    @property
    def gradient_bits(self) -> int:
        return self.proved_bits

    @property
    def gradient_terms(self) -> int:
        """Products that one sample adds to a weight's gradient."""
        return self.positions

    @property
    def error_bound(self) -> int:
        """Largest |error| that its head passes back."""
        return ERROR_LIMIT * self.head.classes * self.head.limit

    # Role in a training step

    keeps_scaled = False
    """Whether pre-activations and activations are kept in separate buffers."""

    @property
    def condense(self) -> str:
        """Action that computes the head's features from the pre-activations."""
        return "activate"

    @property
    def learns_from_features(self) -> bool:
        """Whether its update reads the head's features."""
        return False

    @property
    def activates(self) -> bool:
        """Whether an activation follows its forward pass. If not, a pool applies NITRO-ReLU to its maxima."""
        return True

    @property
    def pooling(self) -> Pooling | None:
        """Pooling of its outputs for its head."""
        return None

    @property
    def slope(self) -> tuple[int, int] | None:
        return self.alpha_inv, self.mean

    def kernels(self) -> set[str]:
        """What activates its outputs; a kind adds what computes them."""
        return {activation(self.alpha_inv)}
