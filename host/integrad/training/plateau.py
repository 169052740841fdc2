"""Detects plateaus of the validation result, which reduce the learning rate or end the training."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Plateau:
    """Counts epochs without improvement of the validation result.

    patience: number of epochs without improvement that are tolerated; best: highest number of correct
    predictions so far, -1 before the first epoch; stale: number of epochs since then or since the plateau was
    last reached.
    """

    patience: int
    best: int = -1
    stale: int = 0

    def reached(self, correct: int) -> bool:
        """Count an epoch. Returns True, and restarts counting, if the patience is exhausted."""
        if correct > self.best:
            self.best, self.stale = correct, 0
            return False
        self.stale += 1
        if self.stale < self.patience:
            return False
        self.stale = 0
        return True
