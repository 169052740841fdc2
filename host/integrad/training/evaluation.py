"""Selects the samples on which a model is evaluated, and maps their labels to its classes."""

from __future__ import annotations

import numpy as np

from integrad.datasets.dataset import Dataset
from integrad.errors import IntegradError
from integrad.model_file import Model
from integrad.training.splits import select


def choose_part(dataset: Dataset, only: list[str]) -> tuple[np.ndarray, str]:
    """(boolean mask (N,) of the samples to evaluate, description of the selection).

    only: KEY=VALUE strings; samples that match any of them are selected. Raises UsageError if one matches
    none.
    """
    if only:
        return select(dataset, only), f"samples with {' or '.join(only)}"
    if dataset.test is not None:
        return dataset.test, "test set"
    return np.ones(len(dataset), bool), "all samples"


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
