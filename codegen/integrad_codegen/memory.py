"""Lifetimes → arena offsets. Buffers with overlapping lifetimes never share memory.

Finding the smallest arena is the problem of dynamic storage allocation, which is NP-hard; but the arenas
of networks are small enough for a proof. Fast heuristic orders are tried first, and most meet the lower
bound. Otherwise a search follows, which stops after a fixed number of steps, so that a layout never
depends on the machine or on time. An arena states its distance to the lower bound, and whether it is
proved to be minimal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from integrad_codegen.arena_search import Block, search

ALIGNMENT = 4
"""Offsets are multiples of a word, so that kernels can load words."""


@dataclass(frozen=True)
class Buffer:
    """size bytes, at least 1, needed from step `first` to step `last`, both included.

    is_workspace: whether it is the workspace of a kernel, whose contents are not used after the call.
    """

    name: str
    size: int
    first: int
    last: int
    is_workspace: bool = False

    def overlaps(self, other: Buffer) -> bool:
        """Whether there is a step that needs both."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Arena:
    """offsets: buffer name → byte offset; bytes: size of the whole arena, a multiple of the alignment.

    lower_bound: bytes in use during the step that needs most; no arena can be smaller. proved: whether no
    layout is smaller.
    """

    buffers: tuple[Buffer, ...]
    offsets: dict[str, int]
    bytes: int
    lower_bound: int
    proved: bool

    @property
    def distance(self) -> int:
        """Bytes above the lower bound."""
        return self.bytes - self.lower_bound


def lay_out(buffers: list[Buffer]) -> Arena:
    """The smallest arena that the heuristics and the search find. Names must be unique.

    The result does not depend on the order of the list.
    """
    return _laid_out(tuple(buffers))


@lru_cache(maxsize=32)
def _laid_out(buffers: tuple[Buffer, ...]) -> Arena:
    """Remembered, since a layout is asked for again where plans are compared."""
    ordered = sorted(buffers, key=lambda b: (b.first, b.last, -b.size, b.name))
    bound = lower_bound(buffers)
    layouts = (_first_fit(sorted(ordered, key=order)) for order in ORDERS)
    best = _alternate(ordered)
    while _height(ordered, best) > bound and (other := next(layouts, None)) is not None:
        best = min(best, other, key=lambda offsets: _height(ordered, offsets))
    size, proved = _height(ordered, best), True
    if size > bound:
        blocks = [Block(aligned(b.size), b.first, b.last) for b in ordered]
        found, proved = search(blocks, bound, size)
        if found is not None:
            best = {buffer.name: offset for buffer, offset in zip(ordered, found, strict=True)}
            size = _height(ordered, best)
    return Arena(buffers, {b.name: best[b.name] for b in buffers}, size, bound, proved)


def lower_bound(buffers: list[Buffer]) -> int:
    """Bytes in use during the step that needs most: no arena can be smaller."""
    steps = {buffer.first for buffer in buffers}
    return max((sum(aligned(b.size) for b in buffers if b.first <= s <= b.last) for s in steps), default=0)


def aligned(size: int) -> int:
    """size, rounded up to the alignment."""
    return -(-size // ALIGNMENT) * ALIGNMENT


ORDERS: tuple[Callable[[Buffer], tuple[int, ...]], ...] = (
    lambda b: (-b.size,),
    lambda b: (-b.size * (b.last - b.first + 1),),
    lambda b: (b.first - b.last, -b.size),
    lambda b: (b.first,),
    lambda b: (-b.last,),
)
"""Orders in which buffers are placed, each at the lowest offset that is free throughout its lifetime."""


def _first_fit(buffers: list[Buffer]) -> dict[str, int]:
    placed: list[tuple[int, Buffer]] = []
    for buffer in buffers:
        offset = 0
        for start, other in sorted(((o, b) for o, b in placed if b.overlaps(buffer)), key=lambda p: p[0]):
            if start - offset >= buffer.size:
                break
            offset = max(offset, aligned(start + other.size))
        placed.append((offset, buffer))
    return {buffer.name: offset for offset, buffer in placed}


def _alternate(buffers: list[Buffer]) -> dict[str, int]:
    """Alternately at the bottom and above: optimal for a chain of buffers of any sizes."""
    return _first_fit([*buffers[::2], *buffers[1::2]])


def _height(buffers: list[Buffer], offsets: dict[str, int]) -> int:
    return max((aligned(offsets[b.name] + b.size) for b in buffers), default=0)
