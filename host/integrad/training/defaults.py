"""Decides how a network is trained on a data set where nobody says: learner, budget, validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from integrad.datasets import axes as layouts
from integrad.datasets.dataset import Dataset
from integrad.training.specification import load_spec

SMALL_BATCH, LARGE_BATCH, MANY_SAMPLES = 16, 64, 10_000
"""LARGE_BATCH is four times as fast, but learns worse from fewer samples than MANY_SAMPLES."""

VALIDATION_PERCENT = 10


@dataclass(frozen=True)
class TrainingChoice:
    """What choose_training decided, as arguments of TrainingRun.

    learner: its id. settings: of Trainer, by name; those that are missing have its defaults. layer_options:
    settings of all layers. reason: one line for the user.
    """

    learner: str
    settings: dict[str, int | str]
    layer_options: dict[str, int | str]
    validation_percent: int
    reason: str


def choose_training(
    dataset: Dataset,
    spec: str,
    settings: Mapping[str, int | str] | None = None,
    *,
    learner: str | None = None,
    layer_options: Mapping[str, int | str] | None = None,
    holdouts: Sequence[str] = (),
    validation_percent: int | None = None,
    by_class: bool = False,
) -> TrainingChoice:
    """Decide everything that the user has left open; what is given is never changed.

    spec: short notation, preset or network file. settings: of Trainer, by name. learner, layer_options,
    holdouts, validation_percent, by_class: as for TrainingRun, None where nothing was said. Raises
    UsageError or IntegradError for a spec that does not fit.
    """
    given = dict(settings or {})
    shape = layouts.input_shape(dataset.axes, dataset.sample_shape)
    found = load_spec(spec, shape, learner, dict(layer_options or {}))
    usual = {"batch_size": usual_batch_size(len(dataset))}
    percent = VALIDATION_PERCENT if validation_percent is None else validation_percent
    return TrainingChoice(
        found.learner,
        usual | found.learning | given,
        dict(layer_options or {}),
        percent,
        "the usual settings",
    )


def usual_batch_size(samples: int) -> int:
    """Of a data set with so many samples."""
    return SMALL_BATCH if samples < MANY_SAMPLES else LARGE_BATCH
