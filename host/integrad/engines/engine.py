"""The interface of an engine."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from integrad.learners.step import Gradients, Rule, Step
from integrad.network.network import Network


class Engine(Protocol):
    """Computes with the weights of one network. All engines compute the same bits.

    x: int8 (B, *input_shape); labels: int (B,) in 0…classes-1; rule: of the network's learner; kept: one
    bool array (B, *shape) per dropout stage, in order, False for dropped activations, or None for no dropout.
    """

    name: str
    learners: tuple[str, ...]
    """Ids of the learners whose steps it computes."""

    layer_types: tuple[str, ...]
    """The types of the layers that it computes."""

    network: Network

    def step(self, x: np.ndarray, labels: np.ndarray, rule: Rule, kept: list[np.ndarray] | None) -> Step:
        """Train on one batch. All forward passes use the weights from before the step."""

    def gradients(
        self, x: np.ndarray, labels: np.ndarray, rule: Rule, kept: list[np.ndarray] | None
    ) -> tuple[Gradients, Step]:
        """The gradients of a batch, without changing weights. The sums of several calls can be passed to
        descend()."""

    def descend(self, gradients: Gradients, rule: Rule) -> None:
        """Update the weights from these gradients, as step() does."""

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Inference: int8 (N, classes) for any N."""

    def fetch(self) -> None:
        """Copy the weights from the engine to the parameters of the network."""

    def load(self) -> None:
        """Copy the weights from the parameters of the network to the engine."""
