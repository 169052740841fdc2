"""Training steps, one after the other: a network's learner, the rule that it follows, and what computes."""

from __future__ import annotations

import numpy as np

from integrad.engines.engine import Engine
from integrad.engines.numpy_engine import NumpyEngine
from integrad.learners.schedule import Schedule
from integrad.learners.step import Step
from integrad.learners.table import learner_of
from integrad.network.layers import dropout
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network


class Stepper:
    """Trains a network in place by the rule of its learner.

    learning_rate_inv and settings: hyper-parameters of the learner, which has defaults for the others.
    learn: "all", "last:K", "output" or "none". engine: what computes; NumPy by default.
    """

    def __init__(
        self,
        network: Network,
        learning_rate_inv: int,
        *,
        learn: str = "all",
        engine: Engine | None = None,
        **settings: int,
    ):
        self.network = network
        self.engine = engine or NumpyEngine(network)
        learn_set = LearnSet.parse(learn, len(network.blocks))
        settings = {"learning_rate_inv": learning_rate_inv} | settings
        self.rule = learner_of(network).rule(network, learn_set, settings)

    @classmethod
    def on_device(
        cls, network: Network, schedule: Schedule, learn: str, engine: Engine | None = None
    ) -> Stepper:
        """Steps as a device takes them: whatever is not in its schedule has its default."""
        return cls(network, learn=learn, engine=engine, **learner_of(network).settings_of(schedule))

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
