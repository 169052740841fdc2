"""NumPy arrays of any usual kind, and what converts to them, as samples and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from integrad.datasets.dataset import Dataset, build_dataset
from integrad.datasets.labels import check_names
from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import IntegradError, InvalidArgumentError

NAME = "arrays"
"""The name of a data set that was made of arrays."""

BOOLEAN, FLOAT, INTEGER, TEXT = "boolean", "float", "integer", "text"
DTYPES = {BOOLEAN: np.dtype(bool), FLOAT: np.dtype(np.float64), INTEGER: np.dtype(np.int64)}


def as_array(name: str, values) -> np.ndarray:
    """An array that does not consist of Python objects. name: of the argument, for messages."""
    try:
        array = np.asarray(values)
        if array.dtype.kind == "O":
            array = _without_objects(array)
    except (ValueError, TypeError) as error:
        raise InvalidArgumentError(f"{name} cannot be converted to an array: {error}") from None
    if array.dtype.kind == "O":
        raise InvalidArgumentError(f"{name} consists of objects; expected numbers or strings of equal shape")
    return array


def _without_objects(array: np.ndarray) -> np.ndarray:
    """Objects of a single type, such as the strings in a column of a table, as an array of this type."""
    kinds = {type(value) for value in array.flat}
    plain = np.array(array.tolist()) if len(kinds) == 1 else array
    return plain if plain.shape == array.shape else array


def as_dataset(
    x,
    y,
    *,
    groups=None,
    test=None,
    axes: str | None = None,
    class_names: Sequence[str] | None = None,
    channel_names: Sequence[str] | None = None,
    held: bool = False,
) -> tuple[Dataset, str]:
    """A data set and the kind of its labels: BOOLEAN, FLOAT, INTEGER or TEXT. Arguments: see train().

    Without test samples it has an empty test set, so that no sample is put aside for a test, unless samples
    are held out, which are then those of the test.
    """
    check_one_kind(y)
    labels, kind = _labels(as_array("y", y))
    samples = as_array("x", x)
    if channel_names is None and samples.ndim == 2:
        channel_names = column_names(getattr(x, "columns", None))
    dataset = build_dataset(
        NAME,
        samples,
        labels,
        test=None if test is None else as_array("test", test),
        keys=None if groups is None else {"group": as_array("groups", groups)},
        class_names=None if class_names is None else as_array("class_names", class_names),
        channel_names=None if channel_names is None else as_array("channel_names", channel_names),
        axes=axes,
        group=None if groups is None else "group",
    )
    if dataset.test is None and not held:
        dataset = replace(dataset, test=np.zeros(len(dataset), bool))
    return dataset, TEXT if class_names is not None else kind


def column_names(names) -> list[str] | None:
    """The names of the columns of a table, such as a DataFrame, as channel names; None if they cannot be."""
    try:
        return None if names is None else check_names("x", "columns", np.array([str(name) for name in names]))
    except IntegradError:
        return None


def check_one_kind(y) -> None:
    """Raise InvalidArgumentError for strings among numbers, which NumPy would make text or objects."""
    if isinstance(y, list | tuple):
        labels = y
    elif getattr(getattr(y, "dtype", None), "kind", None) == "O":
        labels = np.asarray(y).flat
    else:
        return
    kinds = {isinstance(label, str | bytes): label for label in labels}
    if len(kinds) > 1:
        raise InvalidArgumentError(
            f"y contains strings and other values, such as {kinds[True]!r:.50} and {kinds[False]!r:.50}; "
            "labels must be of one kind"
        )


def _labels(y: np.ndarray) -> tuple[np.ndarray, str]:
    """Labels as integers or text, and their kind."""
    if y.dtype.kind == "b":
        return y.astype(str), BOOLEAN
    if y.dtype.kind == "f":
        if not (np.isfinite(y).all() and (y == np.rint(y)).all() and (np.abs(y) < 2**53).all()):
            raise InvalidArgumentError("y contains fractions or nan; labels must be integers or strings")
        return y.astype(np.int64), FLOAT
    return y, INTEGER if y.dtype.kind in "iu" else TEXT


def original_labels(class_names: list[str], kind: object) -> np.ndarray:
    """The label of each class (G,) as it was in the training data. kind: of a training record, which is not
    trusted."""
    names = np.array(class_names)
    try:
        if kind == BOOLEAN:
            return names == "True"
        return names.astype(np.int64).astype(DTYPES[kind]) if kind in (FLOAT, INTEGER) else names
    except ValueError:
        return names


def label_text(y: np.ndarray) -> np.ndarray:
    """Labels (N,) as the names of their classes."""
    labels, _ = _labels(y)
    return np.char.decode(labels, "utf-8") if labels.dtype.kind == "S" else labels.astype(str)


def samples_for(preprocessing: Preprocessing, x, saturate: bool = False) -> np.ndarray:
    """Samples (N, *raw_shape) of the kind that a model was trained on.

    A model of floats takes integers too, a model of integers takes floats that are whole numbers. saturate:
    whether integers beyond the range of the model's type are limited to it instead of refused.
    """
    samples = as_array("x", x)
    shape = preprocessing.raw_shape
    if samples.shape[1:] != shape:
        wanted = f"(samples, {', '.join(map(str, shape))})"
        one = "; pass a single sample as x[None]" if samples.shape == shape else ""
        raise InvalidArgumentError(f"x has shape {samples.shape}, but the model expects {wanted}{one}")
    if samples.dtype.kind not in "biuf":
        raise InvalidArgumentError(f"x is {samples.dtype}; samples must be integers or floats")
    if samples.dtype.kind == "f" and not np.isfinite(samples).all():
        place = np.argwhere(~np.isfinite(samples))[0]
        raise InvalidArgumentError(
            f"x[{', '.join(map(str, place))}] is {samples[tuple(place)]}; remove or replace these samples"
        )
    if preprocessing.scales is not None:
        return samples.astype(np.float64)
    if samples.dtype.kind == "f":
        if (samples != np.rint(samples)).any():
            raise InvalidArgumentError(
                f"x contains fractions, but the model was trained on {preprocessing.raw_dtype}; "
                "train on floats, or round x"
            )
        samples = np.clip(samples, -(2.0**53), 2.0**53).astype(np.int64)
    elif samples.dtype.kind == "b":
        samples = samples.astype(np.uint8)
    if saturate:
        limits = np.iinfo(preprocessing.raw_dtype)
        samples = np.clip(samples, limits.min, limits.max)
    return samples
