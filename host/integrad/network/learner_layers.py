"""What the networks of a learner are made of: its layer types, its output layer, how weights start."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from integrad.errors import IntegradError
from integrad.network.blocks import Block, OutputLayer, random_weights
from integrad.network.layer_types.conv import CONV
from integrad.network.layer_types.dense import DENSE, dense_layer
from integrad.network.layer_types.dropout import DROPOUT
from integrad.network.layer_types.layer_type import LayerType
from integrad.network.layer_types.pools import AVERAGE_POOL, MAX_POOL


class LearnerLayers(ABC):
    """The part of a learner that a network needs; the rest is in `integrad.learners`.

    learner: its id. types: what a network may consist of. families: of the short notation.
    """

    learner: str
    types: tuple[LayerType, ...]
    families: tuple[str, ...]

    def require(self, kind: str, where: str) -> None:
        """Raise IntegradError where a layer of this kind does not belong to the learner."""
        kinds = [layer_type.kind for layer_type in self.types]
        if kind not in kinds:
            raise IntegradError(f"{where} ({kind}): the learner {self.learner} takes {', '.join(kinds)} only")

    @abstractmethod
    def dense(self, units: int) -> dict:
        """What dN of the short notation means."""

    @abstractmethod
    def output(self, fan_in: int, classes: int, blocks: list[Block]) -> OutputLayer:
        """The output layer behind these blocks, weights 0."""

    @abstractmethod
    def initialise(self, blocks: list[Block], output: OutputLayer, rng: np.random.Generator) -> None:
        """Give all parameters the values from which training starts."""


class NitroLayers(LearnerLayers):
    learner = "nitro-d"
    types = (MAX_POOL, AVERAGE_POOL, DROPOUT, DENSE, CONV)
    families = ("mlp", "cnn")

    def dense(self, units: int) -> dict:
        return dense_layer(units)

    def output(self, fan_in: int, classes: int, blocks: list[Block]) -> OutputLayer:
        return OutputLayer(fan_in, classes)

    def initialise(self, blocks: list[Block], output: OutputLayer, rng: np.random.Generator) -> None:
        for block in blocks:
            block.weights = random_weights(block.weights.shape, block.alpha_inv, rng)
            block.head = random_weights(block.head.shape, block.alpha_inv, rng)
        last_slope = blocks[-1].alpha_inv if blocks else 4
        output.weights = random_weights(output.weights.shape, last_slope, rng)
