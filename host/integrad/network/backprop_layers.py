"""The layers of networks that learn by integer backpropagation."""

from __future__ import annotations

import numpy as np

from integrad.network.backprop_blocks import INT8, MAX_SUMMANDS, BackpropLayer, BackpropOutput
from integrad.network.layer_types.backprop_conv import BACKPROP_CONV, backprop_conv_layer
from integrad.network.layer_types.backprop_dense import BACKPROP_DENSE, backprop_dense_layer
from integrad.network.layer_types.dropout import DROPOUT
from integrad.network.layer_types.pools import AVERAGE_POOL, MAX_POOL
from integrad.network.learner_layers import LearnerLayers

HIDDEN_NUMERATOR, OUTPUT_NUMERATOR = 6, 3
"""Initial weights are uniform in ± sqrt(numerator / fan-in); for hidden layers as by He et al., arXiv
1502.01852."""


class BackpropLayers(LearnerLayers):
    """Multilayer perceptrons and convolutional networks. The output layer has the encoding of the block
    before it, else int8."""

    learner = "backprop"
    types = (MAX_POOL, AVERAGE_POOL, DROPOUT, BACKPROP_DENSE, BACKPROP_CONV)
    families = ("mlp", "cnn")
    max_fan_in = MAX_SUMMANDS
    has_output_bias = True

    def dense(self, units: int) -> dict:
        return backprop_dense_layer(units)

    def conv(self, channels: int, kernel: int, stride: int, series: bool, groups: int = 1) -> dict:
        return backprop_conv_layer(channels, kernel, stride, series, groups)

    def output(
        self, fan_in: int, classes: int, blocks: list[BackpropLayer], biased: bool = False
    ) -> BackpropOutput:
        encoding = blocks[-1].encoding if blocks else INT8
        return BackpropOutput(fan_in, classes, encoding=encoding, biased=biased, blocks=blocks)

    def initialise(
        self,
        blocks: list[BackpropLayer],
        output: BackpropOutput,
        rng: np.random.Generator,
        initial_weights: int = 100,
    ) -> None:
        for block in blocks:
            block.initialise(HIDDEN_NUMERATOR, rng, initial_weights)
        output.initialise(OUTPUT_NUMERATOR, rng, initial_weights)
