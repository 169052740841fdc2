"""A network: local-loss blocks with pools and dropouts between them, and an output layer."""

from __future__ import annotations

import copy
import zlib
from dataclasses import dataclass

import numpy as np

from integrad.errors import IntegradError
from integrad.network.blocks import Block, BlockCache, ConvBlock, DenseBlock, OutputLayer, random_weights
from integrad.network.description import check_description
from integrad.network.layers import dropout, flatten, pool
from integrad.network.parameter import Parameter

Shape = tuple[int, ...]

USUAL_LEARNER = "nitro-d"
"""The learner of a description that names none."""

BATCH = 256
"""Samples that inference on the host takes through the network at a time."""


@dataclass
class Stage:
    """One step of the main path: a pool, a dropout or a block, with its shapes (no batch axis)."""

    kind: str
    input_shape: Shape
    output_shape: Shape
    block: Block | None = None
    window: tuple[int, int] | None = None
    percent: int = 0

    def forward(self, x: np.ndarray) -> np.ndarray:
        """x: int8 (N, *input_shape) → int8 (N, *output_shape), as at inference."""
        if self.block is not None:
            return self.forward_block(x).h
        if self.kind == "max_pool":
            return pool.max_forward(x, self.window)
        if self.kind == "avg_pool":
            return pool.average_forward(x, self.window)
        return x

    def forward_block(self, x: np.ndarray) -> BlockCache:
        """Forward pass of the stage's block, flattening before a dense one."""
        return self.block.forward(flatten.forward(x) if self.kind == "dense" else x)

    def forward_training(self, x: np.ndarray, kept: list[np.ndarray]) -> np.ndarray:
        """Like forward, but a dropout takes the first of `kept`, if there is one, and drops the rest."""
        if self.kind == "dropout" and kept:
            return dropout.forward(x, self.percent, kept.pop(0))
        return self.forward(x)


class Network:
    """Blocks and output layer of one network.

    input_shape: (C, H, W) for images, (C, 1, T) for series, (F,) for feature vectors.
    classes: number of classes, at least 2. layers: the `layers` of a network description.
    Raises IntegradError, naming the field, if the description is not a valid network.
    """

    def __init__(self, input_shape: Shape, classes: int, layers: list[dict]):
        description = {"input_shape": list(input_shape), "classes": classes, "layers": list(layers)}
        check_description(description)
        self._description = copy.deepcopy(description)
        for layer in self._description["layers"]:
            if layer.get("groups") == 1:  # said in one way only, so that equal networks make equal files
                del layer["groups"]
        self.input_shape: Shape = tuple(input_shape)
        self.classes = classes
        self.learner = USUAL_LEARNER
        self.stages: list[Stage] = []
        shape = self.input_shape
        for layer in layers:
            self.stages.append(_stage(layer, shape, classes))
            shape = self.stages[-1].output_shape
        self.output = OutputLayer(int(np.prod(shape)), classes)

    @classmethod
    def from_description(cls, description: dict) -> Network:
        """Inverse of describe(); weights are zero."""
        check_description(description)
        return cls(tuple(description["input_shape"]), description["classes"], description["layers"])

    def describe(self) -> dict:
        """JSON-able description: input_shape, classes, layers (no weights)."""
        return copy.deepcopy(self._description)

    @property
    def blocks(self) -> list[Block]:
        """The trainable blocks in order, without the output layer."""
        return [stage.block for stage in self.stages if stage.block is not None]

    @property
    def block_macs(self) -> int:
        """Multiply-accumulates of all blocks for one sample, without heads and output layer."""
        return sum(block.weights.size * block.positions for block in self.blocks)

    def initialise(self, rng: np.random.Generator) -> None:
        """Draw all weights, in the order of parameters()."""
        for block in self.blocks:
            block.weights = random_weights(block.weights.shape, block.alpha_inv, rng)
            block.head = random_weights(block.head.shape, block.alpha_inv, rng)
        last_slope = self.blocks[-1].alpha_inv if self.blocks else 4
        self.output.weights = random_weights(self.output.weights.shape, last_slope, rng)

    def parameters(self) -> list[Parameter]:
        """All of them in the order of the file: block1.weights, block1.head, …, output.weights."""
        blocks = [block.parameters(layer) for layer, block in enumerate(self.blocks)]
        return [parameter for found in [*blocks, self.output.parameters()] for parameter in found]

    def arrays(self) -> dict[str, np.ndarray]:
        """Name → array of every parameter, in the order of parameters()."""
        return {parameter.name: parameter.array for parameter in self.parameters()}

    def load_parameters(self, arrays: dict[str, np.ndarray]) -> None:
        """Copy weights in. Raises IntegradError naming an array that is missing or does not fit."""
        parameters = self.parameters()
        if unknown := sorted(set(arrays) ^ {parameter.name for parameter in parameters}):
            raise IntegradError(f"weights {', '.join(unknown)}: missing or not part of this network")
        for parameter in parameters:
            parameter.check(arrays[parameter.name])
        for parameter in parameters:
            parameter.array[...] = arrays[parameter.name]

    def weights_crc(self) -> int:
        """CRC-32 over all weights' little-endian int16 bytes in the order of parameters()."""
        crc = 0
        for array in self.arrays().values():
            crc = zlib.crc32(np.ascontiguousarray(array, "<i2").tobytes(), crc)
        return crc

    def copy(self) -> Network:
        """An independent network with the same weights."""
        return copy.deepcopy(self)

    def logits(self, x: np.ndarray) -> np.ndarray:
        """x: int8 (N, *input_shape) → int8 (N, classes)."""
        out = np.empty((len(x), self.classes), np.int8)
        for start in range(0, len(x), BATCH):
            h = x[start : start + BATCH]
            for stage in self.stages:
                h = stage.forward(h)
            out[start : start + BATCH] = self.output.forward(flatten.forward(h))
        return out

    def predict(self, x: np.ndarray) -> np.ndarray:
        """x: int8 (N, *input_shape) → class indices int64 (N,); the first wins a tie."""
        return self.logits(x).argmax(axis=1)


def _stage(layer: dict, shape: Shape, classes: int) -> Stage:
    kind = layer["type"]
    if kind in ("max_pool", "avg_pool"):
        window = tuple(layer["size"])
        return Stage(kind, shape, (shape[0], *pool.output_size(shape[1:], window)), window=window)
    if kind == "dropout":
        return Stage(kind, shape, shape, percent=layer["percent"])
    if kind == "dense":
        block: Block = DenseBlock(int(np.prod(shape)), layer["units"], classes, layer["alpha_inv"])
        return Stage(kind, shape, block.output_shape, block)
    block = ConvBlock(
        shape,
        layer["channels"],
        tuple(layer["kernel"]),
        tuple(layer["stride"]),
        tuple(layer["padding"]),
        classes,
        layer["alpha_inv"],
        layer["head_features"],
        layer["head_pool"],
        layer.get("groups", 1),
    )
    return Stage(kind, shape, block.output_shape, block)
