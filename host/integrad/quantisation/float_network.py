"""A network computed in float32: the one that is quantised, for comparison."""

from __future__ import annotations

import numpy as np

from integrad.network.backprop_blocks import BackpropConv, BackpropLayer
from integrad.network.layer_types.pools import AVERAGE_POOL
from integrad.network.layers import columns, pool
from integrad.network.network import BATCH, Network
from integrad.network.stage import Stage
from integrad.quantisation.biases import Biases


class FloatNetwork:
    """weights: float of each layer, blocks first, output layer last, in the shapes of the layers'; biases:
    the same, None for a layer without, or for all.
    """

    def __init__(self, network: Network, weights: list[np.ndarray], biases: Biases | None = None):
        self.network = network
        self.weights = [array.astype(np.float32) for array in weights]
        self.biases = [
            np.float32(0) if b is None else b.astype(np.float32) for b in biases or [None] * len(weights)
        ]

    def scores(self, x: np.ndarray) -> np.ndarray:
        """x: float (N, *input_shape) → float32 (N, classes)."""
        parts = [self._scores(x[start : start + BATCH]) for start in range(0, len(x), BATCH)]
        return np.concatenate(parts) if parts else np.empty((0, self.network.classes), np.float32)

    def _scores(self, x: np.ndarray) -> np.ndarray:
        layers = zip(self.weights, self.biases, strict=True)
        x = x.astype(np.float32)
        for stage in self.network.stages:
            x = _through(stage, x, layers)
        return _sums(self.network.output, x, *next(layers))


def _through(stage: Stage, x: np.ndarray, layers) -> np.ndarray:
    if stage.block is None:
        if stage.kind == AVERAGE_POOL.kind:
            return _average(x, stage.window)
        return stage.forward(x)
    sums = _sums(stage.block, x, *next(layers))
    return np.maximum(sums, sums / stage.block.leak if stage.block.leak else 0)


def _sums(layer: BackpropLayer, x: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    if not isinstance(layer, BackpropConv):
        return x.reshape(len(x), -1) @ weights.T + bias
    found = columns.gather(x, layer.kernel, layer.stride, layer.padding)
    by_group = found.reshape(len(x), layer.groups, layer.fan_in, -1)
    sums = weights.reshape(layer.groups, -1, layer.fan_in) @ by_group
    return sums.reshape(len(x), *layer.output_shape) + bias.reshape(-1, 1, 1)


def _average(x: np.ndarray, window: tuple[int, int]) -> np.ndarray:
    (height, width), (kh, kw) = pool.output_size(x.shape[2:], window), window
    cut = x[:, :, : height * kh, : width * kw]
    return cut.reshape(*x.shape[:2], height, kh, width, kw).mean(axis=(3, 5))
