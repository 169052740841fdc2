"""From a data set to a model: split, preprocess, build the network, train, evaluate."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from integrad import __version__
from integrad.datasets import axes as layouts
from integrad.datasets.channel_check import channel_warnings
from integrad.datasets.dataset import Dataset
from integrad.datasets.preprocessing import Preprocessing
from integrad.engines.engine import Engine
from integrad.errors import one_line
from integrad.model_file import Model
from integrad.training.defaults import VALIDATION_PERCENT, TrainingChoice, usual_batch_size
from integrad.training.history import History
from integrad.training.metrics import (
    absent_classes,
    count_predictions,
    is_unbalanced,
    macro_f1,
    missed_classes,
)
from integrad.training.progress import Silent
from integrad.training.specification import load_spec
from integrad.training.splits import record_split, split_dataset
from integrad.training.trainer import AVERAGE, BEST, Trainer
from integrad.training.workers import Alone


@dataclass(frozen=True)
class Score:
    """Number of correct predictions, and of samples. macro_f1: a fraction; None without samples or where
    nobody computed it. missed, absent: classes that are never predicted although they have samples, and
    classes without samples."""

    correct: int
    samples: int
    macro_f1: float | None = None
    missed: Sequence[int] = ()
    absent: Sequence[int] = ()

    @property
    def accuracy(self) -> float | None:
        """A fraction; None without samples."""
        return self.correct / self.samples if self.samples else None


@dataclass(frozen=True)
class Outcome:
    """A trained model, its training history, and its scores with the weights that were kept.

    unbalanced: whether accuracy says little, see is_unbalanced.
    """

    model: Model
    history: History
    train: Score
    validation: Score
    test: Score
    unbalanced: bool = False


class TrainingRun:
    """A training run; the seed of its trainer determines all random numbers.

    dataset: with labels 0…G-1. spec: short notation, preset or network file. settings: arguments of Trainer,
    which override those of a preset or network file. holdouts, validation_percent, by_class: see
    split_dataset. learner: id of the learner; by default the one that the spec names, or the usual one.
    options: settings of all layers, see load_spec. chosen() takes what choose_training has decided.
    Raises IntegradError or UsageError for settings that cannot be trained with.
    """

    def __init__(
        self,
        dataset: Dataset,
        spec: str,
        settings: dict | None = None,
        holdouts: list[str] | None = None,
        validation_percent: int = VALIDATION_PERCENT,
        by_class: bool = False,
        learner: str | None = None,
        options: dict | None = None,
    ):
        self.dataset, self.spec, self.holdouts = dataset, spec, list(holdouts or [])
        shape = layouts.input_shape(dataset.axes, dataset.sample_shape)
        parsed = load_spec(spec, shape, learner, options)
        usual = {"batch_size": usual_batch_size(len(dataset))}
        self.trainer = Trainer(parsed.learner, **usual | parsed.learning | (settings or {}))
        self.trainer.check_classes(dataset.classes)
        self.trainer.augmentation.check(shape)
        rng = self.trainer.rng
        self.split = split_dataset(dataset, rng, self.holdouts, validation_percent, by_class)
        self.preprocessing = Preprocessing.fit(dataset.x[self.split.train], dataset.axes)
        self.network = parsed.network(shape, dataset.classes)
        self.trainer.check_network(self.network)
        trainer = self.trainer
        names = trainer.learner.initialisation
        self.network.initialise(rng, **{name: getattr(trainer, name) for name in names})
        names = dataset.class_names, dataset.channel_names
        self.model = Model(self.network, self.preprocessing, names[0], channel_names=names[1])

    @classmethod
    def chosen(
        cls,
        dataset: Dataset,
        spec: str,
        choice: TrainingChoice,
        holdouts: Sequence[str] = (),
        by_class: bool = False,
    ) -> TrainingRun:
        """The run that choose_training has decided on for the same data, spec, holdouts and by_class."""
        return cls(
            dataset,
            spec,
            choice.settings,
            list(holdouts),
            choice.validation_percent,
            by_class,
            choice.learner,
            choice.layer_options,
        )

    def run(
        self,
        progress: Silent | None = None,
        checkpoint: str | os.PathLike | None = None,
        resume: bool = False,
        workers: Alone | None = None,
    ) -> Outcome:
        """Train, then evaluate each split once with the weights that are kept. See Trainer.fit."""
        workers = workers or Alone()
        parts = [self.samples(part) for part in (self.split.train, self.split.validation, self.split.test)]
        history = self.trainer.fit(self.network, *parts[0], *parts[1], progress, checkpoint, resume, workers)
        engine = self.trainer.make_engine(self.network, workers)
        scores = [_score(engine, x, y) for x, y in parts]
        self.model.training = self._record(history, *scores)
        return Outcome(self.model, history, *scores, is_unbalanced(parts[0][1]))

    @property
    def chooses_epoch(self) -> bool:
        """Whether validation chooses the epoch whose weights are kept."""
        return len(self.split.validation) > 0 and self.trainer.keep == BEST

    @property
    def kept_weights(self) -> str:
        """Which weights the model has after training, as an adjective: best, last or averaged."""
        if self.trainer.keep == AVERAGE:
            return "averaged"
        return "best" if self.chooses_epoch else "last"

    @cached_property
    def warnings(self) -> list[str]:
        """What is wrong with channels of the training samples, one line each."""
        samples = self.dataset.x[self.split.train]
        return channel_warnings(samples, self.preprocessing, self.dataset.channel_names)

    def samples(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.preprocessing.apply(self.dataset.x[indices]), self.dataset.y[indices]

    def origin(self) -> dict:
        """The part of a training record that says which data a model was made from, and how it was split."""
        column, tested = self.dataset.label_column, len(self.split.test) > 0
        group = None if column is None else self.dataset.group
        return {
            **({} if column is None else {"label_column": one_line(column)}),
            **({} if group is None else {"group_column": one_line(group)}),
            "data": one_line(self.dataset.name),
            "data_sha256": self.dataset.sha256,
            "model_spec": one_line(self.spec),
            "holdout": [one_line(holdout) for holdout in self.holdouts],
            "validation_part": one_line(self.split.validation_origin),
            "test_part": one_line(self.split.test_origin) if tested else "none",
            **(record_split(self.split) if tested else {}),
            "seed": self.trainer.seed,
        }

    def _record(self, history: History, train: Score, validation: Score, test: Score) -> dict:
        """The training record of the model file; without durations, so that equal runs yield equal files."""
        trainer = self.trainer
        return self.origin() | {
            "hyper_parameters": trainer.hyper_parameters | {"learn": trainer.learn},
            "epochs": len(history.epochs),
            "best_epoch": history.best_epoch,
            "train_accuracy": train.accuracy,
            "validation_accuracy": validation.accuracy,
            "test_accuracy": test.accuracy,
            "train_samples": train.samples,
            "validation_samples": validation.samples,
            "test_samples": test.samples,
            "tool_version": __version__,
        }


def _score(engine: Engine, x: np.ndarray, labels: np.ndarray) -> Score:
    if not len(x):
        return Score(0, 0)
    confusion, _ = count_predictions(engine, x, labels)
    lacking = missed_classes(confusion), absent_classes(confusion)
    return Score(int(confusion.trace()), len(x), macro_f1(confusion), *lacking)
