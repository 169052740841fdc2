"""Probabilities of classes: softmax of the scores, divided by a temperature that is fitted on the host.

Devices compare scores, which are integers. Only the host computes probabilities, in floating point.
"""

from __future__ import annotations

import numpy as np

LEAST, MOST, STEPS = 4.0, 512.0, 57
"""Temperatures that fit_temperature chooses from, a geometric series. Scores are integers within ±127; below
LEAST, all probabilities would be 0 or 1."""

SAMPLES = 5000
"""Samples that a temperature is fitted to at most."""


def softmax(scores: np.ndarray, temperature: float) -> np.ndarray:
    """Scores (N, G) → probabilities float64 (N, G)."""
    return np.exp(_log_softmax(scores, temperature))


def fit_temperature(scores: np.ndarray, labels: np.ndarray) -> float:
    """The temperature of the largest likelihood. scores: integers (N, G); labels: class indices (N,).

    As in Platt scaling, each class counts once more than it occurs, so that a few samples that are all
    classified correctly do not make the model certain.
    """
    scores, labels = scores[:SAMPLES], labels[:SAMPLES]
    samples, classes = scores.shape
    targets = np.full((samples, classes), 1 / (samples + classes))
    targets[np.arange(samples), labels] += samples / (samples + classes)
    choices = np.geomspace(LEAST, MOST, STEPS)
    return float(max(choices, key=lambda t: (targets * _log_softmax(scores, t)).sum()).round(3))


def _log_softmax(scores: np.ndarray, temperature: float) -> np.ndarray:
    # Equal differences of scores yield equal probabilities, because integers are subtracted first.
    scaled = (scores.astype(np.int64) - scores.max(axis=1, keepdims=True)) / temperature
    return scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
