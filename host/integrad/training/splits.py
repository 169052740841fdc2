"""Splits of a data set into training, validation and test samples."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from integrad.datasets.dataset import Dataset
from integrad.errors import IntegradError, UsageError

TEST_PERCENT = 20
"""Share of each class that is used for testing if no test samples are defined otherwise."""


@dataclass(frozen=True)
class Split:
    """Indices into a data set, int64 and disjoint; train is shuffled.

    test_origin, validation_origin: descriptions of how these samples were selected.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    test_origin: str
    validation_origin: str


def select(dataset: Dataset, selectors: list[str]) -> np.ndarray:
    """Mask bool (N,) of the samples that match any KEY=VALUE.

    Raises UsageError, listing the alternatives, for an unknown key or a value that no sample has.
    """
    mask = np.zeros(len(dataset), bool)
    for selector in selectors:
        key, equals, value = selector.partition("=")
        if not equals:
            raise UsageError(f"'{selector}': expected KEY=VALUE, such as {_example(dataset)}")
        if key not in dataset.keys:
            keys = ", ".join(dataset.keys) or "none"
            raise UsageError(f"'{selector}': {dataset.name} has no key '{key}'; known keys: {keys}")
        values = dataset.keys[key].astype(str)
        hits = values == value
        if not hits.any():
            raise UsageError(f"'{selector}': no sample matches; values of {key}: {_some(np.unique(values))}")
        mask |= hits
    return mask


def split_dataset(
    dataset: Dataset,
    rng: np.random.Generator,
    holdouts: list[str] | None = None,
    validation_percent: int = 10,
    by_class: bool = False,
) -> Split:
    """Draw a split. holdouts: KEY=VALUE of samples that are excluded from training.

    Test samples are those marked as such by the data, except held-out ones; if there are none, the held-out
    samples; if there are no holdouts either, TEST_PERCENT of each class. Validation samples are taken from
    the rest: whole groups if the data has groups (a new speaker instead of new words of a known one), else,
    or if by_class, a share of each class. validation_percent 0 means none.
    """
    held = select(dataset, holdouts or [])
    pool = np.flatnonzero(~held if dataset.test is None else ~held & ~dataset.test)
    if dataset.test is not None:
        test, origin = np.flatnonzero(dataset.test & ~held), "test set of the data"
        if (dataset.test & held).any():
            origin += ", without the held-out samples"
    elif holdouts:
        test, origin = np.flatnonzero(held), f"held-out samples ({', '.join(holdouts)})"
    else:
        test = _share_of_classes(dataset.y, pool, TEST_PERCENT, rng)
        origin = f"{TEST_PERCENT} % of every class"
        pool = np.setdiff1d(pool, test)
    if len(pool) == 0:
        raise IntegradError(f"{dataset.name}: no samples remain for training")
    validation, validation_origin = _validation(dataset, pool, validation_percent, by_class, rng)
    train = rng.permutation(np.setdiff1d(pool, validation))
    return Split(train, validation, test, origin, validation_origin)


def count_untested(dataset: Dataset, holdouts: Sequence[str] = ()) -> int:
    """Number of samples of a split that do not test, validation samples included."""
    held = select(dataset, list(holdouts))
    if dataset.test is not None:
        return int((~held & ~dataset.test).sum())
    if holdouts:
        return int((~held).sum())
    counts = np.bincount(dataset.y)
    return int((counts - np.where(counts > 1, np.maximum(1, counts * TEST_PERCENT // 100), 0)).sum())


def record_split(split: Split) -> dict:
    """The entry of a training record by which recorded_split recognises the samples of the test."""
    return {"test_crc": f"{_crc(split.test):08x}"}


def recorded_split(dataset: Dataset, record: dict) -> Split | None:
    """The split with which a model was trained on this data, with validation samples among those of training.

    record: its training record, which is not trusted. None if the model was trained on other data, or if the
    split cannot be drawn again.
    """
    seed, holdouts = record.get("seed"), record.get("holdout", [])
    if record.get("data_sha256") != dataset.sha256 or type(seed) is not int or seed < 0:
        return None
    if not isinstance(holdouts, list) or not all(isinstance(holdout, str) for holdout in holdouts):
        return None
    try:
        split = split_dataset(dataset, np.random.Generator(np.random.PCG64(seed)), holdouts, 0)
    except IntegradError:
        return None
    same = record.get("test_samples") == len(split.test)
    return (
        split
        if same and record.get("test_crc", f"{_crc(split.test):08x}") == f"{_crc(split.test):08x}"
        else None
    )


def _crc(indices: np.ndarray) -> int:
    return zlib.crc32(indices.astype("<i8").tobytes())


def _validation(dataset, pool, percent: int, by_class: bool, rng) -> tuple[np.ndarray, str]:
    if percent == 0:
        return np.array([], np.int64), "none"
    if dataset.group is not None and not by_class:
        groups = dataset.keys[dataset.group].astype(str)
        chosen = _share_of_groups(groups[pool], dataset.y[pool], percent, rng)
        if chosen:
            named = ", ".join(f"{dataset.group}={name}" for name in sorted(chosen))
            return pool[np.isin(groups[pool], chosen)], f"whole groups: {named}"
    return _share_of_classes(dataset.y, pool, percent, rng), f"{percent} % of every class"


def _share_of_classes(y: np.ndarray, pool: np.ndarray, percent: int, rng) -> np.ndarray:
    """At least one sample of each class that has two or more, in ascending order."""
    parts = []
    for label in np.unique(y[pool]):
        members = rng.permutation(pool[y[pool] == label])
        if len(members) > 1:
            parts.append(members[: max(1, len(members) * percent // 100)])
    return np.sort(np.concatenate(parts)) if parts else np.array([], np.int64)


def _share_of_groups(groups: np.ndarray, y: np.ndarray, percent: int, rng) -> list[str]:
    """Groups that amount to at least the share and leave samples of each class. [] if impossible."""
    chosen: list[str] = []
    classes = len(np.unique(y))
    for name in rng.permutation(np.unique(groups)):
        rest = ~np.isin(groups, [*chosen, name])
        if len(np.unique(y[rest])) < classes:
            continue
        chosen.append(str(name))
        if (~rest).sum() * 100 >= len(groups) * percent:
            break
    return chosen


def _example(dataset: Dataset) -> str:
    if not dataset.keys:
        return "speaker=theo (but this data has no keys)"
    key = next(iter(dataset.keys))
    return f"{key}={dataset.keys[key][0]}"


def _some(values: np.ndarray) -> str:
    more = f", … ({len(values)} in total)" if len(values) > 12 else ""
    return ", ".join(values[:12]) + more
