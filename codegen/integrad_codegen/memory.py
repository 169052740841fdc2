"""Lifetimes → arena offsets. Buffers whose lifetimes overlap never share a byte."""

from __future__ import annotations

from dataclasses import dataclass

ALIGNMENT = 4
"""Offsets are multiples of a word, so that kernels may load words."""


@dataclass(frozen=True)
class Buffer:
    """size bytes, needed from step `first` to step `last`, both included."""

    name: str
    size: int
    first: int
    last: int

    def overlaps(self, other: Buffer) -> bool:
        """Whether both are needed at some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True)
class Arena:
    """offsets: buffer name → byte offset; bytes: size of the whole arena."""

    buffers: tuple[Buffer, ...]
    offsets: dict[str, int]
    bytes: int


def lay_out(buffers: list[Buffer]) -> Arena:
    """Place every buffer, the largest first, at the lowest offset that is free for its whole life."""
    placed: list[tuple[int, Buffer]] = []
    for buffer in sorted(buffers, key=lambda b: (-b.size, b.first, b.name)):
        offset = 0
        for start, other in sorted(((o, b) for o, b in placed if b.overlaps(buffer)), key=lambda p: p[0]):
            if start - offset >= buffer.size:
                break
            offset = max(offset, _aligned(start + other.size))
        placed.append((offset, buffer))
    size = max((_aligned(offset + buffer.size) for offset, buffer in placed), default=0)
    return Arena(tuple(buffers), {buffer.name: offset for offset, buffer in placed}, size)


def lower_bound(buffers: list[Buffer]) -> int:
    """Bytes needed at the busiest step: no arena can be smaller."""
    steps = {buffer.first for buffer in buffers}
    return max((sum(_aligned(b.size) for b in buffers if b.first <= s <= b.last) for s in steps), default=0)


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT
