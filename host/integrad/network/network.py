"""A network: blocks, with pooling layers and dropout in between, and an output layer."""

from __future__ import annotations

import copy
import zlib

import numpy as np

from integrad.arithmetic import INT8_LIMIT, NARROW
from integrad.errors import IntegradError
from integrad.network.blocks import Block
from integrad.network.description import OUTPUT_BIAS, check_description
from integrad.network.layer_types.checks import MAX_BYTES
from integrad.network.layer_types.table import LAYER_TYPES
from integrad.network.layers import flatten
from integrad.network.learner_table import LEARNER_LAYERS, USUAL_LEARNER
from integrad.network.parameter import Parameter
from integrad.network.stage import Stage

Shape = tuple[int, ...]

BATCH = 256
"""Number of samples per pass in inference on the host."""


class Network:
    """Blocks and output layer of one network.

    input_shape: (C, H, W) for images, (C, 1, T) for time series, (F,) for feature vectors.
    classes: number of classes, at least 2. layers: the `layers` of a network description. learner: id of
    the learner. sums: width of the sums of layers in bits, 32 or 64; wider sums allow larger weights, see
    SumBounds. output_bias: whether the output layer has biases, of learners that leave it open. Raises
    IntegradError, naming the field, if the description is not a valid network.
    """

    def __init__(
        self,
        input_shape: Shape,
        classes: int,
        layers: list[dict],
        learner: str = USUAL_LEARNER,
        sums: int = NARROW,
        output_bias: bool = False,
    ):
        description = {"input_shape": list(input_shape), "classes": classes, "layers": list(layers)}
        if learner != USUAL_LEARNER:
            description["learner"] = learner
        if sums != NARROW:
            description["sums"] = sums
        if output_bias is not False:
            description[OUTPUT_BIAS] = output_bias
        check_description(description)
        self._description = copy.deepcopy(description)
        for layer in self._description["layers"]:
            LAYER_TYPES[layer["type"]].leave_out_defaults(layer)
        self.input_shape: Shape = tuple(input_shape)
        self.classes = classes
        self.learner = learner
        self.sums = sums
        self.stages: list[Stage] = []
        shape, limits = self.input_shape, [INT8_LIMIT]
        for layer in layers:
            layer_type = LAYER_TYPES[layer["type"]]
            limits.append(layer_type.output_limit(layer, limits[-1]))
            self.stages.append(layer_type.stage(layer, shape, classes))
            shape = self.stages[-1].output_shape
            self._check_size()
        options = {"biased": True} if output_bias else {}
        self.output = LEARNER_LAYERS[learner].output(int(np.prod(shape)), classes, self.blocks, **options)
        LEARNER_LAYERS[learner].set_bounds(self.stages, limits, self.output, sums)

    @classmethod
    def from_description(cls, description: dict) -> Network:
        """Inverse of describe(); weights are zero."""
        check_description(description)
        fields = dict(description)
        return cls(tuple(fields.pop("input_shape")), **fields)

    def describe(self) -> dict:
        """JSON-serialisable description: input_shape, classes, layers, and learner, sums and output_bias if
        they are not the defaults."""
        return copy.deepcopy(self._description)

    def _check_size(self) -> None:
        """The blocks so far, whose zeros take no memory yet."""
        blocks = self.blocks
        stored = sum(p.array.nbytes for layer, block in enumerate(blocks) for p in block.parameters(layer))
        if stored > MAX_BYTES:
            raise IntegradError(
                f"network: {len(blocks)} of its blocks have {stored:,} bytes of weights, "
                f"more than the {MAX_BYTES:,} supported"
            )

    @property
    def blocks(self) -> list[Block]:
        """The trainable blocks in order, without the output layer."""
        return [stage.block for stage in self.stages if stage.block is not None]

    @property
    def block_macs(self) -> int:
        """Multiply-accumulates of all blocks for one sample, without heads and output layer."""
        return sum(block.weights.size * block.positions for block in self.blocks)

    def initialise(self, rng: np.random.Generator, **settings: int) -> None:
        """Initialise all parameters according to the learner. settings: Learner.initialisation lists them."""
        LEARNER_LAYERS[self.learner].initialise(self.blocks, self.output, rng, **settings)

    def parameters(self) -> list[Parameter]:
        """All parameters in the order of model files: block1.weights, block1.head, …, output.weights."""
        blocks = [block.parameters(layer) for layer, block in enumerate(self.blocks)]
        return [parameter for found in [*blocks, self.output.parameters()] for parameter in found]

    def arrays(self) -> dict[str, np.ndarray]:
        """Name → array of all parameters, in the order of parameters()."""
        return {parameter.name: parameter.array for parameter in self.parameters()}

    def load_parameters(self, arrays: dict[str, np.ndarray]) -> None:
        """Copy arrays into the parameters. Raises IntegradError, naming an array that is missing or
        invalid."""
        parameters = self.parameters()
        if unknown := sorted(set(arrays) ^ {parameter.name for parameter in parameters}):
            raise IntegradError(f"weights {', '.join(unknown)}: missing or not part of this network")
        for parameter in parameters:
            parameter.check(arrays[parameter.name])
        for parameter in parameters:
            parameter.array[...] = arrays[parameter.name]

    def weights_crc(self) -> int:
        """CRC-32 of all parameters as they are stored, little-endian, in their order."""
        crc = 0
        for parameter in self.parameters():
            stored = parameter.dtype.newbyteorder("<")
            crc = zlib.crc32(np.ascontiguousarray(parameter.array, stored).tobytes(), crc)
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
        """x: int8 (N, *input_shape) → class indices int64 (N,); the first of equal scores."""
        return self.logits(x).argmax(axis=1)
