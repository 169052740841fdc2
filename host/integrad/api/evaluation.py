"""Evaluation: how well a model classifies samples whose labels are known."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from integrad.training.metrics import class_scores, confusion_matrix, macro_f1


@dataclass(frozen=True)
class Evaluation:
    """Result of Model.evaluate().

    Attributes
    ----------
    samples, correct : int
        Number of samples, and of those that were classified correctly.
    class_names : list of str
    confusion : ndarray of shape (classes, classes), int64
        Number of samples by true class (rows) and predicted class (columns).
    part : str
        Which samples these are.
    learnt_samples : int or None
        How many of them the model was trained or selected on; None if that is not known.
    """

    samples: int
    correct: int
    class_names: list[str]
    confusion: np.ndarray = field(repr=False)
    part: str = "all samples"
    learnt_samples: int | None = None

    @classmethod
    def of(
        cls,
        class_names: list[str],
        labels: np.ndarray,
        predicted: np.ndarray,
        part: str = "all samples",
        learnt_samples: int | None = None,
    ) -> Evaluation:
        """labels, predicted: class indices (N,)."""
        confusion = confusion_matrix(labels, predicted, len(class_names))
        correct = int(confusion.trace())
        return cls(len(labels), correct, list(class_names), confusion, part, learnt_samples)

    @property
    def accuracy(self) -> float:
        """Share of the samples that were classified correctly."""
        return self.correct / self.samples

    @property
    def macro_f1(self) -> float:
        """Mean of the F1 scores of the classes."""
        return macro_f1(self.confusion)

    @property
    def by_class(self) -> dict[str, tuple[float, float, float]]:
        """Name of a class → (precision, recall, F1)."""
        return dict(zip(self.class_names, class_scores(self.confusion), strict=True))
