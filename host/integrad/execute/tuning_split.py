"""Which samples of a data set a device learns from, which it stores for replay, and on which it is tested."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from integrad.datasets.dataset import Dataset
from integrad.execute.adaptation import choose_stored, split_for_tuning
from integrad.training.evaluation import Part


class TuningSplit(NamedTuple):
    """Indices of samples."""

    tuned: np.ndarray
    stored: np.ndarray
    test: np.ndarray


def split_data(
    dataset: Dataset,
    evaluated: Part,
    labels: np.ndarray,
    count: int,
    replay: int | None,
    batch_size: int,
    seed: int,
) -> TuningSplit:
    """`count` samples of the part are learnt, its others are for the test. The stored ones are those that the
    model may have been trained on: neither in the part nor in the test set. labels: (N,), classes of the
    model. Raises UsageError for too many samples."""
    matching = np.flatnonzero(evaluated.mask)
    tuned, test = (matching[part] for part in split_for_tuning(labels[matching], count, seed))
    stored = _other_samples(dataset, evaluated)
    return TuningSplit(tuned, stored[choose_stored(labels[stored], replay, batch_size, seed)], test)


def _other_samples(dataset: Dataset, part: Part) -> np.ndarray:
    if dataset.test is None and part.learnt is not None:
        return np.flatnonzero(~part.mask & part.learnt)
    return np.flatnonzero(~part.mask if dataset.test is None else ~part.mask & ~dataset.test)
