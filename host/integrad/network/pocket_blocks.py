"""Layers of PocketNN: fully connected with a bias and a pocket activation, trained by direct feedback.

A hidden layer learns from the error of the output layer, which a fixed random matrix propagates to it; no
gradient is propagated from layer to layer (Song, Lin, arXiv 2201.02863, direct feedback alignment).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from integrad.arithmetic import INT8_LIMIT, INT16_WEIGHT_LIMIT, INT32_LIMIT, isqrt, tdiv
from integrad.matmul import product
from integrad.network.layers import linear, pocket_activation
from integrad.network.parameter import BIAS, FEEDBACK, WEIGHTS, Parameter

TARGET = 15
"""One-hot target: 15 for the labelled class, 0 for all others."""

ERROR_LIMIT = INT8_LIMIT + TARGET
"""Largest |prediction - target|."""

BIAS_LIMIT = INT16_WEIGHT_LIMIT

Shape = tuple[int, ...]


def pocket_weight_limit(fan_in: int) -> int:
    """Largest |weight| of a layer with this fan-in, for which a pre-activation provably fits in int32.

    127·fan_in·limit + BIAS_LIMIT ≤ 2^31 - 1. Weights are saturated to it after every update.
    """
    return min(INT16_WEIGHT_LIMIT, (INT32_LIMIT - BIAS_LIMIT) // (INT8_LIMIT * fan_in))


def feedback_limit(fan_in: int, units: int) -> int:
    """Largest element of the feedback of a layer: the published bound of initial weights."""
    return isqrt(12 * 32767 // (fan_in + units))


@dataclass
class PocketCache:
    """Values of the forward pass that learning needs, all int8. x: inputs; h: activations (the output);
    slopes: their inverse slopes.
    """

    x: np.ndarray
    h: np.ndarray
    slopes: np.ndarray


@dataclass
class PocketLayer:
    """Linear with bias → pocket activation. weights: int16 (units, fan_in); bias: int16 (units,)."""

    fan_in: int
    units: int
    activation: str
    weights: np.ndarray = field(init=False, repr=False)
    bias: np.ndarray = field(init=False, repr=False)
    takes_features = True

    def __post_init__(self):
        self.weights = np.zeros((self.units, self.fan_in), np.int16)
        self.bias = np.zeros(self.units, np.int16)

    @property
    def output_shape(self) -> Shape:
        return (self.units,)

    @property
    def positions(self) -> int:
        """Number of output positions that share a weight."""
        return 1

    def parameters(self, layer: int | None = None) -> list[Parameter]:
        """layer: index of the block in its network; None for the output layer."""
        return [
            Parameter(self, WEIGHTS, layer, pocket_weight_limit(self.fan_in)),
            Parameter(self, BIAS, layer, BIAS_LIMIT),
        ]

    def activate(self, x: np.ndarray) -> PocketCache:
        """x: int8 (N, fan_in) → cache whose h is int8 (N, units)."""
        z = linear.forward(x, self.weights) + self.bias
        return PocketCache(x, *pocket_activation.forward(z, self.activation, self.fan_in))


@dataclass
class PocketBlock(PocketLayer):
    """A hidden layer. feedback: int16 (classes, units), fixed, without zeros after initialisation."""

    classes: int = 0
    feedback: np.ndarray = field(init=False, repr=False)

    def __post_init__(self):
        super().__post_init__()
        self.feedback = np.zeros((self.classes, self.units), np.int16)

    def parameters(self, layer: int | None = None) -> list[Parameter]:
        feedback = Parameter(
            self,
            FEEDBACK,
            layer,
            feedback_limit(self.fan_in, self.units),
            trainable=False,
            needed_by_inference=False,
        )
        return [*super().parameters(layer), feedback]

    def forward(self, x: np.ndarray) -> PocketCache:
        return self.activate(x)

    def delta(self, error: np.ndarray, cache: PocketCache) -> np.ndarray:
        """error: int16 (N, classes) of the output layer → int32 (N, units)."""
        return tdiv(product(error, self.feedback), cache.slopes)


@dataclass
class PocketOutput(PocketLayer):
    """The output layer: its activations are the scores."""

    target = TARGET

    @property
    def classes(self) -> int:
        return self.units

    def forward(self, x: np.ndarray) -> np.ndarray:
        """x: int8 (N, fan_in) → scores int8 (N, classes)."""
        return self.activate(x).h

    def delta(self, error: np.ndarray, cache: PocketCache) -> np.ndarray:
        """error: int16 (N, classes) → int32 (N, classes)."""
        return tdiv(error, cache.slopes)
