"""The interface of a learner: everything that the rest of the project knows about how networks learn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from integrad.arithmetic import INT32_LIMIT
from integrad.errors import IntegradError, UsageError
from integrad.learners.hyper_parameters import ANNEALED, PLATEAU, HyperParameter, with_trainers
from integrad.learners.memory_options import YES, option_words
from integrad.learners.schedule import Schedule, ScheduleField
from integrad.learners.step import Gradients, Rule, Step
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network


class Learner(ABC):
    """How a network learns. Learners are stateless, so that one object serves all networks.

    The step that `gradients` and `descend` compute with NumPy is the specification: engines, generated C
    and generated MicroPython compute the same bits. The parameters of a network, their limits and their
    initial values are defined by the layers of the learner, in `integrad.network`.

    Attributes
    ----------
    id : str
        The `learner` of a network description.
    summary : str
        One line of help.
    hyper_parameters : dict of str to HyperParameter
        Hyper-parameters in the order of training records. One of them is `learning_rate_inv`, a divisor of
        gradients, which is increased on a plateau.
    device_options : dict of str to HyperParameter
        Choices that belong to a device and not to a model: how its training step uses memory. Those that
        change bits come first.
    refinement : int
        The factor by which it is increased.
    initialisation : tuple of str
        Those hyper-parameters that Network.initialise takes.
    rate_schedules : tuple of str
        Learning-rate schedules that a training run can have; the first one is the default.
    annealing : int
        The factor by which it is increased in the course of an annealed training, if nothing else is said.
    tuning_rate_per_sample : int
        learning_rate_inv per sample of a batch with which a device adapts a trained model to new samples.
    saturated_share : int
        A share of 1 / saturated_share of the weights of a layer at their limit indicates divergence.
    calibration_samples : int
        The number of training samples for prepare() and calibrate(); 0 if the learner does not need them.
    trains_for_steps : bool
        Whether, where samples are few, a budget of steps and the last weights are better than epochs that
        validation ends: see training/defaults.py.
    schedule_class : type of Schedule
        The parameters of a training step on a device; its fields are hyper-parameters.
    """

    id: str
    summary: str
    hyper_parameters: ClassVar[dict[str, HyperParameter]]
    device_options: ClassVar[dict[str, HyperParameter]] = {}
    refinement: int
    initialisation: tuple[str, ...] = ()
    rate_schedules: tuple[str, ...] = (PLATEAU, ANNEALED)
    annealing: int = 32
    tuning_rate_per_sample: int = 32
    saturated_share: int = 10
    calibration_samples: int = 0
    trains_for_steps: bool = False
    schedule_class: type[Schedule] = Schedule

    @abstractmethod
    def rule(self, network: Network, learn_set: LearnSet, settings: Mapping[str, int | str]) -> Rule:
        """The rule of a training step. settings: name → hyper-parameter; others have their defaults."""

    @abstractmethod
    def gradients(
        self,
        network: Network,
        x: np.ndarray,
        labels: np.ndarray,
        rule: Rule,
        kept: list[np.ndarray] | None = None,
    ) -> tuple[Gradients, Step]:
        """The gradients of a batch, without changing weights. Sums of several calls can be passed to
        descend().

        x: int8 (B, *input_shape); labels: int (B,) in 0…classes-1; kept: one bool array (B, *shape) per
        dropout stage, in order, False for dropped activations, or None for no dropout.
        """

    @abstractmethod
    def descend(self, network: Network, gradients: Gradients, rule: Rule) -> None:
        """Update the parameters in place from the gradients of a whole batch."""

    def gradient_shapes(self, network: Network, rule: Rule) -> dict[str, tuple[int, ...]]:
        """Name → shape of all gradients that gradients() returns, in an order that is the same everywhere."""
        return {p.name: p.shape for p in network.parameters() if rule.learns(p)}

    @abstractmethod
    def usual_learning_rate_inv(self, batch_size: int) -> int:
        """The default learning_rate_inv for a batch size, on a device."""

    def initial_learning_rate_inv(self, batch_size: int, settings: Mapping[str, int | str]) -> int:
        """The default learning_rate_inv of a training run. settings: the hyper-parameters before it."""
        return self.usual_learning_rate_inv(batch_size)

    def usual_settings(self, classes: int) -> dict[str, int | str]:
        """Hyper-parameters whose best values for training from scratch depend on the number of classes."""
        return {}

    def learning_rate_inv_in(
        self, epoch: int, epochs: int, learning_rate_inv: int, settings: Mapping[str, int | str]
    ) -> int:
        """The value in an epoch, from 1, of a training run of `epochs` epochs that is not annealed."""
        return learning_rate_inv

    def prepare(  # noqa: B027
        self, network: Network, x: np.ndarray, labels: np.ndarray, settings: Mapping[str, int | str]
    ) -> None:
        """Adapt initial parameters to training samples, before the first step of a training run.

        x, labels: up to calibration_samples of them. settings: name → hyper-parameter.
        """

    def calibrate(  # noqa: B027
        self, network: Network, x: np.ndarray, labels: np.ndarray, settings: Mapping[str, int | str]
    ) -> None:
        """Determine parameters that gradients do not, before each validation. Arguments as for prepare()."""

    def constants(self, training: Mapping) -> dict[str, int | str]:
        """Hyper-parameters that a device's training step has as constants, where they are not the defaults.

        training: the training record of the model.
        """
        return {}

    def chosen_options(self, given: Mapping[str, str | bool | None]) -> dict[str, str]:
        """The device options that were given, name → choice. given: None or False for one that was not; True
        for one without a value. Raises UsageError for what this learner does not know."""
        found = {name: YES if value is True else value for name, value in given.items() if value}
        for name, value in found.items():
            self._require_option(name, value)
        return found

    def _require_option(self, name: str, value: str) -> None:
        """Raise UsageError unless this is a value of a device option."""
        if name not in self.device_options:
            option = " ".join(option_words({name: f"{value:.50}"}))
            raise UsageError(f"{option}: the learner {self.id} has no such option")
        if value not in (choices := self.device_options[name].choices):
            raise UsageError(f"--{name} {value!r:.50}: expected {' or '.join(choices)}")

    def check_batch(self, network: Network, batch_size: int) -> None:  # noqa: B027
        """Raise IntegradError, naming the largest possible batch, if gradients could overflow."""

    def largest_learning_rate_inv(self, classes: int) -> int:
        """Maximum of learning_rate_inv."""
        rate = self.hyper_parameters["learning_rate_inv"]
        return rate.high // classes if rate.per_class else rate.high

    def schedule_fields(self, classes: int) -> list[ScheduleField]:
        """The parameters of a training step on a device, in the order of the struct."""
        found = []
        for name in self.schedule_class.field_names():
            setting = self.hyper_parameters[name]
            high = setting.high // classes if setting.per_class else setting.high
            found.append(ScheduleField(name, self.schedule_class.meanings.get(name, ""), setting.low, high))
        return found

    @property
    def schedule_text(self) -> str:
        """The description of these parameters in a generated header."""
        rate = self.usual_learning_rate_inv(1)
        text = (
            "How fast to learn. Gradients are sums over the batch and are divided by learning_rate_inv, which"
            f" must therefore grow with the batch (about {rate} per sample). {self.schedule_class.text}"
        )
        return text.strip()

    def has_moved(self, network: Network) -> bool:
        """Whether the weights have changed noticeably since initialisation; otherwise other advice
        applies."""
        return any(np.abs(block.weights).max() > 0 for block in network.blocks)

    def settings_of(self, schedule: Schedule) -> dict[str, int]:
        """The hyper-parameters in a schedule; missing fields are 0."""
        names = self.schedule_class.field_names()
        return dict(zip(names, schedule.words(len(names)), strict=True))

    def schedule(self, training: Mapping, classes: int, batch_size: int) -> Schedule:
        """The schedule for further training of a model with another batch size.

        training: the training record of the model. A default learning rate is replaced by the default for the
        new batch size; another one is scaled. Raises IntegradError if the record, which is untrusted,
        contains anything but integers.
        """
        trained = training.get("hyper_parameters", {})
        trained_batch = max(1, _setting(trained, "batch_size", batch_size))
        usual = self.usual_learning_rate_inv
        rate = _setting(trained, "learning_rate_inv", usual(trained_batch))
        rate = usual(batch_size) if rate == usual(trained_batch) else rate * batch_size // trained_batch
        rate = max(1, min(rate, self.largest_learning_rate_inv(classes)))
        others = self.schedule_class.field_names()[1:]
        return self.schedule_class(rate, *(_setting(trained, name, 0) for name in others))

    def tuning_schedule(self, training: Mapping, batch_size: int) -> Schedule:
        """The schedule with which a device adapts a trained model to new samples.

        training: the training record of the model.
        """
        return self.schedule_class(self.tuning_rate_per_sample * batch_size)

    def all_hyper_parameters(self) -> dict[str, HyperParameter]:
        """Hyper-parameters of the learner and the trainer, in the order of the training record."""
        return with_trainers(self.hyper_parameters, self.rate_schedules)


def _setting(trained: object, name: str, default: int) -> int:
    value = trained.get(name, default) if isinstance(trained, dict) else None
    if type(value) is not int or not 0 <= value <= INT32_LIMIT:
        raise IntegradError(f"the training record of the model: {name} must be a non-negative integer")
    return value
