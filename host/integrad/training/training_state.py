"""The state of a training run between batches, except for the network itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from integrad.learners.step import Step
from integrad.network.network import Network
from integrad.training.divergence import DivergenceWatch
from integrad.training.history import Epoch
from integrad.training.plateau import Plateau
from integrad.training.weight_average import WeightAverage


@dataclass
class TrainingState:
    """Saved in checkpoints, so that a resumed run ends with the same bits.

    planned: maximum number of epochs. unbalanced: whether macro-F1 chooses the best epoch. order: int64 (N,),
    indices of the samples of the current epoch, None between epochs; position: number of samples processed;
    loss, correct: sums over these samples, after settle(). pending: the latest step, if it is not included in
    the sums yet. best: the best weights so far; best_score: (validation score, -validation loss) of
    best_epoch. average: of the weights, with keep="average". finished: why training has ended, or "".
    """

    rng: np.random.Generator
    planned: int
    learning_rate_inv: int
    refine: Plateau
    stop: Plateau
    watch: DivergenceWatch
    unbalanced: bool = False
    order: np.ndarray | None = None
    position: int = 0
    loss: int = 0
    correct: int = 0
    epochs: list[Epoch] = field(default_factory=list)
    best: dict[str, np.ndarray] = field(default_factory=dict)
    best_score: tuple[int, int] | None = None
    best_epoch: int = 0
    average: WeightAverage = field(default_factory=WeightAverage)
    finished: str = ""
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    step_seconds: float = 0.0
    pending: Step | None = None

    def start_epoch(self, samples: int, balanced: np.ndarray | None = None) -> None:
        """Draw the order of an epoch, unless one has already started.

        balanced: labels (samples,) to draw each class equally often, or None to draw each sample once.
        """
        if self.order is None and balanced is None:
            self.order = self.rng.permutation(samples)
        elif self.order is None:
            self.order = draw_evenly(balanced, self.rng)

    def count(self, samples: int, step: Step) -> None:
        """Count a step of `samples` samples. Its results are read one step later, so that a GPU can compute
        them while the host prepares the next batch.
        """
        self.settle()
        self.position += samples
        self.pending = step

    def settle(self) -> None:
        """Add pending results to the sums, waiting for them if necessary."""
        if self.pending is not None:
            self.loss += self.pending.loss
            self.correct += self.pending.correct
            self.pending = None

    def end_epoch(self, validation: tuple[int, int, int, int | None] | None, learning_rate_inv: int) -> Epoch:
        """Record the epoch. validation: (samples, correct, loss, macro-F1), None without validation samples.

        learning_rate_inv: of this epoch.
        """
        self.settle()
        count, correct, loss, f1 = validation or (None, None, None, None)
        epoch = Epoch(
            number=len(self.epochs) + 1,
            samples=len(self.order),
            loss=self.loss,
            correct=self.correct,
            validation_samples=count,
            validation_loss=loss,
            validation_correct=correct,
            learning_rate_inv=learning_rate_inv,
            validation_f1=f1,
        )
        self.epochs.append(epoch)
        self.order, self.position, self.loss, self.correct = None, 0, 0, 0
        return epoch

    def describe_place(self) -> str:
        """Description of the progress of the run."""
        if self.order is None:
            return f"after epoch {len(self.epochs)}"
        return f"in epoch {len(self.epochs) + 1} after {self.position:,} of {len(self.order):,} samples"

    def keep_if_best(self, network: Network, epoch: Epoch, latest: bool = False) -> None:
        """Copy the weights if they are the best so far; without validation or if `latest`, the latest are
        the best."""
        score = None
        if epoch.validation_correct is not None and not latest:
            score = (epoch.validation_score, -epoch.validation_loss)
            if self.best_score is not None and score <= self.best_score:
                return
        self.best = {name: array.copy() for name, array in network.arrays().items()}
        self.best_score, self.best_epoch = score, epoch.number


def draw_evenly(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Indices int64 (N,) of as many samples as there are labels (N,), with each class equally often.

    Samples of a class take turns: none is drawn again before all others were. Of large classes, some are left
    out. Where N is no multiple of the number of classes, the classes of the remainder are drawn.
    """
    classes = np.unique(labels)
    counts = np.full(len(classes), len(labels) // len(classes))
    counts[rng.permutation(len(classes))[: len(labels) % len(classes)]] += 1
    chosen = []
    for label, count in zip(classes, counts, strict=True):
        members = np.flatnonzero(labels == label)
        rounds = [rng.permutation(members) for _ in range(-(-count // len(members)))]
        chosen += [np.concatenate(rounds)[:count]] if rounds else []
    return rng.permutation(np.concatenate(chosen))
