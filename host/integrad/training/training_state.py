"""Everything that a training run carries from one batch to the next, besides the network itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from integrad.learners.step import Step
from integrad.network.network import Network
from integrad.training.divergence import DivergenceWatch
from integrad.training.history import Epoch
from integrad.training.plateau import Plateau


@dataclass
class TrainingState:
    """Kept in a checkpoint, so that an interrupted run ends with the same bits.

    order: int64 (N,), the current epoch's order of the samples, None between epochs; position:
    samples of it that are done; loss, correct: sums over those, once settle() was called. pending: the
    latest step, if it is not in the sums yet. best: the best weights so far,
    best_score: (validation samples right, -validation loss) of best_epoch. finished: why training
    is over, or "".
    """

    rng: np.random.Generator
    learning_rate_inv: int
    refine: Plateau
    stop: Plateau
    watch: DivergenceWatch
    order: np.ndarray | None = None
    position: int = 0
    loss: int = 0
    correct: int = 0
    epochs: list[Epoch] = field(default_factory=list)
    best: dict[str, np.ndarray] = field(default_factory=dict)
    best_score: tuple[int, int] | None = None
    best_epoch: int = 0
    finished: str = ""
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0
    step_seconds: float = 0.0
    pending: Step | None = None

    def start_epoch(self, samples: int) -> None:
        """Draw the order of an epoch, unless one is under way."""
        if self.order is None:
            self.order = self.rng.permutation(samples)

    def count(self, samples: int, step: Step) -> None:
        """Go on by a step of so many samples. Its results are asked for one step later: a GPU computes
        them while the host prepares the next batch.
        """
        self.settle()
        self.position += samples
        self.pending = step

    def settle(self) -> None:
        """Add up all results, waiting for them where they are still being computed."""
        if self.pending is not None:
            self.loss += self.pending.loss
            self.correct += self.pending.correct
            self.pending = None

    def end_epoch(self, validation: tuple[int, int, int] | None) -> Epoch:
        """Record the epoch. validation: (samples, correct, loss), None without validation samples."""
        self.settle()
        count, correct, loss = validation or (None, None, None)
        epoch = Epoch(
            number=len(self.epochs) + 1,
            samples=len(self.order),
            loss=self.loss,
            correct=self.correct,
            validation_samples=count,
            validation_loss=loss,
            validation_correct=correct,
            learning_rate_inv=self.learning_rate_inv,
        )
        self.epochs.append(epoch)
        self.order, self.position, self.loss, self.correct = None, 0, 0, 0
        return epoch

    def describe_place(self) -> str:
        """Where the run stands, in words."""
        if self.order is None:
            return f"after epoch {len(self.epochs)}"
        return f"in epoch {len(self.epochs) + 1} after {self.position:,} of {len(self.order):,} samples"

    def keep_if_best(self, network: Network, epoch: Epoch) -> None:
        """Copy the weights if they are the best; without validation the newest count as best."""
        score = None
        if epoch.validation_correct is not None:
            score = (epoch.validation_correct, -epoch.validation_loss)
            if self.best_score is not None and score <= self.best_score:
                return
        self.best = {name: array.copy() for name, array in network.arrays().items()}
        self.best_score, self.best_epoch = score, epoch.number
