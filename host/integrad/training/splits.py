"""Splits of a data set into training, validation and test samples."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from integrad.datasets.dataset import Dataset
from integrad.errors import IntegradError, UsageError
from integrad.training.group_split import FEWEST_GROUPS, test_groups, validation_groups

TEST_PERCENT = 20
"""Share of the samples that is used for testing if no test samples are defined otherwise."""

WHOLE = "whole groups: "
"""Begins the description of samples that are whole groups."""


@dataclass(frozen=True)
class Split:
    """Indices into a data set, int64 and disjoint; train is shuffled.

    test_origin, validation_origin: descriptions of how these samples were selected. notes: one line each for
    the user, where whole groups could not be selected.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    test_origin: str
    validation_origin: str
    notes: tuple[str, ...] = ()


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
            hint = f"; add --group {key}" if key in dataset.ignored else ""
            raise UsageError(f"'{selector}': {dataset.name} has no key '{key}'; known keys: {keys}{hint}")
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
    samples; if there are no holdouts either, about TEST_PERCENT of all samples. Validation samples are taken
    from the rest. Both are whole groups if the data has groups (a new speaker instead of new words of a known
    one), else, or if groups cannot be spared, a share of each class; by_class: so are those of validation in
    any case. validation_percent 0 means none.
    """
    held, notes = select(dataset, holdouts or []), []
    pool = np.flatnonzero(~held if dataset.test is None else ~held & ~dataset.test)
    if dataset.test is not None:
        test, origin = np.flatnonzero(dataset.test & ~held), "test set of the data"
        if (dataset.test & held).any():
            origin += ", without the held-out samples"
    elif holdouts:
        test, origin = np.flatnonzero(held), f"held-out samples ({', '.join(holdouts)})"
    else:
        test, origin, notes = _test(dataset, pool, rng)
        pool = np.setdiff1d(pool, test)
    if len(pool) == 0:
        raise IntegradError(f"{dataset.name}: no samples remain for training")
    validation, validation_origin = _validation(dataset, pool, validation_percent, by_class, rng)
    if validation_percent and dataset.group is not None and not by_class and not _is_whole(validation_origin):
        notes.append(
            f"no group of {dataset.group} can be spared for validation: its samples are drawn from every "
            "class, and their groups are trained on too"
        )
    train = rng.permutation(np.setdiff1d(pool, validation))
    return Split(train, validation, test, origin, validation_origin, tuple(notes))


def count_untested(dataset: Dataset, holdouts: Sequence[str] = (), seed: int = 0) -> int:
    """Number of samples of the split with this seed that do not test, validation samples included."""
    held = select(dataset, list(holdouts))
    if dataset.test is not None:
        return int((~held & ~dataset.test).sum())
    if holdouts:
        return int((~held).sum())
    if dataset.group is not None:
        test, _, _ = _test(dataset, np.arange(len(dataset)), np.random.Generator(np.random.PCG64(seed)))
        return len(dataset) - len(test)
    counts = np.bincount(dataset.y)
    return int((counts - np.where(counts > 1, np.maximum(1, counts * TEST_PERCENT // 100), 0)).sum())


def count_validation(
    dataset: Dataset, holdouts: Sequence[str], percent: int, by_class: bool = False, seed: int = 0
) -> int:
    """Number of validation samples of the split with this seed: none of classes with one sample."""
    return len(seeded_split(dataset, holdouts, percent, by_class, seed).validation)


def seeded_split(
    dataset: Dataset, holdouts: Sequence[str], percent: int, by_class: bool = False, seed: int = 0
) -> Split:
    """The split of a training run with this seed, as of split_dataset."""
    rng = np.random.Generator(np.random.PCG64(seed))
    return split_dataset(dataset, rng, list(holdouts), percent, by_class)


def record_split(split: Split) -> dict:
    """The entry of a training record by which recorded_split recognises the samples of the test."""
    return {"test_crc": f"{_crc(split.test):08x}"}


def recorded_split(dataset: Dataset, record: dict) -> Split | None:
    """The split with which a model was trained on this data, with validation samples among those of training.

    record: its training record, which is not trusted. None if the model was trained on other data, or if the
    split cannot be drawn again, as without the groups of the training run. Older versions drew the test
    samples from every class although there were groups.
    """
    seed, holdouts = record.get("seed"), record.get("holdout", [])
    if record.get("data_sha256") != dataset.sha256 or type(seed) is not int or seed < 0:
        return None
    if not isinstance(holdouts, list) or not all(isinstance(holdout, str) for holdout in holdouts):
        return None
    by_class = replace(dataset, group=None)
    for form in (by_class,) if dataset.group is None or "test_crc" not in record else (dataset, by_class):
        try:
            split = split_dataset(form, np.random.Generator(np.random.PCG64(seed)), holdouts, 0)
        except IntegradError:
            continue
        crc = record_split(split)["test_crc"]
        if record.get("test_samples") == len(split.test) and record.get("test_crc", crc) == crc:
            return split
    return None


def _crc(indices: np.ndarray) -> int:
    return zlib.crc32(indices.astype("<i8").tobytes())


def _test(dataset: Dataset, pool: np.ndarray, rng) -> tuple[np.ndarray, str, list[str]]:
    """(test samples, description, notes) where neither the data nor holdouts say which they are."""
    by_class, notes = f"{TEST_PERCENT} % of every class", []
    if dataset.group is not None:
        groups = dataset.keys[dataset.group].astype(str)
        if chosen := test_groups(groups[pool], dataset.y[pool], TEST_PERCENT, rng):
            return pool[np.isin(groups[pool], chosen)], _named(dataset, chosen), notes
        count = len(np.unique(groups[pool]))
        reason = f"{dataset.group} has {count} group{'s' * (count > 1)}"
        if count >= FEWEST_GROUPS:
            reason = f"no group of {dataset.group} can be spared for testing"
        notes.append(
            f"{reason}: the test samples are drawn from every class, and their groups are trained on too"
        )
    return _share_of_classes(dataset.y, pool, TEST_PERCENT, rng), by_class, notes


def _validation(dataset, pool, percent: int, by_class: bool, rng) -> tuple[np.ndarray, str]:
    if percent == 0:
        return np.array([], np.int64), "none"
    if dataset.group is not None and not by_class:
        groups = dataset.keys[dataset.group].astype(str)
        chosen = validation_groups(groups[pool], dataset.y[pool], percent, rng)
        if chosen:
            return pool[np.isin(groups[pool], chosen)], _named(dataset, chosen)
    return _share_of_classes(dataset.y, pool, percent, rng), f"{percent} % of every class"


def _named(dataset: Dataset, chosen: list[str]) -> str:
    return WHOLE + ", ".join(f"{dataset.group}={name}" for name in sorted(chosen))


def _is_whole(origin: str) -> bool:
    return origin.startswith(WHOLE)


def _share_of_classes(y: np.ndarray, pool: np.ndarray, percent: int, rng) -> np.ndarray:
    """At least one sample of each class that has two or more, in ascending order."""
    parts = []
    for label in np.unique(y[pool]):
        members = rng.permutation(pool[y[pool] == label])
        if len(members) > 1:
            parts.append(members[: max(1, len(members) * percent // 100)])
    return np.sort(np.concatenate(parts)) if parts else np.array([], np.int64)


def _example(dataset: Dataset) -> str:
    if not dataset.keys:
        return "speaker=theo (but this data has no keys)"
    key = next(iter(dataset.keys))
    return f"{key}={dataset.keys[key][0]}"


def _some(values: np.ndarray) -> str:
    more = f", … ({len(values)} in total)" if len(values) > 12 else ""
    return ", ".join(values[:12]) + more
