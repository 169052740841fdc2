"""The native engine of backpropagation: a whole training step in C, vectorised and multi-threaded, on the
arrays of the network."""

from __future__ import annotations

from ctypes import CDLL, byref
from functools import cache

import numpy as np

from integrad.engines.backprop_check import agrees_with_numpy
from integrad.engines.native import backprop_structs, structs
from integrad.engines.native.library import load_library
from integrad.engines.native.reservation import Functions, Reservation
from integrad.engines.native.trust import require_trust
from integrad.learners.backprop import Backprop, BackpropRule
from integrad.learners.backprop_loss import CROSS_ENTROPY
from integrad.learners.backprop_scaling import DELAYED, WIDTHS
from integrad.learners.backprop_update import NORMALISED, log2
from integrad.learners.step import Gradients, Step
from integrad.learners.table import learner_of
from integrad.network.layers.dropout import KEEP_SCALE
from integrad.network.network import Network
from integrad.network.parameter import BIAS, SCALES, WEIGHTS, Parameter
from integrad.network.stage import Stage

BATCH = 256
"""Number of samples per pass in inference."""

KINDS = {
    "backprop_dense": structs.DENSE,
    "backprop_conv": structs.CONV,
    "max_pool": structs.MAX_POOL,
    "avg_pool": structs.AVERAGE_POOL,
    "dropout": structs.DROPOUT,
}

GRADIENTS = {WEIGHTS: "gradient", BIAS: "bias_gradient"}
"""Role → field of the struct of a layer that receives the gradient."""


class BackpropEngine:
    """See Engine. threads: None to choose by the size of a step; library: the compiled library, or None.

    Raises IntegradError if no compiler is found or the compiled code computes wrong results.
    """

    name = "native"
    learners = (Backprop.id,)
    layer_types = tuple(KINDS)

    def __init__(self, network: Network, threads: int | None = None, library: CDLL | None = None):
        self._library = library or _trusted_library()
        self.network = network
        self.learner = learner_of(network)
        records = [*map(_describe, network.stages), _describe_output(network)]
        self._layers = (backprop_structs.Layer * len(records))(*records)
        self._dropouts = [record for record in self._layers if record.kind == structs.DROPOUT]
        self._chain = backprop_structs.Chain(self._layers, len(records), network.classes)
        functions = (self._library.backprop_reserve, self._library.backprop_release)
        macs = network.block_macs + network.output.weights.size
        self._reservation = Reservation(
            Functions(*functions, self._library.backprop_use_threads), self._chain, macs, threads
        )
        self._proved_batch = 0
        self._rule = None
        self.load()

    def step(self, x, labels, rule: BackpropRule, kept=None) -> Step:
        if rule.only_in_numpy:
            gradients, step = self.gradients(x, labels, rule, kept)
            self.descend(gradients, rule)
            return step
        self._apply(rule)
        return self._step(x, labels, kept)

    def gradients(self, x, labels, rule: BackpropRule, kept=None) -> tuple[Gradients, Step]:
        if rule.only_in_numpy:
            return self.learner.gradients(self.network, x, labels, rule, kept)
        self._apply(rule)
        gradients: Gradients = {}
        for parameter, record in [*self._weights, *self._biases]:
            if rule.learns(parameter):
                gradients[parameter.name] = np.empty(parameter.shape, np.int64)
                setattr(record, GRADIENTS[parameter.role], gradients[parameter.name].ctypes.data)
        try:
            step = self._step(x, labels, kept)
        finally:
            for _, record in self._weights:
                record.gradient = record.bias_gradient = None
        for parameter, record in self._scales:
            if rule.learns(parameter):
                gradients[parameter.name] = _counts(record.sum_bits, record.error_bits)
        return gradients, step

    def descend(self, gradients: Gradients, rule: BackpropRule) -> None:
        self.learner.descend(self.network, gradients, rule)

    def logits(self, x: np.ndarray) -> np.ndarray:
        out = np.empty((len(x), self.network.classes), np.int8)
        for start in range(0, len(x), BATCH):
            part = self._samples(x[start : start + BATCH])
            buffers = self._reservation.address(len(part), 1)
            self._library.backprop_logits(
                out[start:].ctypes.data, buffers, byref(self._chain), part.ctypes.data, len(part)
            )
        return out

    def fetch(self) -> None:
        """Nothing to do: the engine works on the arrays of the network."""

    def load(self) -> None:
        """Record the addresses of the arrays of the network."""
        stages = zip(self.network.stages, self._layers, strict=False)
        blocks = [record for stage, record in stages if stage.block is not None]
        self._weights: list[tuple[Parameter, backprop_structs.Layer]] = []
        self._biases: list[tuple[Parameter, backprop_structs.Layer]] = []
        self._scales: list[tuple[Parameter, backprop_structs.Layer]] = []
        for parameter in self.network.parameters():
            record = (
                self._layers[len(self._layers) - 1] if parameter.layer is None else blocks[parameter.layer]
            )
            setattr(record, parameter.role, parameter.array.ctypes.data)
            if parameter.role == WEIGHTS:
                self._weights.append((parameter, record))
            elif parameter.role == BIAS:
                self._biases.append((parameter, record))
            elif parameter.role == SCALES:
                self._scales.append((parameter, record))

    def _apply(self, rule: BackpropRule) -> None:
        if rule is self._rule:
            return
        self._rule = rule
        self._rule_struct = backprop_structs.RuleStruct(
            rule.loss == CROSS_ENTROPY,
            rule.update == NORMALISED,
            log2(rule.learning_rate_inv),
            rule.scaling == DELAYED,
        )
        for parameter, record in self._weights:
            record.learns = rule.learns(parameter)

    def _step(self, x: np.ndarray, labels: np.ndarray, kept: list[np.ndarray] | None) -> Step:
        x, labels = self._samples(x), np.ascontiguousarray(labels, np.int32)
        if len(labels) != len(x):
            raise ValueError(f"{len(labels)} labels for {len(x)} samples")
        if len(x) > self._proved_batch:
            self.learner.check_batch(self.network, len(x))
            self._proved_batch = len(x)
        buffers = self._reservation.address(len(x), 3)
        masks = [np.ascontiguousarray(mask, np.uint8) for mask in kept or []]
        for record, mask in zip(self._dropouts, masks or [None] * len(self._dropouts), strict=True):
            record.kept = None if mask is None else mask.ctypes.data
        score = structs.Score()
        self._library.backprop_step(
            byref(score),
            buffers,
            byref(self._chain),
            x.ctypes.data,
            labels.ctypes.data,
            len(x),
            byref(self._rule_struct),
        )
        return Step(score.loss, score.correct)

    def _samples(self, x: np.ndarray) -> np.ndarray:
        if x.shape[1:] != self.network.input_shape:
            raise ValueError(f"samples of shape {x.shape[1:]}, expected {self.network.input_shape}")
        return np.ascontiguousarray(x, np.int8)


@cache
def _trusted_library() -> CDLL:
    """The compiled library. Raises IntegradError if it computes wrong results."""
    return require_trust(
        load_library(),
        ".backprop-verdict",
        lambda library: agrees_with_numpy(lambda network: BackpropEngine(network, 1, library)),
    )


def _counts(*widths: int) -> np.ndarray:
    """int64 (2, 32): one count at the bit width of the largest sum of outputs and of errors, if there is
    one."""
    counts = np.zeros((len(widths), WIDTHS), np.int64)
    for row, width in zip(counts, widths, strict=True):
        if width != backprop_structs.NO_MAXIMUM:
            row[width] = 1
    return counts


def _describe(stage: Stage) -> backprop_structs.Layer:
    """The struct of a stage, without weights."""
    spatial = stage.kind != "backprop_dense"
    record = backprop_structs.Layer(KINDS[stage.kind], 0)
    _set_shapes(record, *(_map_shape(shape, spatial) for shape in (stage.input_shape, stage.output_shape)))
    if stage.window is not None:
        record.window_height, record.window_width = stage.window
    if stage.kind == "dropout":
        record.keep_scale = KEEP_SCALE[stage.percent]
    if stage.block is not None:
        record.leak = stage.block.leak
    if stage.kind == "backprop_conv":
        (record.kernel_height, record.kernel_width) = stage.block.kernel
        (record.stride_height, record.stride_width) = stage.block.stride
        (record.padding_height, record.padding_width) = stage.block.padding
        record.groups = stage.block.groups
    return record


def _describe_output(network: Network) -> backprop_structs.Layer:
    record = backprop_structs.Layer(structs.DENSE, 1)
    _set_shapes(record, (network.output.fan_in, 1, 1), (network.classes, 1, 1))
    return record


def _set_shapes(record: backprop_structs.Layer, shape: tuple, out: tuple) -> None:
    record.channels, record.height, record.width = shape
    record.out_channels, record.out_height, record.out_width = out
    record.kernel_height = record.kernel_width = record.stride_height = record.stride_width = 1
    record.groups = 1


def _map_shape(shape: tuple[int, ...], spatial: bool) -> tuple[int, int, int]:
    """(channels, height, width); vectors, and the flattened inputs of dense blocks, have channels only."""
    if spatial and len(shape) == 3:
        return shape
    return int(np.prod(shape)), 1, 1
