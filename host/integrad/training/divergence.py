"""Detects failing training and suggests remedies."""

from __future__ import annotations

import numpy as np

from integrad.arithmetic import isqrt
from integrad.learners.table import learner_of
from integrad.network.network import Network
from integrad.network.parameter import Parameter

FELL_BACK = 5
"""Number of epochs at chance, after better ones, that indicate divergence."""

COLD_START = 25
"""Number of epochs at chance from the start that indicate failure; small data sets may need more than ten."""

ALWAYS_ABOVE = -1
"""The threshold if there are so few validation samples, or so few of other classes, that luck could explain
half of what can be learnt: then nothing is said to be at chance."""


class DivergenceWatch:
    """Observes the validation result and the weights after each epoch."""

    def __init__(self, chance: int, count: int):
        """chance: number of samples of the most frequent class among the `count` validation samples."""
        # Three standard deviations above guessing, so that luck is not mistaken for learning.
        luck = 3 * isqrt(chance * (count - chance) // max(1, count))
        self.threshold = chance + luck if 2 * luck <= count - chance else ALWAYS_ABOVE
        self.at_chance = 0
        self.left_chance = False
        self.said: list[str] = []

    def describe(self) -> dict:
        """JSON-serialisable state, for a checkpoint."""
        return dict(vars(self))

    @classmethod
    def from_description(cls, description: dict) -> DivergenceWatch:
        """Inverse of describe(). Raises KeyError, TypeError or ValueError for an invalid description."""
        watch = cls(0, 0)
        watch.threshold = int(description["threshold"])
        watch.at_chance = int(description["at_chance"])
        watch.left_chance = bool(description["left_chance"])
        watch.said = [str(kind) for kind in description["said"]]
        return watch

    @property
    def cold(self) -> bool:
        """Whether nothing has been learnt yet."""
        return not self.left_chance

    @property
    def hopeless(self) -> bool:
        """Whether training has been at chance for so long that it will stay there."""
        return self.at_chance >= COLD_START

    def observe(
        self, network: Network, correct: int | None, learning_rate_inv: int, usual: int
    ) -> str | None:
        """A warning with advice, at most once for each kind, or None.

        correct: number of validation samples predicted correctly, None without validation samples.
        learning_rate_inv: current value; usual: default value for the batch size.
        """
        if correct is not None:
            above = correct > self.threshold
            self.at_chance = 0 if above else self.at_chance + 1
            self.left_chance |= above
        largest = learner_of(network).largest_learning_rate_inv(network.classes)
        calmer = min(max(4 * learning_rate_inv, usual), largest)
        bolder = max(1, min(learning_rate_inv // 4, usual))
        for kind, text in self._symptoms(network, calmer, bolder):
            if kind not in self.said:
                self.said.append(kind)
                return text
        return None

    def _symptoms(self, network: Network, calmer: int, bolder: int):
        name, saturated, size = most_saturated(network)
        if saturated * learner_of(network).saturated_share >= size:
            yield (
                "saturated",
                f"{saturated / size:.0%} of {name} are at their limit, training diverges: "
                f"try {_calming(network, calmer)}",
            )
        if self.left_chance and self.at_chance >= FELL_BACK:
            yield (
                "fell back",
                f"validation accuracy fell back to chance {self.at_chance} epochs ago: "
                f"try --learning-rate-inv {calmer} or a larger --batch-size",
            )
        if not self.left_chance and self.at_chance >= COLD_START:
            yield "cold", self._cold_advice(network, calmer, bolder)

    def _cold_advice(self, network: Network, calmer: int, bolder: int) -> str:
        text = f"validation accuracy has been at chance for {self.at_chance} epochs: "
        if not learner_of(network).has_moved(network):
            return text + f"the weights hardly change, try --learning-rate-inv {bolder} or more --epochs"
        return text + f"try {_calming(network, calmer)}"


def _calming(network: Network, calmer: int) -> str:
    """Options against weights that grow too far, as far as the learner has them."""
    if "decay_inv" in learner_of(network).hyper_parameters:
        return f"--learning-rate-inv {calmer}, a larger --batch-size or a --decay-inv"
    return f"--learning-rate-inv {calmer} or a larger --batch-size"


def count_saturated(parameter: Parameter) -> int:
    """Number of elements at their limit."""
    return int((np.abs(parameter.array) >= parameter.limit).sum())


def most_saturated(network: Network) -> tuple[str, int, int]:
    """(name, number of saturated weights, number of weights) of the parameter with the largest saturated
    share."""
    worst = ("", 0, 1)
    for parameter in network.parameters():
        saturated, size = count_saturated(parameter) if parameter.trainable else 0, parameter.array.size
        if saturated * worst[2] > worst[1] * size:
            worst = (parameter.name, saturated, size)
    return worst
