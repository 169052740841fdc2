"""The forward and the backward pass of a batch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from integrad.arithmetic import requantise
from integrad.learners.backprop_scaling import CONSTANT, MAXIMUM, Scale
from integrad.network.backprop_blocks import INPUT_EXPONENT, BackpropCache, BackpropLayer
from integrad.network.backprop_stash import EXACT_STASH, PACKED_STASH, kept_in_two_bits
from integrad.network.layers import dropout, flatten
from integrad.network.network import Network
from integrad.network.stage import Stage


@dataclass
class Visit:
    """A stage in the forward pass of a batch. x: its input; kept: mask of a dropout; cache: of a block."""

    stage: Stage
    x: np.ndarray
    kept: np.ndarray | None = None
    cache: BackpropCache | None = None


class BatchPass:
    """A batch on its way through a network, with the scales of each layer, blocks first, output layer last.

    first: index of the first layer that learns; the number of layers if none does. stash: in STASHES.
    """

    def __init__(self, network: Network, scaling: str, first: int, stash: str = EXACT_STASH):
        self.network, self.first, self.stash = network, first, stash
        self.layers: list[BackpropLayer] = [*network.blocks, network.output]
        self.scales = [self._scale(scaling, index) for index in range(len(self.layers))]
        self.visits: list[Visit] = []
        self.output_cache: BackpropCache | None = None

    def _scale(self, scaling: str, index: int) -> Scale:
        """Layers that do not learn keep their shifts, unless all scaling is exact."""
        layer = self.layers[index]
        own = scaling if index >= self.first or scaling == MAXIMUM else CONSTANT
        return Scale(own, (layer.output_shift, layer.error_shift))

    def forward(self, x: np.ndarray, kept: list[np.ndarray] | None) -> np.ndarray:
        """Scores int8 (N, classes)."""
        masks, index = list(kept or []), 0
        for stage in self.network.stages:
            visit = Visit(stage, x)
            if stage.block is not None:
                visit.cache = self._run(index, flatten.forward(x) if stage.block.takes_features else x)
                x = visit.cache.h
                index += 1
            elif stage.kind == "dropout" and masks:
                visit.kept = masks.pop(0)
                x = dropout.forward(x, stage.percent, visit.kept)
            else:
                x = stage.forward(x)
            self.visits.append(visit)
        self.output_cache = self._run(index, flatten.forward(x))
        return self.output_cache.h

    @property
    def output_exponent(self) -> int:
        """Of the scores, after forward()."""
        shifts = sum(scale.shifts[0] for scale in self.scales)
        return INPUT_EXPONENT + shifts + sum(layer.weight_exponent for layer in self.layers)

    def backward(self, error: np.ndarray, gradient: bool = True) -> dict[int, dict[str, np.ndarray]]:
        """Index of a layer that learns → its gradients by role. error: int8 (N, classes) of the scores.

        gradient: False to determine scales only; the result is then empty.
        """
        found: dict[int, dict[str, np.ndarray]] = {}
        index = len(self.layers) - 1
        below = list(self.visits)
        cache = self.output_cache
        while index >= self.first:
            if gradient:
                found[index] = self.layers[index].gradients(error, cache)
            if index == self.first:
                break
            error = self._error_below(index, error, below[-1])
            while below[-1].cache is None:
                error = _through(below.pop(), error)
            index, visit = index - 1, below.pop()
            cache = visit.cache
            error = self.layers[index].derivative(error.reshape(cache.h.shape), cache.h)
        return found

    def _run(self, index: int, x: np.ndarray) -> BackpropCache:
        layer = self.layers[index]
        columns, sums = layer.accumulate(x)
        h = layer.activate(sums, self.scales[index].shift(0, sums))
        if index < self.first:
            return BackpropCache(x, None, h)
        # The first layer reads the samples, which are not kept, but given.
        if self.stash == PACKED_STASH and index > 0:
            return BackpropCache(kept_in_two_bits(x), None, h)
        return BackpropCache(x, columns, h)

    def _error_below(self, index: int, error: np.ndarray, below: Visit) -> np.ndarray:
        """int8 error of the output of the visited stage below the layer."""
        scale, sums = self.scales[index], self.layers[index].error_below(error)
        sums = sums.reshape(len(sums), *below.stage.output_shape)
        if scale.scaling != CONSTANT and below.cache is not None and below.stage.block.leak == 0:
            sums[below.cache.h <= 0] = 0  # the maximum is that of the errors that go on
        return requantise(sums, scale.shift(1, sums))


def _through(visit: Visit, error: np.ndarray) -> np.ndarray:
    """int8 error of the output of a stage without weights → int8 error of its input."""
    stage = visit.stage
    if stage.kind == "dropout":
        return error if visit.kept is None else dropout.forward(error, stage.percent, visit.kept)
    return stage.backward(error, visit.x).astype(np.int8)
