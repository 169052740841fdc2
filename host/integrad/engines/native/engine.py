"""The native engine: a whole training step in C, vectorised and threaded, in the network's own arrays."""

from __future__ import annotations

import os
import weakref
from ctypes import CDLL, byref
from functools import cache
from pathlib import Path

import numpy as np

from integrad.arithmetic import ERROR_LIMIT, INT8_LIMIT, INT32_LIMIT, SLOPES, magnitude, weight_limit
from integrad.engines.engine_check import agrees_with_numpy
from integrad.engines.native import structs
from integrad.engines.native.library import load_library
from integrad.errors import IntegradError
from integrad.learners.nitro import NitroRule
from integrad.learners.step import Gradients, Step
from integrad.network.blocks import Block
from integrad.network.layers.dropout import KEEP_SCALE
from integrad.network.network import Network, Stage
from integrad.network.parameter import HEAD

LARGEST_GRADIENT = 2**49
"""The C divides with doubles, exactly below this."""

BATCH = 256
"""Samples that inference takes through the network at a time."""

SMALL_STEP = 20_000_000
"""Multiply-accumulates of a step below which a second thread costs more than it brings."""

KINDS = {
    "dense": structs.DENSE,
    "conv": structs.CONV,
    "max_pool": structs.MAX_POOL,
    "avg_pool": structs.AVERAGE_POOL,
    "dropout": structs.DROPOUT,
}


def usable_cores() -> int:
    """What this process may run on, or fewer if OMP_NUM_THREADS says so, as programs with OpenMP obey it."""
    cores, wanted = len(os.sched_getaffinity(0)), os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(wanted)) if wanted.isdigit() and int(wanted) > 0 else cores


class NativeEngine:
    """See Engine. threads: None chooses by the size of a step; library: what was compiled, or None.

    Raises IntegradError where no compiler is found, where what it made computes wrongly, or where the
    network's widths exceed what its 32-bit errors hold (more than 413 classes at the widest weights).
    """

    name = "native"

    def __init__(self, network: Network, threads: int | None = None, library: CDLL | None = None):
        self._library = library or _trusted_library()
        self.network = network
        self.threads = threads
        self._macs = network.block_macs
        self._check_widths()
        self._stages = (structs.Stage * max(1, len(network.stages)))(*map(_describe, network.stages))
        self._dropouts = [record for record in self._stages if record.kind == structs.DROPOUT]
        self._network = structs.NetworkStruct(self._stages, len(network.stages), network.classes)
        self._cores = usable_cores()
        self._workspace, self._reserved = None, (0, 0)
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
                raise IntegradError(f"{name}: a gradient exceeds what the native engine divides exactly")
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
            self._prepare(len(part), 1)
            self._library.integrad_logits(
                out[start:].ctypes.data, self._workspace, byref(self._network), part.ctypes.data, len(part)
            )
        return out

    def fetch(self) -> None:
        """Nothing to do: the weights never leave the network's arrays."""

    def load(self) -> None:
        """Look up where the network's arrays are now."""
        stages = zip(self.network.stages, self._stages, strict=False)
        blocks = [record for stage, record in stages if stage.block is not None]
        self._network.output.features = self.network.output.fan_in
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
            if parameter.role != HEAD:  # a head learns when its block does
                record.learns = rule.learns(parameter)

    def _step(self, x: np.ndarray, labels: np.ndarray, kept: list[np.ndarray] | None) -> Step:
        x, labels = self._samples(x), np.ascontiguousarray(labels, np.int32)
        if len(labels) != len(x):
            raise ValueError(f"{len(labels)} labels for {len(x)} samples")
        if len(x) > self._proved_batch:
            self._check_batch(len(x))
            self._proved_batch = len(x)
        self._prepare(len(x), 3)
        masks = [np.ascontiguousarray(mask, np.uint8) for mask in kept or []]
        for record, mask in zip(self._dropouts, masks or [None] * len(self._dropouts), strict=True):
            record.kept = None if mask is None else mask.ctypes.data
        score = structs.Score()
        self._library.integrad_step(
            byref(score),
            self._workspace,
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

    def _prepare(self, batch: int, passes: int) -> None:
        """A workspace for this batch and as many threads as its work is worth."""
        threads = self.threads
        if threads is None:
            work = self._macs * batch * passes
            threads = 1 if work < SMALL_STEP else self._cores
        reserved = max(batch, self._reserved[0]), max(threads, self._reserved[1])
        if self._workspace is None or reserved != self._reserved:
            if self._workspace is not None:
                self._finalizer()
            self._workspace = self._library.integrad_reserve(byref(self._network), *reserved)
            if self._workspace is None:
                raise IntegradError(f"not enough memory for a batch of {batch}; take a smaller --batch-size")
            self._finalizer = weakref.finalize(self, self._library.integrad_release, self._workspace)
            self._reserved = reserved
        self._library.integrad_use_threads(self._workspace, threads)

    def _check_widths(self) -> None:
        for number, block in enumerate(self.network.blocks, 1):
            if self._largest_error(block) > INT32_LIMIT:
                raise IntegradError(f"block {number}: its errors may exceed 32 bits; take the numpy engine")

    def _check_batch(self, batch: int) -> None:
        for number, block in enumerate(self.network.blocks, 1):
            # A head's window passes its error to one cell, or shares it among several.
            windows = block.head_features // block.weights.shape[0]
            if batch * windows * INT8_LIMIT * self._largest_error(block) >= LARGEST_GRADIENT:
                raise IntegradError(
                    f"block {number}: the gradients of a batch of {batch} may exceed what the native engine "
                    "divides exactly; take a smaller --batch-size or the numpy engine"
                )

    def _largest_error(self, block: Block) -> int:
        return ERROR_LIMIT * self.network.classes * weight_limit(block.head_features)


def describe() -> str:
    """For reports: that the engine works here, and with what. Raises IntegradError where it does not."""
    return _trusted_library().integrad_description().decode()


@cache
def _trusted_library() -> CDLL:
    """The compiled library once it has agreed with NumPy, which is remembered beside it.

    Raises IntegradError if it has not: a compiler may be wrong, and a wrong bit would spoil a training.
    """
    library = load_library()
    verdict = Path(library._name).with_suffix(".verdict")
    try:
        agrees = verdict.read_text() == "right"
    except OSError:
        agrees = agrees_with_numpy(lambda network: NativeEngine(network, 1, library))
        _remember(verdict, "right" if agrees else "wrong")
    if not agrees:
        raise IntegradError("the native engine, as compiled here, computes wrongly on this machine")
    return library


def _remember(verdict: Path, text: str) -> None:
    try:
        verdict.write_text(text)
    except OSError:
        return  # the next process computes it again


def _describe(stage: Stage) -> structs.Stage:
    """Everything but the weights."""
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
    """(channels, height, width); a vector is channels alone, and so is what a dense block flattens."""
    if spatial and len(shape) == 3:
        return shape
    return int(np.prod(shape)), 1, 1
