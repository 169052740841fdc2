"""Writes checkpoints of a training run: after epochs, once a minute, and when it stops."""

from __future__ import annotations

import os
import time

from integrad.engines.engine import Engine
from integrad.training.checkpoint import save_checkpoint
from integrad.training.training_state import TrainingState

SECONDS = 60.0
"""Time that a killed run loses at most. Writing the largest published network takes a fraction of a
second."""

EPOCH_SECONDS = 5.0
"""Least time between checkpoints after epochs: those of small data sets take milliseconds."""


SHARE = 20
"""Time between checkpoints after epochs, as a multiple of the time that the last one took to write."""


class CheckpointWriter:
    """Writes the checkpoints of one run and measures its duration. path: None to write nothing."""

    def __init__(self, path: str | os.PathLike | None, identity: dict, engine: Engine, state: TrainingState):
        self.path, self.identity, self.engine, self.state = path, identity, engine, state
        self._counted = self._saved = time.monotonic()
        self._first, self._took = True, 0.0

    def save(self) -> None:
        """Write a checkpoint now. Call only between steps, when the weights of the engine match the state."""
        now = time.monotonic()
        self.state.seconds += now - self._counted
        self._counted = self._saved = now
        self._first = False
        if self.path is not None:
            self.state.settle()
            self.engine.fetch()
            save_checkpoint(self.path, self.identity, self.engine.network, self.state)
            self._took = time.monotonic() - now

    def save_after_epoch(self) -> None:
        """Write a checkpoint, unless the last one is new."""
        least = max(EPOCH_SECONDS, SHARE * self._took)
        if self._first or time.monotonic() - self._saved >= min(least, SECONDS):
            self.save()

    def save_if_due(self) -> None:
        """Write a checkpoint if the last one is older than SECONDS."""
        if time.monotonic() - self._saved >= SECONDS:
            self.save()
