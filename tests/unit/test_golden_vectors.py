"""Golden vectors of the published NITRO-D code, in the regime where nothing saturates."""

from dataclasses import replace

import numpy as np

from integrad.engines.numpy_engine import NumpyEngine
from integrad.learners.nitro import Nitro
from integrad.network.network import Network
from integrad.training.stepper import Stepper


class LinearCongruential:
    """The generator that the golden vectors were drawn with."""

    def __init__(self, seed: int):
        self.state = seed

    def integers(self, shape: tuple[int, ...], low: int, high: int) -> np.ndarray:
        draws = []
        for _ in range(int(np.prod(shape))):
            self.state = (1103515245 * self.state + 12345) % 2**31
            draws.append(low + (self.state >> 16) % (high - low + 1))
        return np.array(draws).reshape(shape)


def checksum(array: np.ndarray) -> int:
    flat = array.astype(object).ravel()
    return int(sum((i + 1) * w for i, w in enumerate(flat))) % 2**32


def checksums(network: Network) -> list[int]:
    return [checksum(array) for array in network.arrays().values()]


MLP = {
    0: [4294798442, 4294957607, 4294919952, 4294965259, 4294962741],
    1: [4294766979, 4294866358, 4294657448, 4294921905, 4294922083],
    2: [4294499223, 4294907279, 4294199913, 4294932416, 4294932272],
    10: [4294339140, 4294884899, 4294592318, 4294927243, 4294926189],
}


def test_mlp():
    draw = LinearCongruential(1)
    dense = [{"type": "dense", "units": units, "alpha_inv": 4} for units in (12, 8)]
    network = Network((20,), 4, dense)
    network.load_parameters(
        {name: draw.integers(w.shape, -64, 64).astype(np.int16) for name, w in network.arrays().items()}
    )
    assert network.blocks[0].weights.ravel()[:6].tolist() == [4, 18, -13, 36, 27, 16]
    assert checksums(network) == MLP[0]
    learner = Stepper(network, 64, decay_inv=50, head_decay_inv=20)
    learner.rule = replace(learner.rule, amplification=64)
    for step in range(1, 11):
        x = draw.integers((16, 20), -100, 100).astype(np.int8)
        labels = draw.integers((16,), 0, 3)
        if step == 1:
            logits = network.logits(x)
            assert logits[0].tolist() == [0, -1, 2, 1]
            assert checksum(logits) == 1088
        learner.step(x, labels)
        if step in MLP:
            assert checksums(network) == MLP[step]


CNN = {
    1: [13359, 4294948048, 4294947469, 4294937264, 4292327699, 4294945422, 4294935941],
    2: [4294939720, 4294936520, 1247521, 4294915300, 820129, 4294937335, 4294935810],
    10: [4294827049, 4294934122, 1707699, 4294883481, 3115002, 4294939662, 4294937959],
}


def conv(channels: int) -> dict:
    return {
        "type": "conv",
        "channels": channels,
        "kernel": [3, 3],
        "stride": [1, 1],
        "padding": [1, 1],
        "alpha_inv": 4,
        "head_features": 16,
        "head_pool": "max",
    }


class Published(Nitro):
    """The published code updates the dense blocks of a CNN twice a batch, by accident."""

    def gradients(self, *arguments):
        self.dense = []
        return super().gradients(*arguments)

    def block_gradients(self, layer, block, cache, targets):
        if block.weights.ndim == 2:
            self.dense.append((layer, block, cache, targets))
        return super().block_gradients(layer, block, cache, targets)

    def descend(self, network, gradients, rule):
        super().descend(network, gradients, rule)
        for arguments in list(self.dense):
            super().descend(network, self.block_gradients(*arguments), rule)


def test_cnn_with_padded_heads():
    draw = LinearCongruential(2)
    layers = [conv(3), {"type": "max_pool", "size": [2, 2]}, conv(4)]
    network = Network((2, 6, 6), 3, [*layers, {"type": "dense", "units": 8, "alpha_inv": 4}])
    assert network.blocks[0].head_pooling.window == (4, 4)
    assert network.blocks[0].head_pooling.padding == (2, 2)
    ranges = [64, 64, 60, 64, 50, 64, 64]
    network.load_parameters(
        {
            name: draw.integers(w.shape, -r, r).astype(np.int16)
            for (name, w), r in zip(network.arrays().items(), ranges, strict=True)
        }
    )
    engine = NumpyEngine(network)
    engine.learner = Published()
    learner = Stepper(network, 64, decay_inv=50, head_decay_inv=20, engine=engine)
    learner.rule = replace(learner.rule, amplification=64)
    for step in range(1, 11):
        x = draw.integers((16, 2, 6, 6), -100, 100).astype(np.int8)
        labels = draw.integers((16,), 0, 2)
        learner.step(x, labels)
        if step in CNN:
            assert checksums(network) == CNN[step]
