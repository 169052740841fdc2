"""The reference engine, which runs the steps of the learners. All other engines are compared with it."""

from __future__ import annotations

import numpy as np

from integrad.engines.heap import keep_freed_memory
from integrad.learners.step import Gradients, Rule, Step
from integrad.learners.table import LEARNERS, learner_of
from integrad.network.layer_types.table import LAYER_TYPES
from integrad.network.network import Network


class NumpyEngine:
    """Computes in the arrays of the network, for all learners. See Engine."""

    name = "numpy"
    learners = tuple(LEARNERS)
    layer_types = tuple(LAYER_TYPES)

    def __init__(self, network: Network):
        self.network = network
        self.learner = learner_of(network)
        keep_freed_memory()

    def step(self, x, labels, rule: Rule, kept=None) -> Step:
        gradients, step = self.gradients(x, labels, rule, kept)
        self.descend(gradients, rule)
        return step

    def gradients(self, x, labels, rule: Rule, kept=None) -> tuple[Gradients, Step]:
        return self.learner.gradients(self.network, x, labels, rule, kept)

    def descend(self, gradients: Gradients, rule: Rule) -> None:
        self.learner.descend(self.network, gradients, rule)

    def logits(self, x: np.ndarray) -> np.ndarray:
        return self.network.logits(x)

    def fetch(self) -> None:
        pass

    def load(self) -> None:
        pass
