"""The history of a training run, in exact integers; fractions are for display."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Epoch:
    """One pass over the training samples.

    number: from 1. loss: exact sum of squared errors over `samples`; correct: number of correct predictions;
    both before the update of each step. The validation figures refer to the weights at the end of the epoch
    and are None without validation samples. learning_rate_inv: value used in this epoch. validation_f1:
    macro-F1 in millionths, where the classes are unbalanced, else None.
    """

    number: int
    samples: int
    loss: int
    correct: int
    validation_samples: int | None
    validation_loss: int | None
    validation_correct: int | None
    learning_rate_inv: int
    validation_f1: int | None = None

    @property
    def mean_loss(self) -> float:
        """Mean squared error per training sample."""
        return self.loss / self.samples

    @property
    def train_accuracy(self) -> float:
        return self.correct / self.samples

    @property
    def validation_accuracy(self) -> float | None:
        return None if self.validation_correct is None else self.validation_correct / self.validation_samples

    @property
    def validation_score(self) -> int | None:
        """What chooses the best epoch: macro-F1 where the classes are unbalanced, else correct samples."""
        return self.validation_correct if self.validation_f1 is None else self.validation_f1


@dataclass
class History:
    """Outcome of Trainer.fit.

    best_epoch: the epoch whose weights the network has at the end. stopped: why training ended.
    seconds: duration of training and validation; samples_per_second: in training steps alone.
    """

    epochs: list[Epoch] = field(default_factory=list)
    best_epoch: int = 0
    stopped: str = ""
    seconds: float = 0.0
    samples_per_second: float = 0.0
    warnings: list[str] = field(default_factory=list)

    @property
    def best(self) -> Epoch:
        """The epoch whose weights were kept."""
        return self.epochs[self.best_epoch - 1]
