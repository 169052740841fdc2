"""Which samples of a data set a model is evaluated on, and what their labels mean to it."""

from __future__ import annotations

import numpy as np

from integrad.datasets.dataset import Dataset
from integrad.errors import IntegradError
from integrad.model_file import Model
from integrad.training.splits import select


def choose_part(dataset: Dataset, only: list[str]) -> tuple[np.ndarray, str]:
    """Mask bool (N,) of the samples to evaluate, and which they are in words.

    only: KEY=VALUE texts, any of which a sample must match. Raises UsageError if one matches nothing.
    """
    if only:
        return select(dataset, only), f"every sample with {' or '.join(only)}"
    if dataset.test is not None:
        return dataset.test, "its test part"
    return np.ones(len(dataset), bool), "every sample"


def match_labels(model: Model, dataset: Dataset) -> np.ndarray:
    """The data's labels as the model counts them, int64 (N,).

    Classes are matched by name. Data whose classes are called 0, 1, … has no names of its own; where
    the model calls none of these numbers otherwise, they are its classes' numbers.
    Raises IntegradError if the data has a class that the model does not know.
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
