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

    Integers must be exactly 0 … G-1; class i is named class_names[i], or str(i). Strings are
    mapped to their rank among class_names if given, else among the sorted distinct strings.
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
    found = np.unique(y)
    if len(found) == 1:
        raise IntegradError(
            f"{source}: y contains a single class ({found[0]}); a classifier requires two or more"
        )
    expected = len(found) if names is None else len(names)
    if int(found[0]) != 0 or int(found[-1]) != len(found) - 1:
        raise IntegradError(
            f"{source}: y contains the labels {_shorten(found)}, expected 0 … {len(found) - 1} without gaps; "
            "remap with np.unique(y, return_inverse=True)[1]"
        )
    if len(found) != expected:
        raise IntegradError(f"{source}: class_names has {expected} names but y has {len(found)} classes")
    _check_count(source, len(found))
    return y.astype(np.int64), names or [str(i) for i in range(len(found))]


def _from_strings(source: str, y: np.ndarray, names: list[str] | None) -> tuple[np.ndarray, list[str]]:
    found, labels = np.unique(as_text(y), return_inverse=True)
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


def as_text(array: np.ndarray) -> np.ndarray:
    """Strings of either kind as unicode; invalid UTF-8 becomes replacement characters."""
    return np.char.decode(array, "utf-8", "replace") if array.dtype.kind == "S" else array


def check_names(source: str, field: str, array: np.ndarray, what: str = "class") -> list[str]:
    """Distinct printable names as a list, or raise IntegradError. what: the thing that each belongs to."""
    if array.ndim != 1 or array.dtype.kind not in "SU":
        raise IntegradError(f"{source}: {field} must be a one-dimensional array of strings, one per {what}")
    names = as_text(array).tolist()
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
