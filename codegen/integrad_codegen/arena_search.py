"""The smallest arena, by branch and bound.

In some smallest arena every block lies on the bottom or on top of blocks that live with it, for
otherwise it could be let down. So it is enough to stack blocks in every order of rising offsets. At
each step of the program lies a stack: its height, and the bytes that have yet to go on top of it, say
how small an arena can still become, and whole branches are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

VISITS = 10_000
"""Partial layouts that a search looks at before it gives up its proof."""


@dataclass(frozen=True)
class Block:
    """size bytes, already aligned, that live from step `first` to step `last`, both included."""

    size: int
    first: int
    last: int


def search(
    blocks: list[Block], bound: int, known: int, visits: int = VISITS
) -> tuple[list[int] | None, bool]:
    """(offsets of the blocks, in their order; whether nothing is smaller).

    bound: a height below which no layout is; known: of a layout that is there. None instead of offsets
    if no layout below `known` was found.
    """
    searching = _Search(blocks, bound, known, visits)
    searching.extend(0, -1)
    return searching.best, not searching.gave_up


class _Search:
    """One search. steps: only those where a block begins, for no other is busier."""

    def __init__(self, blocks: list[Block], bound: int, known: int, visits: int):
        starts = sorted({block.first for block in blocks})
        self.sizes = [block.size for block in blocks]
        self.steps = [[i for i, start in enumerate(starts) if b.first <= start <= b.last] for b in blocks]
        self.heights = [0] * len(starts)
        self.missing = [0] * len(starts)
        for size, steps in zip(self.sizes, self.steps, strict=True):
            for step in steps:
                self.missing[step] += size
        self.offsets: list[int | None] = [None] * len(blocks)
        self.bound, self.height, self.visits = bound, known, visits
        self.best: list[int] | None = None
        self.seen: set[tuple] = set()
        self.gave_up = False

    def extend(self, level: int, last: int) -> None:
        """Try every block that can come next. level, last: offset and number of the one before."""
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
            self.missing[step] -= size
        self.offsets[number] = offset
        if self._least(offset) < self.height:
            if None not in self.offsets:
                self.best, self.height = list(self.offsets), max(self.heights)
            elif self._is_new(offset, number):
                self.extend(offset, number)
        self.offsets[number] = None
        for step, height in zip(steps, before, strict=True):
            self.heights[step] = height
            self.missing[step] += size

    def _least(self, level: int) -> int:
        """What the arena will have at least: nothing that is missing can come below the level."""
        pairs = zip(self.heights, self.missing, strict=True)
        return max(max(height, level) + missing if missing else height for height, missing in pairs)

    def _is_new(self, level: int, last: int) -> bool:
        """Whether nothing equal was looked at: the same blocks placed, and stacks of the same heights."""
        placed = tuple(offset is not None for offset in self.offsets)
        open_heights = (h if m else 0 for h, m in zip(self.heights, self.missing, strict=True))
        key = (placed, *open_heights, level, last)
        self.visits -= 1
        self.gave_up |= self.visits < 0
        if key in self.seen:
            return False
        self.seen.add(key)
        return True
