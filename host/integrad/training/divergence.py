"""Detects failing training and suggests remedies."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from integrad.arithmetic import isqrt
from integrad.errors import one_line
from integrad.learners.table import learner_of
from integrad.network.network import Network
from integrad.network.parameter import BIAS, BIAS_FRACTION, Parameter
from integrad.training.history import Epoch

FELL_BACK = 5
"""Number of epochs at chance, after better ones, that indicate divergence."""

COLD_START = 25
"""Number of epochs at chance from the start that indicate failure."""

FEWEST_STEPS = 500
"""Number of steps at chance below which neither is said: epochs of small data sets are a few steps."""

LARGE = 5_000
"""Training samples from which training is given up if it stays at chance; less takes only seconds."""

ALWAYS_ABOVE = -1
"""The threshold if there are so few samples, or so few of other classes, that luck could explain half of what
can be learnt: then nothing is said to be at chance."""

AMPLIFICATION = 16
"""NITRO-D with this amplification leaves chance in the first epoch (docs/results/remedies.md)."""


def chance_threshold(labels: np.ndarray | None) -> int:
    """The number of correct predictions up to which these samples may have been guessed."""
    counts = np.zeros(1, np.int64) if labels is None else np.bincount(labels)
    chance, count = int(counts.max()), int(counts.sum())
    # Three standard deviations above guessing, so that luck is not mistaken for learning.
    luck = 3 * isqrt(chance * (count - chance) // max(1, count))
    return chance + luck if 2 * luck <= count - chance else ALWAYS_ABOVE


@dataclass
class DivergenceWatch:
    """Observes the accuracy that is shown, of training and validation, and the weights after each epoch.

    training, validation: see chance_threshold. steps: of an epoch. at_chance: number of epochs since the last
    one above chance. left_chance: whether there was one. best: most correct training samples of an epoch so
    far. said: kinds of warnings that were given.
    """

    training: int
    validation: int
    steps: int
    at_chance: int = 0
    left_chance: bool = False
    best: int = 0
    said: list[str] = field(default_factory=list)

    def describe(self) -> dict:
        """JSON-serialisable state, for a checkpoint."""
        return dict(vars(self))

    @classmethod
    def from_description(cls, description: dict) -> DivergenceWatch:
        """Inverse of describe(). Raises KeyError, TypeError or ValueError for an invalid description."""
        numbers = [int(description[name]) for name in ("training", "validation", "steps", "at_chance")]
        said = [one_line(kind) for kind in description["said"]]
        return cls(*numbers, bool(description["left_chance"]), int(description["best"]), said)

    @property
    def cold(self) -> bool:
        """Whether nothing has been learnt yet."""
        return not self.left_chance

    @property
    def hopeless(self) -> bool:
        """Whether training has been at chance for so long that it will stay there."""
        return self.cold and self._lasts(COLD_START)

    def observe(self, network: Network, epoch: Epoch, learning_rate_inv: int, usual: int) -> str | None:
        """A warning, at most once for each kind, or None.

        learning_rate_inv: at the start of the training; usual: default value for the batch size.
        """
        above = epoch.correct > self.training
        if self.validation != ALWAYS_ABOVE and epoch.validation_correct is not None:
            above |= epoch.validation_correct > self.validation
        self.at_chance = 0 if above else self.at_chance + 1
        self.left_chance |= above
        self.best = max(self.best, epoch.correct)
        if above and not self._declined(epoch):
            return None
        for kind, text in self._symptoms(network):
            if kind not in self.said:
                self.said.append(kind)
                return text + _advice(network, learning_rate_inv, usual)
        return None

    def _declined(self, epoch: Epoch) -> bool:
        """Whether the training accuracy is clearly below what it has been."""
        luck = isqrt(self.best * (epoch.samples - self.best) // epoch.samples)
        return self.best - epoch.correct > max(3 * luck, epoch.samples // 10)

    def _lasts(self, epochs: int) -> bool:
        return self.at_chance >= epochs and self.at_chance * self.steps >= FEWEST_STEPS

    def _symptoms(self, network: Network):
        name, saturated, size = most_saturated(network)
        if saturated * learner_of(network).saturated_share >= size:
            yield "saturated", f"training diverges: {saturated / size:.0%} of {name} are at their limit"
        if self.left_chance and self._lasts(FELL_BACK):
            yield "fell back", f"accuracy fell back to chance {self.at_chance} epochs ago"
        if self.hopeless:
            still = "" if learner_of(network).has_moved(network) else ": the weights hardly change"
            yield "cold", f"accuracy has been at chance for {self.at_chance} epochs{still}"


def _advice(network: Network, learning_rate_inv: int, usual: int) -> str:
    """What is known to help, if anything."""
    if learning_rate_inv != usual:
        return f"; try the usual --learning-rate-inv {usual}"
    if "amplification" in learner_of(network).hyper_parameters:
        return f"; try --amplification {AMPLIFICATION} or --learner backprop"
    return ""


def count_saturated(parameter: Parameter) -> int:
    """Number of elements at their limit."""
    return int((np.abs(parameter.array) >= parameter.limit).sum())


def most_saturated(network: Network) -> tuple[str, int, int]:
    """(name, number of saturated weights, number of weights) of the parameter with the largest saturated
    share. Biases have the exponent of their layer's weights, so that many are at their limit where inputs are
    few, without harm."""
    worst = ("", 0, 1)
    for parameter in network.parameters():
        counts = parameter.trainable and parameter.role not in (BIAS, BIAS_FRACTION)
        saturated, size = count_saturated(parameter) if counts else 0, parameter.array.size
        if saturated * worst[2] > worst[1] * size:
            worst = (parameter.name, saturated, size)
    return worst
