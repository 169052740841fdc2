"""The interface of an engine, and what goes in and out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from integrad.network.learn_set import LearnSet
from integrad.network.network import Network

Gradients = dict[str, np.ndarray]
"""Name of a parameter → its gradient, int64, an exact sum over the batch. Only parameters that learn."""


@dataclass(frozen=True)
class Step:
    """Outcome of one training step, measured before the update.

    loss: exact sum of squared errors of the output layer; correct: samples predicted rightly.
    """

    loss: int
    correct: int


@dataclass(frozen=True)
class Rule:
    """How weights follow their gradients, and which of them do: see Nitro for the fields' meaning."""

    learning_rate_inv: int
    decay_inv: int
    head_decay_inv: int
    amplification: int
    learn_set: LearnSet

    def learns(self, name: str) -> bool:
        """Whether the parameter `name` does: block1.weights, block1.head, …, output.weights."""
        part = name.partition(".")[0]
        if part == "output":
            return self.learn_set.output_learns
        return self.learn_set.block_learns(int(part.removeprefix("block")) - 1)

    def descent(self, name: str) -> tuple[int, int]:
        """(divisor of the gradient, decay_inv or 0) of the parameter `name`."""
        if name.startswith("block") and name.endswith(".weights"):
            return self.learning_rate_inv * self.amplification, self.decay_inv
        return self.learning_rate_inv, self.head_decay_inv


class Engine(Protocol):
    """Computes with the weights of one network. All engines give the same bits.

    x: int8 (B, *input_shape); labels: int (B,) in 0…classes-1; kept: one bool array (B, *shape) for
    each dropout stage in order, False where it drops, or None if nothing is dropped.
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
        """Bring the weights home: from here on network.parameters() holds what was learnt."""

    def load(self) -> None:
        """Take over the weights that network.parameters() holds now."""
