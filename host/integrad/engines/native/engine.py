"""The native engine: a whole training step in C, vectorised and multi-threaded, on the arrays of the
network."""

from __future__ import annotations

from ctypes import CDLL, byref
from functools import cache

import numpy as np

from integrad.arithmetic import ERROR_LIMIT, INT8_LIMIT, INT32_LIMIT, SLOPES, WIDE, magnitude
from integrad.engines.engine_check import agrees_with_numpy
from integrad.engines.native import structs
from integrad.engines.native.library import load_library
from integrad.engines.native.reservation import Functions, Reservation
from integrad.engines.native.trust import require_trust
from integrad.errors import IntegradError
from integrad.learners.nitro import Nitro, NitroRule
from integrad.learners.step import Gradients, Step
from integrad.network.blocks import Block
from integrad.network.layers.dropout import KEEP_SCALE
from integrad.network.network import Network, Stage
from integrad.network.parameter import HEAD

LARGEST_GRADIENT = 2**49
"""The C code divides in double precision, which is exact below this limit."""

BATCH = 256
"""Number of samples per pass in inference."""

KINDS = {
    "dense": structs.DENSE,
    "conv": structs.CONV,
    "max_pool": structs.MAX_POOL,
    "avg_pool": structs.AVERAGE_POOL,
    "dropout": structs.DROPOUT,
}


class NativeEngine:
    """See Engine. threads: None to choose by the size of a step; library: the compiled library, or None.

    Raises IntegradError if no compiler is found, if the compiled code computes wrong results, or if the
    errors of the network may exceed 32 bits (more than 413 classes with the widest weights).
    """

    name = "native"
    learners = (Nitro.id,)
    layer_types = tuple(KINDS)

    def __init__(self, network: Network, threads: int | None = None, library: CDLL | None = None):
        self._library = library or _trusted_library()
        self.network = network
        self._check_widths()
        self._stages = (structs.Stage * max(1, len(network.stages)))(*map(_describe, network.stages))
        self._dropouts = [record for record in self._stages if record.kind == structs.DROPOUT]
        self._network = structs.NetworkStruct(self._stages, len(network.stages), network.classes)
        functions = (self._library.integrad_reserve, self._library.integrad_release)
        self._reservation = Reservation(
            Functions(*functions, self._library.integrad_use_threads),
            self._network,
            network.block_macs,
            threads,
        )
        self._proved_batch = 0
        self._rule = None
        self.load()

    def step(self, x, labels, rule: NitroRule, kept=None) -> Step:
        self._apply(rule)
        return self._step(x, labels, kept)

    def gradients(self, x, labels, rule: NitroRule, kept=None) -> tuple[Gradients, Step]:
        self._apply(rule)
        gradients: Gradients = {}
        for name, (parameter, record) in self._records.items():
            if rule.learns(parameter):
                gradients[name] = np.empty(parameter.shape, np.int64)
                record.gradient = gradients[name].ctypes.data
        try:
            return gradients, self._step(x, labels, kept)
        finally:
            for _, record in self._records.values():
                record.gradient = None

    def descend(self, gradients: Gradients, rule: NitroRule) -> None:
        for name, gradient in gradients.items():
            gradient = np.ascontiguousarray(gradient, np.int64)
            if magnitude(gradient) >= LARGEST_GRADIENT:
                raise IntegradError(f"{name}: a gradient exceeds what the native engine can divide exactly")
            parameter, _ = self._records[name]
            divisor, decay_inv = rule.descent(parameter)
            self._library.integrad_descend(
                parameter.array.ctypes.data,
                gradient.ctypes.data,
                gradient.size,
                parameter.limit,
                1 / divisor,
                1 / decay_inv if decay_inv else 0.0,
            )

    def logits(self, x: np.ndarray) -> np.ndarray:
        out = np.empty((len(x), self.network.classes), np.int8)
        for start in range(0, len(x), BATCH):
            part = self._samples(x[start : start + BATCH])
            workspace = self._reservation.address(len(part), 1)
            self._library.integrad_logits(
                out[start:].ctypes.data, workspace, byref(self._network), part.ctypes.data, len(part)
            )
        return out

    def fetch(self) -> None:
        """Nothing to do: the engine works on the arrays of the network."""

    def load(self) -> None:
        """Record the addresses of the arrays of the network."""
        stages = zip(self.network.stages, self._stages, strict=False)
        blocks = [record for stage, record in stages if stage.block is not None]
        self._network.output.features = self.network.output.fan_in
        self._network.output.wide = self.network.output.bounds.bits == WIDE
        self._records = {}
        for parameter in self.network.parameters():
            record = self._network.output if parameter.layer is None else blocks[parameter.layer]
            record = record.head if parameter.role == HEAD else record
            record.weights, record.limit = parameter.array.ctypes.data, parameter.limit
            self._records[parameter.name] = parameter, record

    def _apply(self, rule: NitroRule) -> None:
        if rule is self._rule:
            return
        self._rule = rule
        (rate, decay), (head_rate, head_decay) = rule.block_descent, rule.head_descent
        self._rates = structs.RuleStruct(*(1 / n if n else 0.0 for n in (rate, head_rate, decay, head_decay)))
        for parameter, record in self._records.values():
            if parameter.role != HEAD:  # a head learns if its block does
                record.learns = rule.learns(parameter)

    def _step(self, x: np.ndarray, labels: np.ndarray, kept: list[np.ndarray] | None) -> Step:
        x, labels = self._samples(x), np.ascontiguousarray(labels, np.int32)
        if len(labels) != len(x):
            raise ValueError(f"{len(labels)} labels for {len(x)} samples")
        if len(x) > self._proved_batch:
            self._check_batch(len(x))
            self._proved_batch = len(x)
        workspace = self._reservation.address(len(x), 3)
        masks = [np.ascontiguousarray(mask, np.uint8) for mask in kept or []]
        for record, mask in zip(self._dropouts, masks or [None] * len(self._dropouts), strict=True):
            record.kept = None if mask is None else mask.ctypes.data
        score = structs.Score()
        self._library.integrad_step(
            byref(score),
            workspace,
            byref(self._network),
            x.ctypes.data,
            labels.ctypes.data,
            len(x),
            byref(self._rates),
        )
        return Step(score.loss, score.correct)

    def _samples(self, x: np.ndarray) -> np.ndarray:
        if x.shape[1:] != self.network.input_shape:
            raise ValueError(f"samples of shape {x.shape[1:]}, expected {self.network.input_shape}")
        return np.ascontiguousarray(x, np.int8)

    def _check_widths(self) -> None:
        for number, block in enumerate(self.network.blocks, 1):
            if self._largest_error(block) > INT32_LIMIT:
                raise IntegradError(f"block {number}: its errors may exceed 32 bits; use --engine numpy")

    def _check_batch(self, batch: int) -> None:
        for number, block in enumerate(self.network.blocks, 1):
            # A window of a head's pooling passes its error to one cell or distributes it among several.
            windows = block.head_features // block.weights.shape[0]
            if batch * windows * INT8_LIMIT * self._largest_error(block) >= LARGEST_GRADIENT:
                raise IntegradError(
                    f"block {number}: the gradients of a batch of {batch} may exceed what the native engine "
                    "can divide exactly; use a smaller --batch-size or --engine numpy"
                )

    def _largest_error(self, block: Block) -> int:
        return ERROR_LIMIT * self.network.classes * block.head_bounds.weight_limit


def describe() -> str:
    """Description for reports: what the engine uses. Raises IntegradError if it is not available."""
    return _trusted_library().integrad_description().decode()


@cache
def _trusted_library() -> CDLL:
    """The compiled library. Raises IntegradError if it computes wrong results."""
    return require_trust(
        load_library(),
        ".verdict",
        lambda library: agrees_with_numpy(lambda network: NativeEngine(network, 1, library)),
    )


def _describe(stage: Stage) -> structs.Stage:
    """The struct of a stage, without weights."""
    spatial = stage.kind != "dense"
    shape, out = (_map_shape(shape, spatial) for shape in (stage.input_shape, stage.output_shape))
    record = structs.Stage(KINDS[stage.kind], *shape, *out, 1, 1, 1, 1, 0, 0, 1)
    block = stage.block
    if stage.window is not None:
        record.pool = structs.Pooling(stage.kind == "avg_pool", *stage.window, 0, 0, *out[1:])
    if stage.kind == "dropout":
        record.keep_scale = KEEP_SCALE[stage.percent]
    if block is None:
        return record
    record.alpha_inv, record.mean = block.alpha_inv, SLOPES[block.alpha_inv].mean
    record.wide, record.head.wide = block.bounds.bits == WIDE, block.head_bounds.bits == WIDE
    record.head.features = block.head_features
    if stage.kind == "conv":
        (record.kernel_height, record.kernel_width) = block.kernel
        (record.stride_height, record.stride_width) = block.stride
        (record.padding_height, record.padding_width) = block.padding
        record.groups = block.groups
        pooling = block.head_pooling
        record.pool = structs.Pooling(pooling.kind == "avg", *pooling.window, *pooling.padding, *pooling.size)
    return record


def _map_shape(shape: tuple[int, ...], spatial: bool) -> tuple[int, int, int]:
    """(channels, height, width); vectors, and the flattened inputs of dense blocks, have channels only."""
    if spatial and len(shape) == 3:
        return shape
    return int(np.prod(shape)), 1, 1
