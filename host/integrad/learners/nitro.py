"""NITRO-D: every block learns from its own head by integer SGD, the output layer from its own error.

Source: Pirillo, Colombo, Roveri, arXiv 2407.11698, integer local-loss blocks and IntegerSGD.
"""

from __future__ import annotations

import numpy as np

from integrad.arithmetic import AMPLIFICATION
from integrad.engines.engine import Engine, Rule, Step
from integrad.engines.numpy_engine import NumpyEngine
from integrad.network.layers import dropout
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network


class Nitro:
    """Trains a network in place.

    learning_rate_inv: divisor of the heads' and the output layer's gradients, at least 1. Gradients
    are batch sums, so it scales with the batch (8 · batch size is a good start).
    decay_inv, head_decay_inv: a step takes tdiv(weight, decay) off the blocks' weights, and off the
    heads' and the output layer's; 0 means no decay. learn: "all", "last:K", "output" or "none".
    amplification: forward layers divide by learning_rate_inv · amplification; 64 · classes by default.
    engine: what computes; NumPy by default.
    """

    def __init__(
        self,
        network: Network,
        learning_rate_inv: int,
        decay_inv: int = 0,
        head_decay_inv: int = 0,
        learn: str = "all",
        amplification: int | None = None,
        engine: Engine | None = None,
    ):
        self.network = network
        self.engine = engine or NumpyEngine(network)
        self.rule = Rule(
            learning_rate_inv,
            decay_inv,
            head_decay_inv,
            amplification or AMPLIFICATION * network.classes,
            LearnSet.parse(learn, len(network.blocks)),
        )

    def step(self, x: np.ndarray, labels: np.ndarray, rng: np.random.Generator | None = None) -> Step:
        """One batch. x: int8 (B, *input_shape); labels: int (B,) in 0…classes-1.

        rng draws the dropouts; without it nothing is dropped, as on a device.
        """
        return self.engine.step(x, labels, self.rule, draw_dropouts(self.network, len(x), rng))


def draw_dropouts(network: Network, batch: int, rng: np.random.Generator | None) -> list[np.ndarray] | None:
    """What each dropout stage keeps of a batch, bool (batch, *shape) in order; None without a generator."""
    if rng is None:
        return None
    stages = [stage for stage in network.stages if stage.kind == "dropout"]
    return [dropout.draw((batch, *stage.input_shape), stage.percent, rng) for stage in stages]
