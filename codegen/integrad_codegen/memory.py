"""Lifetimes → arena offsets. Buffers whose lifetimes overlap never share a byte.

Finding the smallest arena is dynamic storage allocation, which is NP-hard; the arenas of networks are
small enough to prove. Quick orders are tried first: most meet the lower bound. What they leave open,
a search settles, or gives up after a fixed number of steps, so that a layout never depends on the
machine or on time. An arena knows its distance to the lower bound, and whether any could be smaller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from integrad_codegen.arena_search import Block, search

ALIGNMENT = 4
"""Offsets are multiples of a word, so that kernels may load words."""


@dataclass(frozen=True)
class Buffer:
    """size bytes, at least 1, needed from step `first` to step `last`, both included.

    is_workspace: whether a kernel works in it, and nothing in it outlives a call.
    """

    name: str
    size: int
    first: int
    last: int
    is_workspace: bool = False

    def overlaps(self, other: Buffer) -> bool:
        """Whether both are needed at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Arena:
    """offsets: buffer name → byte offset; bytes: size of the whole arena, a multiple of the alignment.

    lower_bound: bytes that the busiest step needs, below which no arena can be. proved: whether every
    other layout has been shown to be at least as large.
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
    """The smallest arena that the quick orders and the search find. Names must differ.

    The order of the list does not matter.
    """
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
    return Arena(tuple(buffers), {b.name: best[b.name] for b in buffers}, size, bound, proved)


def lower_bound(buffers: list[Buffer]) -> int:
    """Bytes needed at the busiest step: no arena can be smaller."""
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
"""Orders in which buffers are placed, each at the lowest offset that is free for its whole life."""


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
    """Turn by turn at the bottom and on top of it: what is best for a chain, whatever its sizes."""
    return _first_fit([*buffers[::2], *buffers[1::2]])


def _height(buffers: list[Buffer], offsets: dict[str, int]) -> int:
    return max((aligned(offsets[b.name] + b.size) for b in buffers), default=0)
