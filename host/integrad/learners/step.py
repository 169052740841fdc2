"""What goes in and out of a training step, whoever computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from integrad.network.learn_set import LearnSet
from integrad.network.parameter import Parameter

Gradients = dict[str, np.ndarray]
"""Name of a parameter → its gradient, int64, an exact sum over the batch. Only parameters that learn."""


@dataclass(frozen=True)
class Step:
    """Outcome of one training step, measured before the update.

    loss: exact sum of squared errors of the output layer; correct: samples predicted correctly.
    """

    loss: int
    correct: int


class Rule(Protocol):
    """What a learner does with gradients, and which parameters learn; immutable and hashable.

    Every learner has a rule of its own with the integers of its schedule in it.
    """

    learn_set: LearnSet

    def learns(self, parameter: Parameter) -> bool:
        """Whether a step changes this parameter."""
