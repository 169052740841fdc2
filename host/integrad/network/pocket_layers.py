"""The layers of PocketNN networks."""

from __future__ import annotations

import numpy as np

from integrad.network.layer_types.dropout import DROPOUT
from integrad.network.layer_types.pocket_dense import POCKET_DENSE, pocket_dense_layer
from integrad.network.layers.pocket_activation import TANH
from integrad.network.learner_layers import LearnerLayers
from integrad.network.pocket_blocks import PocketBlock, PocketOutput, feedback_limit
from integrad.network.xorshift32 import Xorshift32


class PocketLayers(LearnerLayers):
    """Multilayer perceptrons. The output layer has the activation of the layer before it, else tanh.

    Weights and biases are initialised with 0, as published for direct feedback alignment. The feedback of all
    layers is drawn from one xorshift32 generator with the default seed, in the order of the layers, row by
    row.
    """

    learner = "pocket"
    types = (POCKET_DENSE, DROPOUT)
    families = ("mlp",)

    def dense(self, units: int) -> dict:
        return pocket_dense_layer(units)

    def output(self, fan_in: int, classes: int, blocks: list[PocketBlock]) -> PocketOutput:
        return PocketOutput(fan_in, classes, blocks[-1].activation if blocks else TANH)

    def initialise(self, blocks: list[PocketBlock], output: PocketOutput, rng: np.random.Generator) -> None:
        generator = Xorshift32()
        for block in blocks:
            limit = feedback_limit(block.fan_in, block.units)
            block.feedback = generator.nonzero(limit, block.feedback.shape)
        for layer in (*blocks, output):
            layer.weights[...] = 0
            layer.bias[...] = 0
