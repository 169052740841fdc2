"""The interface of an engine."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from integrad.learners.step import Gradients, Rule, Step
from integrad.network.network import Network


class Engine(Protocol):
    """Computes with the weights of one network. All engines give the same bits.

    x: int8 (B, *input_shape); labels: int (B,) in 0…classes-1; rule: of the network's learner; kept: one
    bool array (B, *shape) for each dropout stage in order, False where it drops, or None if nothing is
    dropped.
    """

    name: str
    network: Network

    def step(self, x: np.ndarray, labels: np.ndarray, rule: Rule, kept: list[np.ndarray] | None) -> Step:
        """One batch: every block's forward pass uses the weights from before it."""

    def gradients(
        self, x: np.ndarray, labels: np.ndarray, rule: Rule, kept: list[np.ndarray] | None
    ) -> tuple[Gradients, Step]:
        """What step() would learn from, without changing a weight. Sums of several calls may be descended."""

    def descend(self, gradients: Gradients, rule: Rule) -> None:
        """Update the weights, as step() would from these gradients."""

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Inference: int8 (N, classes) for any N."""

    def fetch(self) -> None:
        """Bring the weights home: from here on the network's parameters hold what was learnt."""

    def load(self) -> None:
        """Take over the weights that the network's parameters hold now."""
