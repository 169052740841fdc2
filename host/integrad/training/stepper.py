"""Training steps with the learner of a network, its rule and an engine."""

from __future__ import annotations

from collections.abc import Mapping

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

    learning_rate_inv, settings: hyper-parameters of the learner; others have their defaults. learn: "all",
    "last:K", "output" or "none". engine: NumPy by default.
    """

    def __init__(
        self,
        network: Network,
        learning_rate_inv: int,
        *,
        learn: str = "all",
        engine: Engine | None = None,
        **settings: int | str,
    ):
        self.network = network
        self.engine = engine or NumpyEngine(network)
        learn_set = LearnSet.parse(learn, len(network.blocks))
        settings = {"learning_rate_inv": learning_rate_inv} | settings
        self.rule = learner_of(network).rule(network, learn_set, settings)

    @classmethod
    def on_device(
        cls,
        network: Network,
        schedule: Schedule,
        learn: str,
        engine: Engine | None = None,
        constants: Mapping[str, int | str] | None = None,
    ) -> Stepper:
        """A stepper that trains like a device. constants: see Model.constants; hyper-parameters that are
        neither there nor in the schedule have their defaults."""
        settings = learner_of(network).settings_of(schedule) | dict(constants or {})
        return cls(network, learn=learn, engine=engine, **settings)

    def step(self, x: np.ndarray, labels: np.ndarray, rng: np.random.Generator | None = None) -> Step:
        """One batch. x: int8 (B, *input_shape); labels: int (B,) in 0…classes-1.

        rng: generator for dropout; if None, there is no dropout, as on a device.
        """
        return self.engine.step(x, labels, self.rule, draw_dropouts(self.network, len(x), rng))


def draw_dropouts(network: Network, batch: int, rng: np.random.Generator | None) -> list[np.ndarray] | None:
    """Masks of all dropout stages for a batch, bool (batch, *shape), in order; None without a generator."""
    if rng is None:
        return None
    stages = [stage for stage in network.stages if stage.kind == "dropout"]
    return [dropout.draw((batch, *stage.input_shape), stage.percent, rng) for stage in stages]
