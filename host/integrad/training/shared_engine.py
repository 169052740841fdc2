"""A training step shared by workers: each computes some samples of a batch, and all apply the same sums.

Gradients are exact integer sums over the batch, so they depend neither on the number of workers nor on the
assignment of samples to workers.
"""

from __future__ import annotations

from math import prod
from typing import Protocol

import numpy as np

from integrad.engines.engine import Engine
from integrad.learners.step import Gradients, Rule, Step
from integrad.learners.table import learner_of


class Group(Protocol):
    """Workers with equal weights. rank: 0…count-1."""

    rank: int
    count: int

    def sum(self, array: np.ndarray) -> None:
        """Replace a C-contiguous integer array, in place, by its sum over all workers."""


class SharedEngine:
    """The engine of a worker in a group; all workers call it with the same whole batch. See Engine."""

    def __init__(self, engine: Engine, group: Group):
        self.engine, self.group = engine, group
        self.name, self.learners, self.network = engine.name, engine.learners, engine.network
        self._sums = np.empty(0, np.int64)

    def step(self, x, labels, rule: Rule, kept=None) -> Step:
        gradients, step = self.gradients(x, labels, rule, kept)
        self.descend(gradients, rule)
        return step

    def gradients(self, x, labels, rule: Rule, kept=None) -> tuple[Gradients, Step]:
        """Gradients of the whole batch, as views that the next call overwrites."""
        rows = self._share(len(x))
        shapes = learner_of(self.network).gradient_shapes(self.network, rule)
        sizes = {name: prod(shape) for name, shape in shapes.items()}
        size = sum(sizes.values())
        if len(self._sums) != size + 2:
            self._sums = np.empty(size + 2, np.int64)
        self._sums[:] = 0
        places, start = {}, 2
        for name, shape in shapes.items():
            places[name] = self._sums[start : start + sizes[name]].reshape(shape)
            start += sizes[name]
        if rows.stop > rows.start:
            masks = None if kept is None else [mask[rows] for mask in kept]
            found, step = self.engine.gradients(x[rows], labels[rows], rule, masks)
            self._sums[:2] = step.loss, step.correct
            for name, place in places.items():
                place[...] = found[name]
        self.group.sum(self._sums)
        return places, Step(int(self._sums[0]), int(self._sums[1]))

    def descend(self, gradients: Gradients, rule: Rule) -> None:
        self.engine.descend(gradients, rule)

    def logits(self, x: np.ndarray) -> np.ndarray:
        out = np.zeros((len(x), self.network.classes), np.int8)
        rows = self._share(len(x))
        if rows.stop > rows.start:
            out[rows] = self.engine.logits(x[rows])
        self.group.sum(out)
        return out

    def fetch(self) -> None:
        self.engine.fetch()

    def load(self) -> None:
        self.engine.load()

    def _share(self, samples: int) -> slice:
        """The samples of this worker; may be empty if there are more workers than samples."""
        rank, count = self.group.rank, self.group.count
        return slice(samples * rank // count, samples * (rank + 1) // count)
