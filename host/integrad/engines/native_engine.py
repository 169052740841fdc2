"""The native engine: a whole training step in C, vectorised and threaded, in the network's own arrays."""

from __future__ import annotations

import ctypes
import os
import weakref
from ctypes import POINTER, Structure, byref, c_double, c_int32, c_int64, c_size_t, c_void_p

import numpy as np

from integrad.arithmetic import ERROR_LIMIT, INT32_LIMIT, SCALE, SLOPES, weight_limit
from integrad.engines.engine import Gradients, Rule, Step
from integrad.engines.native_library import load_library
from integrad.errors import IntegradError
from integrad.layers.dropout import KEEP_SCALE
from integrad.network import Network, Stage

LARGEST_GRADIENT = 2**49
"""The C divides with doubles, exactly below this."""

BATCH = 256
"""Samples that inference takes through the network at a time."""

SMALL_STEP = 20_000_000
"""Multiply-accumulates of a step below which a second thread costs more than it brings."""

KINDS = {"dense": 0, "conv": 1, "max_pool": 2, "avg_pool": 3, "dropout": 4}


class _Classifier(Structure):
    _fields_ = [("weights", c_void_p), ("gradient", c_void_p)] + [
        (name, c_int32) for name in ("features", "limit", "learns")
    ]


class _Pooling(Structure):
    _fields_ = [
        (name, c_int32)
        for name in (
            "average", "window_height", "window_width", "padding_height", "padding_width", "height", "width",
        )
    ]  # fmt: skip


class _Stage(Structure):
    _fields_ = [
        *(
            (name, c_int32)
            for name in (
                "kind", "channels", "height", "width", "out_channels", "out_height", "out_width",
                "kernel_height", "kernel_width", "stride_height", "stride_width",
                "padding_height", "padding_width", "alpha_inv", "mean", "limit", "learns",
            )
        ),
        ("inverse_scale", c_double),
        ("weights", c_void_p),
        ("gradient", c_void_p),
        ("head", _Classifier),
        ("pool", _Pooling),
        ("keep_scale", c_int32),
        ("kept", c_void_p),
    ]  # fmt: skip


class _Network(Structure):
    _fields_ = [
        ("stages", POINTER(_Stage)),
        ("count", c_int32),
        ("classes", c_int32),
        ("threads", c_int32),
        ("output", _Classifier),
    ]


class _Rule(Structure):
    _fields_ = [(name, c_double) for name in ("rate", "head_rate", "decay", "head_decay")]


class _Score(Structure):
    _fields_ = [("loss", c_int64), ("correct", c_int64)]


class NativeEngine:
    """See Engine. threads: None chooses by the size of a step.

    Raises IntegradError where no compiler is found, or where the network's widths exceed what its
    32-bit errors hold (more than 413 classes at the widest weights).
    """

    name = "native"

    def __init__(self, network: Network, threads: int | None = None):
        self._library = load_library()
        self._library.integrad_reserve.restype = c_void_p
        self._library.integrad_release.argtypes = [c_void_p]
        self._library.integrad_release.restype = None
        self.network = network
        self.threads = threads
        self._macs = sum(block.weights.size * block.positions for block in network.blocks)
        self._check_widths()
        self._stages = (_Stage * max(1, len(network.stages)))(*map(_describe, network.stages))
        self._network = _Network(self._stages, len(network.stages), network.classes, 1, _Classifier())
        self._cores = len(os.sched_getaffinity(0))
        self._workspace, self._reserved = None, (0, 0)
        self._proved_batch = 0
        self._rule = None
        self.load()

    def step(self, x, labels, rule: Rule, kept=None) -> Step:
        self._apply(rule)
        return self._step(x, labels, kept)

    def gradients(self, x, labels, rule: Rule, kept=None) -> tuple[Gradients, Step]:
        self._apply(rule)
        gradients: Gradients = {}
        for name, (record, weights, learns) in self._records.items():
            if learns(rule):
                gradients[name] = np.empty(weights.shape, np.int64)
                record.gradient = gradients[name].ctypes.data
        try:
            return gradients, self._step(x, labels, kept)
        finally:
            for record, _, _ in self._records.values():
                record.gradient = None

    def descend(self, gradients: Gradients, rule: Rule) -> None:
        for name, gradient in gradients.items():
            gradient = np.ascontiguousarray(gradient, np.int64)
            if np.abs(gradient).max(initial=0) >= LARGEST_GRADIENT:
                raise IntegradError(f"{name}: a gradient exceeds what the native engine divides exactly")
            record, weights, _ = self._records[name]
            divisor, decay_inv = rule.descent(name)
            decay = 1 / decay_inv if decay_inv else 0.0
            self._library.integrad_descend(
                c_void_p(weights.ctypes.data),
                c_void_p(gradient.ctypes.data),
                c_size_t(gradient.size),
                c_int32(record.limit),
                c_double(1 / divisor),
                c_double(decay),
            )

    def logits(self, x: np.ndarray) -> np.ndarray:
        out = np.empty((len(x), self.network.classes), np.int8)
        for start in range(0, len(x), BATCH):
            part = np.ascontiguousarray(x[start : start + BATCH])
            self._prepare(len(part), 1)
            self._library.integrad_logits(
                c_void_p(out[start:].ctypes.data),
                c_void_p(self._workspace),
                byref(self._network),
                c_void_p(part.ctypes.data),
                c_int32(len(part)),
            )
        return out

    def fetch(self) -> None:
        """Nothing to do: the weights never leave the network's arrays."""

    def load(self) -> None:
        """Look up where the network's arrays are now."""
        self._records = {}
        number = 0
        for stage, record in zip(self.network.stages, self._stages, strict=False):
            if stage.block is None:
                continue
            number += 1
            learns = _block_learns(number - 1)
            self._adopt(f"block{number}.weights", record, stage.block.weights, learns)
            self._adopt(f"block{number}.head", record.head, stage.block.head, learns)
        output = self.network.output.weights
        self._network.output.features = output.shape[1]
        self._adopt("output.weights", self._network.output, output, lambda rule: rule.learn_set.output_learns)

    def _adopt(self, name: str, record, weights: np.ndarray, learns) -> None:
        record.weights = weights.ctypes.data
        record.limit = weight_limit(int(np.prod(weights.shape[1:])))
        self._records[name] = (record, weights, learns)

    def _apply(self, rule: Rule) -> None:
        if rule is self._rule:
            return
        self._rule = rule
        (rate, decay), (head_rate, head_decay) = rule.descent("block1.weights"), rule.descent("block1.head")
        inverse = [1 / n if n else 0.0 for n in (rate, head_rate, decay, head_decay)]
        self._rates = _Rule(*inverse)
        for name, (record, _, learns) in self._records.items():
            if not name.endswith(".head"):
                record.learns = learns(rule)

    def _step(self, x: np.ndarray, labels: np.ndarray, kept: list[np.ndarray] | None) -> Step:
        x, labels = np.ascontiguousarray(x, np.int8), np.ascontiguousarray(labels, np.int32)
        if len(x) > self._proved_batch:
            self._check_batch(len(x))
            self._proved_batch = len(x)
        self._prepare(len(x), 3)
        masks = [np.ascontiguousarray(mask, np.uint8) for mask in kept or []]
        dropouts = (record for record in self._stages if record.kind == KINDS["dropout"])
        for record, mask in zip(dropouts, masks or [None] * len(self._stages), strict=False):
            record.kept = None if mask is None else mask.ctypes.data
        score = _Score()
        self._library.integrad_step(
            byref(score),
            c_void_p(self._workspace),
            byref(self._network),
            c_void_p(x.ctypes.data),
            c_void_p(labels.ctypes.data),
            c_int32(len(x)),
            byref(self._rates),
        )
        return Step(score.loss, score.correct)

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
            self._workspace = self._library.integrad_reserve(
                byref(self._network), c_int32(reserved[0]), c_int32(reserved[1])
            )
            if self._workspace is None:
                raise IntegradError(f"not enough memory for a batch of {batch}; take a smaller --batch-size")
            self._finalizer = weakref.finalize(self, self._library.integrad_release, self._workspace)
            self._reserved = reserved
        self._library.integrad_use_threads(c_void_p(self._workspace), c_int32(threads))

    def _check_widths(self) -> None:
        for number, block in enumerate(self.network.blocks, 1):
            if self._largest_error(block) > INT32_LIMIT:
                raise IntegradError(f"block {number}: its errors may exceed 32 bits; take the numpy engine")

    def _check_batch(self, batch: int) -> None:
        for number, block in enumerate(self.network.blocks, 1):
            if batch * block.positions * 127 * self._largest_error(block) >= LARGEST_GRADIENT:
                raise IntegradError(
                    f"block {number}: the gradients of a batch of {batch} may exceed what the native engine "
                    "divides exactly; take a smaller --batch-size or the numpy engine"
                )

    def _largest_error(self, block) -> int:
        return ERROR_LIMIT * self.network.classes * weight_limit(block.head_features)


def _block_learns(index: int):
    return lambda rule: rule.learn_set.block_learns(index)


def _describe(stage: Stage) -> _Stage:
    """Everything but the weights."""
    spatial = stage.kind != "dense"
    shape, out = (_map_shape(shape, spatial) for shape in (stage.input_shape, stage.output_shape))
    record = _Stage(KINDS[stage.kind], *shape, *out, 1, 1, 1, 1, 0, 0)
    block = stage.block
    if stage.window is not None:
        record.pool = _Pooling(stage.kind == "avg_pool", *stage.window, 0, 0, *out[1:])
    if stage.kind == "dropout":
        record.keep_scale = KEEP_SCALE[stage.percent]
    if block is None:
        return record
    record.alpha_inv, record.mean = block.alpha_inv, SLOPES[block.alpha_inv].mean
    record.inverse_scale = 1 / (SCALE * block.fan_in)
    record.head.features = block.head_features
    if stage.kind == "conv":
        (record.kernel_height, record.kernel_width) = block.kernel
        (record.stride_height, record.stride_width) = block.stride
        (record.padding_height, record.padding_width) = block.padding
        pooling = block.head_pooling
        record.pool = _Pooling(pooling.kind == "avg", *pooling.window, *pooling.padding, *pooling.size)
    return record


def _map_shape(shape: tuple[int, ...], spatial: bool) -> tuple[int, int, int]:
    """(channels, height, width); a vector is channels alone, and so is what a dense block flattens."""
    if spatial and len(shape) == 3:
        return shape
    return int(np.prod(shape)), 1, 1


def describe() -> str:
    """For reports: that the engine works here, and with what. Raises IntegradError where it does not."""
    library = load_library()
    library.integrad_description.restype = ctypes.c_char_p
    return library.integrad_description().decode()
