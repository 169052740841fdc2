"""The interface of a learner: everything that the rest of the project knows about how networks learn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from integrad.arithmetic import INT32_LIMIT
from integrad.errors import IntegradError
from integrad.learners.hyper_parameters import HyperParameter, with_trainers
from integrad.learners.schedule import Schedule
from integrad.learners.step import Gradients, Rule, Step
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network


class Learner(ABC):
    """How a network learns; without state, so that one object serves every network.

    The step that `gradients` and `descend` compute with NumPy is the specification: engines, generated C
    and generated MicroPython give the same bits. What a network's parameters are, their limits and their
    initial values are said by the layers that a learner trains, in `integrad.network`.

    Attributes
    ----------
    id : str
        The `learner` of a network description.
    summary : str
        One line of help.
    hyper_parameters : dict of str to HyperParameter
        What the learner takes besides a learn set, in the order in which training records name them.
        `learning_rate_inv` is among them: a divisor of gradients, which grows on a plateau.
    refinement : int
        The factor by which it grows then.
    schedule_class : type of Schedule
        The integers that a training step on a device takes; its fields are hyper-parameters.
    """

    id: str
    summary: str
    hyper_parameters: ClassVar[dict[str, HyperParameter]]
    refinement: int
    schedule_class: type[Schedule] = Schedule

    @abstractmethod
    def rule(self, network: Network, learn_set: LearnSet, settings: Mapping[str, int | str]) -> Rule:
        """The rule of a training step. settings: hyper-parameters by name; the others have their defaults."""

    @abstractmethod
    def gradients(
        self,
        network: Network,
        x: np.ndarray,
        labels: np.ndarray,
        rule: Rule,
        kept: list[np.ndarray] | None = None,
    ) -> tuple[Gradients, Step]:
        """What a batch teaches, without changing a weight; sums of several calls may be descended.

        x: int8 (B, *input_shape); labels: int (B,) in 0…classes-1; kept: one bool array (B, *shape) for
        each dropout stage in order, False where it drops, or None if nothing is dropped.
        """

    @abstractmethod
    def descend(self, network: Network, gradients: Gradients, rule: Rule) -> None:
        """Update the parameters in place by gradients of a whole batch."""

    @abstractmethod
    def usual_learning_rate_inv(self, batch_size: int) -> int:
        """The learning_rate_inv of a batch where nobody chose one."""

    def check_batch(self, network: Network, batch_size: int) -> None:  # noqa: B027
        """Raise IntegradError, naming the largest batch, where the gradients of this one could overflow."""

    def largest_learning_rate_inv(self, classes: int) -> int:
        """What a learning_rate_inv may grow to."""
        rate = self.hyper_parameters["learning_rate_inv"]
        return rate.high // classes if rate.per_class else rate.high

    def has_moved(self, network: Network) -> bool:
        """Whether the weights have left where they start: advice differs where they have not."""
        return any(np.abs(block.weights).max() > 0 for block in network.blocks)

    def settings_of(self, schedule: Schedule) -> dict[str, int]:
        """The hyper-parameters that a schedule holds; a field that it leaves out is 0."""
        names = self.schedule_class.field_names()
        return dict(zip(names, schedule.words(len(names)), strict=True))

    def schedule(self, training: Mapping, classes: int, batch_size: int) -> Schedule:
        """The schedule with which a model goes on learning in batches of another size.

        training: the model's training record. What nobody chose stays what suits the batch; what somebody
        chose is scaled. Raises IntegradError for a record, which anybody may have written, that holds
        something else than integers.
        """
        trained = training.get("hyper_parameters", {})
        trained_batch = max(1, _setting(trained, "batch_size", batch_size))
        usual = self.usual_learning_rate_inv
        rate = _setting(trained, "learning_rate_inv", usual(trained_batch))
        rate = usual(batch_size) if rate == usual(trained_batch) else rate * batch_size // trained_batch
        rate = max(1, min(rate, self.largest_learning_rate_inv(classes)))
        others = self.schedule_class.field_names()[1:]
        return self.schedule_class(rate, *(_setting(trained, name, 0) for name in others))

    def all_hyper_parameters(self) -> dict[str, HyperParameter]:
        """The learner's and the trainer's, in the order of a training record."""
        return with_trainers(self.hyper_parameters)


def _setting(trained: object, name: str, default: int) -> int:
    value = trained.get(name, default) if isinstance(trained, dict) else None
    if type(value) is not int or not 0 <= value <= INT32_LIMIT:
        raise IntegradError(f"the model's training record: {name} must be a whole number, 0 or more")
    return value
