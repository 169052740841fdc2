"""When to learn more finely and when to stop: two counters over the validation results."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Plateau:
    """Counts epochs without a better validation result, in integers throughout.

    patience: epochs without improvement that are tolerated; best: most samples predicted rightly so
    far, -1 before the first epoch; stale: epochs since then, or since the plateau was last reached.
    """

    patience: int
    best: int = -1
    stale: int = 0

    def reached(self, correct: int) -> bool:
        """Count one epoch; True, and a fresh count, if it was one too many without improvement."""
        if correct > self.best:
            self.best, self.stale = correct, 0
            return False
        self.stale += 1
        if self.stale < self.patience:
            return False
        self.stale = 0
        return True
