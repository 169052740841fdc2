"""Metrics of predictions, computed from integer counts."""

from __future__ import annotations

import numpy as np

from integrad.engines.engine import Engine
from integrad.network.network import Network

UNBALANCED = 3
"""See is_unbalanced."""

MILLION = 10**6


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """labels, predicted: int (N,) in 0…classes-1 → int64 (classes, classes), one row per true class."""
    pairs = np.asarray(labels, np.int64) * classes + np.asarray(predicted, np.int64)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def class_scores(confusion: np.ndarray) -> list[tuple[float, float, float]]:
    """(precision, recall, F1) of each class; 0 where a quotient is undefined."""
    hits, actual, predicted = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    return [
        (_ratio(h, p), _ratio(h, a), _ratio(2 * h, a + p))
        for h, a, p in zip(hits, actual, predicted, strict=True)
    ]


def missed_classes(confusion: np.ndarray) -> list[int]:
    """Classes with samples, none of which and no other one is classified as them."""
    return np.flatnonzero((confusion.sum(axis=1) > 0) & (confusion.sum(axis=0) == 0)).tolist()


def absent_classes(confusion: np.ndarray) -> list[int]:
    """Classes without samples."""
    return np.flatnonzero(confusion.sum(axis=1) == 0).tolist()


def macro_f1(confusion: np.ndarray) -> float:
    """Mean F1 over the classes that occur among the labels or the predictions."""
    occurs = confusion.sum(axis=0) + confusion.sum(axis=1) > 0
    scores = [f1 for (_, _, f1), counted in zip(class_scores(confusion), occurs, strict=True) if counted]
    return sum(scores) / len(scores)


def macro_f1_millionths(confusion: np.ndarray) -> int:
    """The macro-F1 in millionths, rounded down class by class, which is the same on every computer."""
    sums = confusion.sum(axis=0) + confusion.sum(axis=1)
    hits, sums = confusion.diagonal()[sums > 0], sums[sums > 0]
    return int((2 * MILLION * hits.astype(np.int64) // sums).sum()) // len(sums)


def is_unbalanced(labels: np.ndarray) -> bool:
    """Whether the largest class has more than UNBALANCED times as many samples as the smallest one."""
    counts = np.unique(labels, return_counts=True)[1]
    return len(counts) > 0 and int(counts.max()) > UNBALANCED * int(counts.min())


def count_predictions(network: Network | Engine, x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, int]:
    """(confusion matrix, exact sum of squared errors). x: int8 (N, *input_shape).

    An engine yields the same figures, but faster.
    """
    logits = network.logits(x)
    error = logits.astype(np.int64)
    described = network if isinstance(network, Network) else network.network
    error[np.arange(len(x)), labels] -= described.output.target
    confusion = confusion_matrix(labels, logits.argmax(axis=1), described.classes)
    return confusion, int(np.square(error).sum())


def count_correct(network: Network | Engine, x: np.ndarray, labels: np.ndarray) -> tuple[int, int]:
    """(number of correct predictions, exact sum of squared errors), see count_predictions."""
    confusion, loss = count_predictions(network, x, labels)
    return int(confusion.trace()), loss


def _ratio(part, whole) -> float:
    return float(part) / float(whole) if whole else 0.0
