"""Measures a program and its model on an emulated core: memory, instructions, accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from integrad.build.firmware import Firmware
from integrad.datasets import Dataset
from integrad.emulate.runner import require_counts
from integrad.errors import IntegradError, UsageError
from integrad.execute.adaptation import Adaptation, Samples, Tuning, adapt_on, schedule_for
from integrad.execute.costs import Costs, measure_costs
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Action
from integrad.execute.tuning_split import split_data
from integrad.execute.verification import random_samples
from integrad.learners.schedule import Schedule
from integrad.model_file import Model, load_model
from integrad.network.learn_set import LearnSet
from integrad.testing.application import build_application
from integrad.testing.budget import TuningTask
from integrad.testing.figures import Measurement
from integrad.testing.memory import memory_of
from integrad.testing.settings import Settings
from integrad.training.evaluation import choose_part, match_labels
from integrad.training.model_data import load_for

RANDOM_SAMPLES = 16
"""Number of samples on which instructions are counted if there is no data."""

NEEDS = {
    "stack": "model",
    "instructions_per_inference": "model",
    "instructions_per_step": "learn",
    "accuracy": "data",
    "accuracy_after_tuning": "data",
}
"""Figure with a budget → the key of the settings without which it cannot be measured."""


@dataclass(frozen=True)
class Task:
    """What is measured: the program of the settings, and its model with the samples of the data."""

    settings: Settings
    model: Model | None
    dataset: Dataset | None
    time_limit: float

    @classmethod
    def of(cls, settings: Settings, time_limit: float) -> Task:
        """Read the model and the data. Raises UsageError if there is nothing to measure, or a budget that
        needs what is not there."""
        model = load_model(settings.model) if settings.model else None
        if model:
            try:
                LearnSet.require(settings.learn, len(model.network.blocks))
            except UsageError as error:
                text = str(error).removeprefix("learn ")
                raise settings.place.inner("learn").refusal(text) from None
        for core in settings.cores:
            _require_measurable(settings, core)
        data = load_for(model, settings.data) if model and settings.data else None
        return cls(settings, model, data, time_limit)

    def measure(self, name: str, folder: Path) -> Measurement:
        """Build and run everything for a core, in an empty folder. Raises IntegradError if it does not fit or
        does not run."""
        found = memory_of(build_application(self.settings, name))
        figures: dict[str, float] = {"flash": found.flash, "ram": found.ram}
        shares = {"flash": found.flash_shares, "ram": found.ram_shares}
        if self.model:
            core = self.settings.core(name)
            require_counts(core)
            settings = self.settings
            device = DeviceModel.generate(self.model, folder, settings.learn, settings.batch_size)
            run = _Run(self, self.model, device, device.build(core))
            costs = run.costs()
            figures |= _cost_figures(costs) | run.accuracies(settings.budgets[name].tuning)
            shares |= _layer_shares(costs)
        return Measurement(found.compiler, figures, shares)


@dataclass(frozen=True)
class _Run:
    """A model in a firmware of its own, without the application."""

    task: Task
    model: Model
    device: DeviceModel
    firmware: Firmware

    @property
    def engine(self) -> str | None:
        return "unicorn" if self.task.settings.emulator == "unicorn" else None

    def schedule(self, learning_rate_inv: int | None = None) -> Schedule:
        return schedule_for(self.model, self.task.settings.batch_size, learning_rate_inv)

    def costs(self) -> Costs:
        limit = {"time_limit": self.task.time_limit, "engine": self.engine}
        samples, labels = self._some()
        return measure_costs(self.device, self.firmware, samples, labels, self.schedule(), **limit)

    def accuracies(self, tuning: TuningTask | None) -> dict[str, float]:
        """Accuracy on the test samples of the data; after tuning, on the other samples of the selection."""
        data = self.task.dataset
        if data is None:
            return {}
        labels, samples = match_labels(self.model, data), self.model.preprocessing.raw(data.x)
        test = choose_part(self.model, data, []).mask
        found = {"accuracy": self._adapt((samples[test], labels[test])).before}
        if tuning:
            settings = self.task.settings
            try:
                part = choose_part(self.model, data, list(tuning.only), to_learn=True)
                counts = tuning.samples, tuning.replay, settings.batch_size, tuning.seed
                split = split_data(data, part, labels, *counts)
                schedule = self.schedule(tuning.learning_rate_inv)
            except UsageError as error:
                text = str(error).replace("--tune", "samples").replace("--", "")
                raise settings.place.inner("budget.tuning").refusal(text) from None
            fresh, stored, rest = ((samples[chosen], labels[chosen]) for chosen in split)
            steps = Tuning(tuning.epochs, settings.batch_size, schedule, tuning.seed)
            found["accuracy_after_tuning"] = self._adapt(rest, fresh, steps, stored).after
        return found

    def _some(self) -> Samples:
        """Samples on which to count instructions: those of the test, or random ones that are always the
        same."""
        data = self.task.dataset
        if data is not None:
            mask = choose_part(self.model, data, []).mask
            return self.model.preprocessing.raw(data.x[mask]), match_labels(self.model, data)[mask]
        rng = np.random.Generator(np.random.PCG64(0))
        labels = rng.integers(0, self.device.plan.classes, RANDOM_SAMPLES)
        return random_samples(self.device, RANDOM_SAMPLES, rng), labels

    def _adapt(self, *what) -> Adaptation:
        def perform(actions: list[Action]) -> list:
            limit = {"time_limit": self.task.time_limit, "engine": self.engine}
            return self.device.run_emulated(self.firmware, actions, **limit)[0]

        outcome = adapt_on(self.device, perform, *what)
        if not outcome.equal_to_host:
            raise IntegradError("core and host computed different bits; see integrad verify")
        return outcome


def _require_measurable(settings: Settings, core: str) -> None:
    """Raise UsageError for a budget of something that is not measured with these settings."""
    there = {"model": settings.model, "learn": settings.learn != "none", "data": settings.data}
    budget, place = settings.budgets[core], settings.place.inner("budget")
    for figure, key in NEEDS.items():
        if getattr(budget, figure) is not None and not there[key]:
            raise place.inner(figure.replace("_", "-")).refusal(f"requires {key}, which is missing above")
    if budget.tuning and settings.learn == "none":
        raise place.inner("tuning").refusal("requires layers that learn: learn = output, last:K or all")


def _cost_figures(costs: Costs) -> dict[str, float]:
    found = {"stack": costs.stack_bytes, "instructions_per_inference": costs.instructions_per_inference}
    if costs.instructions_per_training_step is not None:
        found["instructions_per_step"] = costs.instructions_per_training_step
    return found


def _layer_shares(costs: Costs) -> dict[str, dict[str, int]]:
    found = {
        "instructions_per_inference": {layer.name: layer.instructions_per_inference for layer in costs.layers}
    }
    if costs.instructions_per_training_step is not None:
        found["instructions_per_step"] = {
            layer.name: layer.instructions_per_training_step or 0 for layer in costs.layers
        }
    return found
