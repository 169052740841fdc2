"""Selects the samples on which a model is evaluated, and maps their labels to its classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from integrad.datasets.dataset import Dataset
from integrad.errors import IntegradError
from integrad.model_file import Model
from integrad.training.splits import recorded_split, select


@dataclass(frozen=True)
class Part:
    """Samples to evaluate.

    mask: bool (N,). text: how they were selected. learnt: mask of the samples that the model was trained or
    selected on, also of those outside the part; None if that is not known. suspected: number of samples of
    the whole data that it was trained or selected on, where the data is that of its training run but which
    samples these were is not known; else 0.
    """

    mask: np.ndarray
    text: str
    learnt: np.ndarray | None
    suspected: int = 0

    @property
    def learnt_samples(self) -> int | None:
        """Number of samples of the part that the model was trained or selected on."""
        return None if self.learnt is None else int((self.mask & self.learnt).sum())

    def note(self, evaluated: np.ndarray) -> str | None:
        """What to say if the model may know some of the evaluated samples, whose indices these are."""
        if self.learnt is not None:
            seen = int(self.learnt[evaluated].sum())
            return f"the model was trained or selected on {seen:,} of these samples" if seen else None
        if not self.suspected:
            return None
        if len(evaluated) == len(self.mask):
            return f"the model was trained or selected on {self.suspected:,} of these samples"
        return (
            f"the model may have been trained or selected on these samples: it was on {self.suspected:,} of "
            f"the {len(self.mask):,} samples of this data"
        )


def choose_part(model: Model, dataset: Dataset, only: list[str], to_learn: bool = False) -> Part:
    """The samples on which to evaluate a model: those of `only`, else those on which its training run tested
    it if this is the same data, else the test set of the data, else all.

    only: KEY=VALUE strings; samples that match any of them are selected. to_learn: some of the samples will
    be learnt, for which those that a training run tested on are too few unless the data marks them.
    Raises UsageError if a selector matches no sample.
    """
    split, learnt = recorded_split(dataset, model.training), None
    if split is not None:
        learnt = np.zeros(len(dataset), bool)
        learnt[split.train] = True
    suspected = _suspected(model, dataset) if learnt is None else 0
    if only:
        return Part(select(dataset, only), f"samples with {' or '.join(only)}", learnt, suspected)
    if split is not None and len(split.test) and not to_learn:
        mask = np.zeros(len(dataset), bool)
        mask[split.test] = True
        whole = dataset.test is not None and np.array_equal(mask, dataset.test)
        return Part(mask, "test set" if whole else "test samples of the training run", learnt)
    if dataset.test is not None:
        return Part(dataset.test, "test set", learnt, suspected)
    return Part(np.ones(len(dataset), bool), "all samples", learnt, suspected)


def _suspected(model: Model, dataset: Dataset) -> int:
    """See Part. The training record is not trusted."""
    record = model.training
    if record.get("data_sha256") != dataset.sha256:
        return 0
    counts = [record.get(f"{part}_samples") for part in ("train", "validation")]
    known = sum(count for count in counts if type(count) is int and count > 0)
    return min(known, len(dataset)) or len(dataset)


def match_labels(model: Model, dataset: Dataset) -> np.ndarray:
    """The labels of the data as class indices of the model, int64 (N,).

    Classes are matched by name. If the classes of the data are named 0, 1, …, these are taken as class
    indices, unless the model uses one of these names for another class. Raises IntegradError if the data has
    a class that the model does not know.
    """
    names, known = dataset.class_names, model.class_names
    unknown = [name for name in names if name not in known]
    if not unknown:
        return np.array([known.index(name) for name in names])[dataset.y]
    numbered = len(names) <= len(known) and names == [str(number) for number in range(len(names))]
    if numbered and all(name not in known or known.index(name) == int(name) for name in names):
        return dataset.y
    listed = ", ".join(known)
    raise IntegradError(f"{dataset.name}: the model does not know the class {unknown[0]}, only {listed}")
