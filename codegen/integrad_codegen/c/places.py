"""Addresses of the values of calls, in C."""

from __future__ import annotations

from integrad_codegen.c.layout import commented
from integrad_codegen.c.types import integer
from integrad_codegen.memory import Arena
from integrad_codegen.plan import Plan
from integrad_codegen.program import Call, Place

MEMBERS = {8: "bytes", 16: "halfwords", 32: "words"}
"""Bits of a value → the member of an arena that consists of such values."""


def address(plan: Plan, place: Place, repeated: bool) -> str:
    """`block1`, or `block1 + b * BLOCK1_OUTPUTS`."""
    if not (repeated and place.batch):
        return place.name
    return f"{place.name} + b * {constant(plan, place.extent)}"


def constant(plan: Plan, extent: tuple[str, str]) -> str:
    """Name of an enumerator, or of a public macro of the model itself."""
    owner, quantity = extent
    return f"{owner or plan.prefix}_{quantity}".upper()


def pointers(arena: Arena, calls: list[Call]) -> list[str]:
    """A pointer to each buffer of the arena that calls use, with its shape as a comment."""
    places = {place.name: place for call in calls for place in call.places.values()}
    return commented([_pointer(arena, places[buffer.name], buffer.size) for buffer in arena.buffers])


def _pointer(arena: Arena, place: Place, size: int) -> tuple[str, str]:
    offset, name, value = arena.offsets[place.name], place.name, integer(place.bits)
    start = f"scratch->arena.{MEMBERS[place.bits]}{_plus(offset * 8 // place.bits)}"
    if place.unsigned:
        value = f"u{value}"
        start = f"({value} *){start}" if "+" not in start else f"({value} *)({start})"
    declaration = f"{value} *const {name} = {start};"
    if place.is_workspace:
        return declaration, f"{size:,} bytes"
    samples = f"{place.batch} x " if place.batch else ""
    return declaration, samples + " x ".join(map(str, place.shape))


def _plus(offset: int) -> str:
    return f" + {offset}" if offset else ""
