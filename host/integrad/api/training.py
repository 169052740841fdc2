"""Training a model on arrays or on a data set, with the same defaults as the command line."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
from rich.console import Console

from integrad.api.arrays import TEXT, as_dataset
from integrad.api.invalid_arguments import invalid_arguments
from integrad.api.model import LABELS, TEMPERATURE, Model
from integrad.api.probabilities import SAMPLES, fit_temperature
from integrad.datasets.dataset import Dataset
from integrad.errors import IntegradNote, InvalidArgumentError
from integrad.learners.table import find_learner
from integrad.training.class_notes import missed_warning
from integrad.training.defaults import choose_training
from integrad.training.progress import progress_for
from integrad.training.trainer import EVERY_EPOCH
from integrad.training.training_run import Outcome, TrainingRun

OF_LAYERS = ("leak", "encoding", "bias", "sums")
"""Settings of all layers, which are not settings of the trainer."""

MOST_VALIDATION = 90
"""In percent."""


def train(
    x,
    y=None,
    model: str | os.PathLike = "mlp:96,48",
    *,
    groups=None,
    test=None,
    validation: int | None = None,
    validation_by_class: bool = False,
    holdout: str | Sequence[str] = (),
    axes: str | None = None,
    class_names: Sequence[str] | None = None,
    channel_names: Sequence[str] | None = None,
    learner: str | None = None,
    seed: int = 0,
    progress: bool = False,
    **settings: int | str,
) -> Model:
    """Train a network in integer arithmetic. The same arguments yield the same bits on every computer.

    Parameters
    ----------
    x : array of shape (N, ...), or Dataset
        Samples of 1 to 3 axes: bool, integers of any width whose values fit in 32 bits, floats, or lists of
        these. Each channel of floats is scaled; the scaling is part of the model.
    y : array of shape (N,)
        Labels: integers (also with gaps), booleans or strings, of two or more classes. predict() returns the
        same labels. None if x is a Dataset.
    model : str
        The network: "mlp:96,48", "cnn:c8,p2,c16,p2,d48", a preset, or the path of a network.toml.
    groups : array of shape (N,), optional
        Integers or strings. Validation samples, and test samples that are not marked, are whole groups, for
        example persons.
    test : array of shape (N,), optional
        True for samples that are not trained on; the training record states the accuracy on them. By default
        they are the held-out samples; without `holdout`, no sample of arrays is put aside, and of a Dataset
        those that `integrad train` puts aside.
    validation : int, optional
        Percentage of the training samples that measures the accuracy, or chooses the best epoch, 0 to 90; by
        default it depends on the data.
    validation_by_class : bool
        Draw the validation samples from each class instead of by group.
    holdout : str or sequence of str
        KEY=VALUE of samples that are excluded from training, such as "group=3" or a key of the Dataset.
    axes : str, optional
        Layout of a sample of arrays: F, T, TC, CT, HW, HWC or CHW. By default it is detected from the shape.
    class_names, channel_names : sequence of str, optional
        Names for generated code: one per class, in the order of the sorted labels, and one per channel.
        predict() then returns class names. The columns of a DataFrame have names already.
    learner : str, optional
        "nitro-d", "backprop" or "pocket"; by default it depends on the network and the data.
    seed : int
        Of all random numbers, at least 0.
    progress : bool
        Whether to show the progress of the training.
    **settings : int or str
        Settings of `integrad train` under the same names: epochs, steps, batch_size, learning_rate_inv,
        keep, schedule, last_learning_rate_inv, halvings, engine, threads, ...

    Returns
    -------
    Model

    Raises
    ------
    InvalidArgumentError
        A ValueError, for arrays or settings that cannot be used; the message is one line.

    Warns
    -----
    IntegradNote
        About channels of which the network sees little or nothing, classes that are never predicted, and
        if training fails.
    """
    with invalid_arguments():
        selectors = [holdout] if isinstance(holdout, str) else list(holdout)
        dataset, kind = _dataset(x, y, groups, test, axes, class_names, channel_names, bool(selectors))
        run = make_run(
            dataset, model, settings | {"seed": seed}, selectors, validation, validation_by_class, learner
        )
        return finish(run, kind, progress)


def _dataset(x, y, groups, test, axes, class_names, channel_names, held: bool) -> tuple[Dataset, str]:
    """held: whether samples are held out, which are then those of the test."""
    if not isinstance(x, Dataset):
        if isinstance(x, str | os.PathLike):
            raise InvalidArgumentError(
                f"x is {os.fspath(x)!r:.50}; read files with integrad.load_dataset() first"
            )
        if y is None:
            raise InvalidArgumentError("y is missing; pass one label per sample")
        names = {"class_names": class_names, "channel_names": channel_names}
        return as_dataset(x, y, groups=groups, test=test, axes=axes, held=held, **names)
    given = {"y": y, "groups": groups, "test": test, "axes": axes, "class_names": class_names}
    given["channel_names"] = channel_names
    if names := [name for name, value in given.items() if value is not None]:
        raise InvalidArgumentError(f"{names[0]} cannot be combined with a Dataset, which has its own")
    return x, TEXT


def make_run(
    dataset: Dataset,
    model: str | os.PathLike,
    settings: Mapping[str, int | str],
    holdouts: Sequence[str] = (),
    validation_percent: int | None = None,
    by_class: bool = False,
    learner: str | None = None,
) -> TrainingRun:
    """A run in which choose_training has decided what nobody else has. settings: of the trainer and of all
    layers."""
    spec, percent = _checked_spec(model), _checked_percent(validation_percent)
    given = {name: value for name, value in settings.items() if value is not None}
    bias = {"bias": given.pop("bias")} if "bias" in given else {}
    plain = {name: int(value) if isinstance(value, bool | np.integer) else value
             for name, value in given.items()} | bias  # fmt: skip
    if learner is not None:
        find_learner(learner)
    of_layers = {name: plain.pop(name) for name in OF_LAYERS if name in plain}
    choice = choose_training(
        dataset,
        spec,
        plain,
        learner=learner,
        layer_options=of_layers,
        holdouts=holdouts,
        validation_percent=percent,
        by_class=by_class,
    )
    return TrainingRun.chosen(dataset, spec, choice, holdouts, by_class)


def _checked_spec(model) -> str:
    try:
        spec = os.fspath(model)
    except TypeError:
        spec = None
    if not isinstance(spec, str):
        expected = "a network such as 'mlp:96,48', a preset or the path of a network.toml"
        raise InvalidArgumentError(f"model is {model!r:.50}; expected {expected}")
    return spec


def _checked_percent(validation) -> int | None:
    if validation is None:
        return None
    if isinstance(validation, float | np.floating) and 0 < validation < 1:
        raise InvalidArgumentError(f"validation={validation}: validation is a percentage: 20 for a fifth")
    whole = isinstance(validation, int | np.integer) and not isinstance(validation, bool)
    if not whole or not 0 <= validation <= MOST_VALIDATION:
        rule = f"must be a whole number from 0 to {MOST_VALIDATION}, in percent"
        raise InvalidArgumentError(f"validation {validation!s:.50} {rule}")
    return int(validation)


def finish(run: TrainingRun, kind: str = TEXT, progress: bool = False) -> Model:
    """Train. kind: of the labels, see arrays.py."""
    for text in run.warnings:
        warnings.warn(text, IntegradNote, stacklevel=3)
    outcome = run.run(progress_for(Console()) if progress else None)
    missed = missed_warning(outcome, run.trainer.balance == EVERY_EPOCH).replace("--balance", "balance=1")
    for text in [*outcome.history.warnings, *filter(None, [missed])]:
        warnings.warn(text, IntegradNote, stacklevel=3)
    model = Model.of(outcome.model)
    model.training[TEMPERATURE] = _temperature(run, outcome)
    if kind != TEXT:
        model.training[LABELS] = kind
    return model


def _temperature(run: TrainingRun, outcome: Outcome) -> float:
    """Fitted to the validation samples, to those of training if there are none.

    Nearly all of the latter are classified correctly, but as each class counts once more than it occurs, the
    log loss of other samples is close to the best one (docs/results/small_data.md).
    """
    part = run.split.validation if len(run.split.validation) else run.split.train
    x, y = run.samples(part[:SAMPLES])
    return fit_temperature(outcome.model.network.logits(x), y)
