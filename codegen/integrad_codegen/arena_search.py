"""The smallest arena, by branch and bound.

There is a smallest arena in which every block lies at the bottom or directly on top of a block with an
overlapping lifetime; otherwise that block could be lowered. It is therefore sufficient to place blocks
in every order of nondecreasing offsets. At each step of the program the placed blocks form a stack: its
height, plus the bytes that are still to be placed on it, is a lower bound of the arena, which cuts off
branches of the search.
"""

from __future__ import annotations

from dataclasses import dataclass

VISITS = 10_000
"""Number of partial layouts that a search examines before it stops without a proof."""


@dataclass(frozen=True)
class Block:
    """size bytes, already aligned, that live from step `first` to step `last`, both included."""

    size: int
    first: int
    last: int


def search(
    blocks: list[Block], bound: int, known: int, visits: int = VISITS
) -> tuple[list[int] | None, bool]:
    """(offsets of the blocks, in their order; whether no arena is smaller).

    bound: lower bound of the height. known: height of a layout that was already found. The offsets are None
    if no layout with a height below `known` was found.
    """
    searching = _Search(blocks, bound, known, visits)
    searching.extend(0, -1)
    return searching.best, not searching.gave_up


class _Search:
    """One search. steps: only those at which a block begins, since no other step needs more bytes."""

    def __init__(self, blocks: list[Block], bound: int, known: int, visits: int):
        starts = sorted({block.first for block in blocks})
        self.sizes = [block.size for block in blocks]
        self.steps = [[i for i, start in enumerate(starts) if b.first <= start <= b.last] for b in blocks]
        self.heights = [0] * len(starts)
        self.unplaced = [0] * len(starts)
        for size, steps in zip(self.sizes, self.steps, strict=True):
            for step in steps:
                self.unplaced[step] += size
        self.offsets: list[int | None] = [None] * len(blocks)
        self.bound, self.height, self.visits = bound, known, visits
        self.best: list[int] | None = None
        self.seen: set[tuple] = set()
        self.gave_up = False

    def extend(self, level: int, last: int) -> None:
        """Try every block that can be placed next. level, last: offset and number of the previous block."""
        candidates = []
        for number, offset in enumerate(self.offsets):
            if offset is None:
                lowest = max(self.heights[step] for step in self.steps[number])
                if (lowest, number) > (level, last):
                    candidates.append((lowest, -self.sizes[number], number))
        for offset, _, number in sorted(candidates):
            if self.height == self.bound or self.gave_up:
                return
            self._place(number, offset)

    def _place(self, number: int, offset: int) -> None:
        size, steps = self.sizes[number], self.steps[number]
        before = [self.heights[step] for step in steps]
        for step in steps:
            self.heights[step] = offset + size
            self.unplaced[step] -= size
        self.offsets[number] = offset
        if self._least(offset) < self.height:
            if None not in self.offsets:
                self.best, self.height = list(self.offsets), max(self.heights)
            elif self._is_new(offset, number):
                self.extend(offset, number)
        self.offsets[number] = None
        for step, height in zip(steps, before, strict=True):
            self.heights[step] = height
            self.unplaced[step] += size

    def _least(self, level: int) -> int:
        """Lower bound of the arena, given that no unplaced block can start below the level."""
        pairs = zip(self.heights, self.unplaced, strict=True)
        return max(max(height, level) + unplaced if unplaced else height for height, unplaced in pairs)

    def _is_new(self, level: int, last: int) -> bool:
        """Whether no equivalent layout was examined: the same blocks placed, with stacks of equal heights."""
        placed = tuple(offset is not None for offset in self.offsets)
        open_heights = (h if m else 0 for h, m in zip(self.heights, self.unplaced, strict=True))
        key = (placed, *open_heights, level, last)
        self.visits -= 1
        self.gave_up |= self.visits < 0
        if key in self.seen:
            return False
        self.seen.add(key)
        return True
