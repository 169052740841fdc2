"""The contents of an arena plot: one rectangle per buffer, steps horizontally and addresses vertically."""

from __future__ import annotations

from dataclasses import dataclass

COLOURS = (
    *("#a6cee3", "#fdd49e", "#b2df8a", "#fbb4ae", "#cab2d6", "#ffed9f", "#c7e9e4", "#e8c9a5"),
    *("#b8cbe8", "#dcedb9", "#f6c6e0", "#d9d9d9"),
)
"""Cyclic colours of the layers; light, so that dark text is readable on all of them."""

PARTS = {
    "scaled": "before activation",
    "features": "features of its head",
    "work": "workspace",
}
"""Suffix of the name of a buffer that is not the output of a layer → its contents."""


@dataclass(frozen=True)
class Tile:
    """A buffer. first, last: the steps of its lifetime, both inclusive; offset, size: bytes."""

    name: str
    layer: str
    colour: str
    offset: int
    size: int
    first: int
    last: int

    @property
    def legend(self) -> str:
        """`block1, workspace: 144 bytes at 3,072`."""
        return f"{self.name}: {self.size:,} bytes at {self.offset:,}"


@dataclass(frozen=True)
class ArenaPicture:
    """tiles: sorted by step and by descending address. size, lower_bound: bytes."""

    title: str
    steps: list[str]
    tiles: list[Tile]
    size: int
    lower_bound: int

    @property
    def bound_text(self) -> str:
        if self.size == self.lower_bound:
            return f"arena = lower bound: {self.size:,} bytes"
        return f"lower bound: {self.lower_bound:,} bytes"


def arena_picture(title: str, steps: list[str], arena) -> ArenaPicture:
    """steps: names of the steps, one per layer. arena: integrad_codegen.memory.Arena."""
    tiles = []
    for buffer in arena.buffers:
        layer, _, part = buffer.name.partition("_")
        name = f"{layer}, {PARTS.get(part, part)}" if part else layer
        colour = COLOURS[steps.index(layer) % len(COLOURS)]
        span = arena.offsets[buffer.name], buffer.size, buffer.first, buffer.last
        tiles.append(Tile(name, layer, colour, *span))
    tiles.sort(key=lambda tile: (tile.first, -tile.offset))
    return ArenaPicture(title, steps, tiles, arena.bytes, arena.lower_bound)
