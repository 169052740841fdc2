"""Inputs and results of a training step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from integrad.network.learn_set import LearnSet
from integrad.network.parameter import Parameter

Gradients = dict[str, np.ndarray]
"""Name of a parameter → its gradient, int64, an exact sum over the batch. Only for parameters that learn."""


@dataclass(frozen=True)
class Step:
    """Outcome of one training step, measured before the update.

    loss: exact sum of squared errors of the output layer; correct: samples predicted correctly.
    """

    loss: int
    correct: int


class Rule(Protocol):
    """How a learner applies gradients, and which parameters learn; immutable and hashable.

    Each learner has its own rule, which contains the integers of its schedule.
    """

    learn_set: LearnSet

    def learns(self, parameter: Parameter) -> bool:
        """Whether training steps change this parameter."""
