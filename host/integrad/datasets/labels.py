"""Labels: conversion of the labels in a file to classes 0 … G-1 with names."""

from __future__ import annotations

import numpy as np

from integrad.errors import IntegradError
from integrad.network.description import MAX_CLASSES

MAX_NAME = 64
"""Maximum length of a class name, which appears in tables and in generated files."""


def check_labels(
    source: str, y: np.ndarray, class_names: np.ndarray | None = None
) -> tuple[np.ndarray, list[str]]:
    """Return (int64 labels (N,), class names) or raise IntegradError, naming source.

    Integers become their rank among the distinct labels, so that 1, 2, 5 are the classes 0, 1, 2; the class
    of rank i is named class_names[i], or by its label. Strings are mapped to their rank among class_names if
    given, else among the sorted distinct strings.
    """
    if y.ndim != 1:
        fix = "save y.argmax(axis=1)" if y.ndim == 2 and y.shape[1] > 1 else "save y.ravel()"
        raise IntegradError(
            f"{source}: y has shape {y.shape}, expected one label per sample ({len(y)},); {fix}"
        )
    names = None if class_names is None else check_names(source, "class_names", class_names)
    if y.dtype.kind in "SU":
        return _from_strings(source, y, names)
    if y.dtype.kind not in "biu":
        raise IntegradError(f"{source}: y is {y.dtype}, labels must be integers; save y.astype(int)")
    return _from_integers(source, y, names)


def check_training_classes(source: str, y: np.ndarray, class_names: list[str]) -> None:
    """Raise IntegradError unless every class occurs in the training labels y."""
    missing = np.flatnonzero(np.bincount(y, minlength=len(class_names)) == 0)
    if len(missing):
        shown = ", ".join(class_names[i] for i in missing[:5]) + (" …" if len(missing) > 5 else "")
        raise IntegradError(f"{source}: no training samples of class {shown}; move some out of the test set")


def _from_integers(source: str, y: np.ndarray, names: list[str] | None) -> tuple[np.ndarray, list[str]]:
    found, labels = np.unique(y, return_inverse=True)
    if len(found) == 1:
        raise IntegradError(
            f"{source}: y contains a single class ({found[0]}); a classifier requires two or more"
        )
    _check_count(source, len(found))
    if names is not None and len(found) != len(names):
        raise IntegradError(
            f"{source}: class_names has {len(names)} names but y has {len(found)} classes ({_shorten(found)})"
        )
    return labels.astype(np.int64), names or [str(int(label)) for label in found]


def _from_strings(source: str, y: np.ndarray, names: list[str] | None) -> tuple[np.ndarray, list[str]]:
    found, labels = np.unique(as_text(source, "y", y), return_inverse=True)
    if len(found) == 1:
        raise IntegradError(
            f"{source}: y contains a single class ({str(found[0])!r}); a classifier requires two or more"
        )
    _check_count(source, len(found))
    sorted_names = check_names(source, "y", found)
    if names is None:
        return labels.astype(np.int64), sorted_names
    if different := sorted(set(names) ^ set(sorted_names)):
        raise IntegradError(f"{source}: class_names and the labels in y differ: {_shorten(different)}")
    return np.array([names.index(name) for name in sorted_names], np.int64)[labels], names


def as_text(source: str, field: str, array: np.ndarray) -> np.ndarray:
    """Strings of either kind as unicode; anything else unchanged. Raises IntegradError for bytes that are no
    UTF-8: replacing them would merge different labels."""
    if array.dtype.kind != "S":
        return array
    try:
        return np.char.decode(array, "utf-8")
    except UnicodeDecodeError as error:
        raise IntegradError(
            f"{source}: {field} contains {bytes(error.object)!r}, which is no UTF-8 text; "
            f"save np.char.decode({field}, encoding) with its encoding, such as 'latin-1'"
        ) from None


def check_names(source: str, field: str, array: np.ndarray, what: str = "class") -> list[str]:
    """Distinct printable names as a list, or raise IntegradError. what: the thing that each belongs to."""
    if array.ndim != 1 or array.dtype.kind not in "SUiu":
        raise IntegradError(
            f"{source}: {field} must be a one-dimensional array of strings or integers, one per {what}"
        )
    names = list(map(str, as_text(source, field, array).tolist()))
    for name in names:
        if not name.isprintable() or not 1 <= len(name) <= MAX_NAME:
            raise IntegradError(
                f"{source}: {field} contains {name[:MAX_NAME]!r}; names must have 1 to {MAX_NAME} printable "
                "characters"
            )
    if len(set(names)) != len(names):
        raise IntegradError(f"{source}: {field} contains a name twice; names must be unique")
    return names


def _check_count(source: str, classes: int) -> None:
    if classes > MAX_CLASSES:
        raise IntegradError(f"{source}: y has {classes:,} classes, at most {MAX_CLASSES} are supported")


def _shorten(values) -> str:
    shown = [str(v) for v in values]
    return ", ".join(shown) if len(shown) <= 8 else ", ".join([*shown[:4], "…", shown[-1]])
