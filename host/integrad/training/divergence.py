"""Notices training that went wrong, and says what helps."""

from __future__ import annotations

import numpy as np

from integrad.arithmetic import isqrt
from integrad.learners.table import learner_of
from integrad.network.network import Network
from integrad.network.parameter import Parameter

FELL_BACK = 5
"""Epochs at chance after better ones that mean divergence."""

COLD_START = 25
"""Epochs at chance from the start that mean failure; small data may need more than ten to get going."""

SATURATED_SHARE = 10
"""One weight in so many at its limit is a large share."""


class DivergenceWatch:
    """Looks at every epoch's validation result and weights."""

    def __init__(self, chance: int, count: int):
        """chance: samples of the commonest class among the `count` validation samples."""
        # Three standard deviations of guessing, so that luck is not taken for learning.
        self.threshold = chance + 3 * isqrt(chance * (count - chance) // max(1, count))
        self.at_chance = 0
        self.left_chance = False
        self.said: list[str] = []

    def describe(self) -> dict:
        """JSON-able state, for a checkpoint."""
        return dict(vars(self))

    @classmethod
    def from_description(cls, description: dict) -> DivergenceWatch:
        """Inverse of describe(). Raises KeyError, TypeError or ValueError for anything else."""
        watch = cls(0, 0)
        watch.threshold = int(description["threshold"])
        watch.at_chance = int(description["at_chance"])
        watch.left_chance = bool(description["left_chance"])
        watch.said = [str(kind) for kind in description["said"]]
        return watch

    @property
    def cold(self) -> bool:
        """Nothing has been learnt yet."""
        return not self.left_chance

    @property
    def hopeless(self) -> bool:
        """It has been at chance for so long that it will stay there."""
        return self.at_chance >= COLD_START

    def observe(
        self, network: Network, correct: int | None, learning_rate_inv: int, usual: int
    ) -> str | None:
        """A warning with advice, each kind once, or None.

        correct: validation samples predicted rightly, None without any. learning_rate_inv: in use,
        usual: what the batch size suggests.
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
        if saturated * SATURATED_SHARE >= size:
            yield (
                "saturated",
                f"{saturated / size:.0%} of {name} stand at their limit, training diverges: "
                f"try --learning-rate-inv {calmer}, a larger --batch-size or a --decay-inv",
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
            return text + f"the weights hardly move, try --learning-rate-inv {bolder} or more --epochs"
        return text + f"try --learning-rate-inv {calmer}, a larger --batch-size or a --decay-inv"


def count_saturated(parameter: Parameter) -> int:
    """Elements that stand at their limit."""
    return int((np.abs(parameter.array) >= parameter.limit).sum())


def most_saturated(network: Network) -> tuple[str, int, int]:
    """(name, saturated weights, all weights) of the parameter with the largest saturated share."""
    worst = ("", 0, 1)
    for parameter in network.parameters():
        saturated, size = count_saturated(parameter) if parameter.trainable else 0, parameter.array.size
        if saturated * worst[2] > worst[1] * size:
            worst = (parameter.name, saturated, size)
    return worst
