"""The layer types, output layer and initial weights of the networks of a learner."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np

from integrad.arithmetic import MAX_FAN_IN, NARROW, WIDE
from integrad.errors import IntegradError
from integrad.network.blocks import Block, OutputLayer, random_weights
from integrad.network.layer_types.conv import CONV, conv_layer
from integrad.network.layer_types.dense import DENSE, dense_layer
from integrad.network.layer_types.dropout import DROPOUT
from integrad.network.layer_types.layer_type import LayerType
from integrad.network.layer_types.pools import AVERAGE_POOL, MAX_POOL
from integrad.network.stage import Stage


class LearnerLayers(ABC):
    """The part of a learner that networks depend on; the rest is in `integrad.learners`.

    learner: its id. types: supported layer types. families: supported families of the short notation.
    max_fan_in: maximum number of inputs of the output layer, where biases count as one. has_output_bias:
    whether a description can say that the output layer has biases. sums: supported widths of sums in bits;
    the first one is the default.
    """

    learner: str
    types: tuple[LayerType, ...]
    families: tuple[str, ...]
    max_fan_in: int = MAX_FAN_IN
    has_output_bias: bool = False
    sums: tuple[int, ...] = (NARROW,)

    def require(self, kind: str, where: str) -> None:
        """Raise IntegradError if the learner does not support layers of this kind."""
        kinds = [layer_type.kind for layer_type in self.types]
        if kind not in kinds:
            raise IntegradError(
                f"{where} ({kind}): the learner {self.learner} supports only {', '.join(kinds)}"
            )

    @property
    def file_defaults(self) -> dict[str, tuple[object, Callable]]:
        """Settings of all layers at once, see LayerType."""
        return {name: found for layer_type in self.types for name, found in layer_type.file_defaults.items()}

    @property
    def settings(self) -> set[str]:
        """Names of the settings that a network can have as a whole: those of all layers, and `sums` if there
        is a choice."""
        return {*self.file_defaults, *(("sums",) if len(self.sums) > 1 else ())}

    @abstractmethod
    def dense(self, units: int) -> dict:
        """The layer for dN of the short notation."""

    def conv(self, channels: int, kernel: int, stride: int, series: bool, groups: int = 1) -> dict:
        """The layer for cNkKsS, or dwkKsS with a group per channel, of the short notation, with same padding.
        Only of learners that support the family cnn. series: whether samples are time series.
        """
        raise NotImplementedError

    @abstractmethod
    def output(self, fan_in: int, classes: int, blocks: list[Block]) -> OutputLayer:
        """The output layer after these blocks, with weights 0. Takes `biased`, too, if has_output_bias."""

    def set_bounds(  # noqa: B027
        self, stages: list[Stage], limits: list[int], output: OutputLayer, sums: int
    ) -> None:
        """Tell the layers with weights the ranges of their inputs, if the limits of their weights depend on
        it.

        limits: largest magnitude of an input of each stage, and of the output layer; sums: width of the sums
        of the network. Raises IntegradError, naming the layer, for one that is too wide.
        """

    @abstractmethod
    def initialise(self, blocks: list[Block], output: OutputLayer, rng: np.random.Generator) -> None:
        """Initialise all parameters."""


class NitroLayers(LearnerLayers):
    learner = "nitro-d"
    types = (MAX_POOL, AVERAGE_POOL, DROPOUT, DENSE, CONV)
    families = ("mlp", "cnn")
    sums = (NARROW, WIDE)

    def dense(self, units: int) -> dict:
        return dense_layer(units)

    def conv(self, channels: int, kernel: int, stride: int, series: bool, groups: int = 1) -> dict:
        return conv_layer(channels, kernel, stride, series, groups)

    def output(self, fan_in: int, classes: int, blocks: list[Block]) -> OutputLayer:
        return OutputLayer(fan_in, classes)

    def set_bounds(self, stages, limits, output, sums):
        number = 0
        for stage, limit in zip(stages, limits, strict=False):
            if stage.block is not None:
                number += 1
                stage.block.input_limit, stage.block.sums = limit, sums
                stage.block.bounds.check(f"block {number}")
                stage.block.head_bounds.check(f"the head of block {number}")
        output.input_limit, output.sums = limits[-1], sums
        output.bounds.check("output layer")

    def initialise(self, blocks: list[Block], output: OutputLayer, rng: np.random.Generator) -> None:
        for block in blocks:
            block.weights = random_weights(block.weights.shape, block.alpha_inv, rng)
            block.head = random_weights(block.head.shape, block.alpha_inv, rng)
        last_slope = blocks[-1].alpha_inv if blocks else 4
        output.weights = random_weights(output.weights.shape, last_slope, rng)
