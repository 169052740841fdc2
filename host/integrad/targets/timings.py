"""How many cycles instructions take, from the tables that the makers of cores publish.

docs/time.md describes what follows from them, and for which cores there is no table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Range = tuple[int, int]
"""(least, most)."""

ONE: Range = (1, 1)


@dataclass(frozen=True)
class Timing:
    """A table of cycles of a core whose memory needs no wait states.

    source: the document; cycles: kind of instruction → cycles, of those that do not always take one. word: of
    each word that an instruction moves in addition; taken: of each taken branch in addition, to refill the
    pipeline.
    """

    source: str
    cycles: Mapping[str, Range]
    word: Range
    taken: Range

    def of(self, kind: str) -> Range:
        return self.cycles.get(kind, ONE)


def _armv6m(source: str, refill: int, system: int) -> Timing:
    """A core that executes one instruction after the other. The multiplier takes one cycle; that of 32
    cycles, which a maker may choose instead, is in none of the known parts."""
    cycles = {"load": (2, 2), "store": (2, 2), "call": (2, 2), "return": (2, 2), "system": (system, system)}
    return Timing(source, cycles, ONE, (refill, refill))


CORTEX_M0 = _armv6m("Cortex-M0 Technical Reference Manual, Arm DDI 0432C, table 3-1", 2, 4)
CORTEX_M0_PLUS = _armv6m("Cortex-M0+ Technical Reference Manual, Arm DDI 0484C, table 3-1", 1, 3)

_ARMV7M = {
    "load": (1, 2),
    "store": (1, 2),
    "load to pc": (2, 2),
    "table": (2, 2),
    "divide": (2, 12),
    "if-then": (0, 1),
    "system": (1, 4),
}
"""Loads and stores take one cycle where they are neighbours of others."""

_REFILL: Range = (1, 3)

CORTEX_M3 = Timing(
    "Cortex-M3 Technical Reference Manual, Arm DDI 0337I, table 3-1",
    {**_ARMV7M, "accumulate": (2, 2), "long multiply": (3, 5), "long accumulate": (4, 7)},
    ONE,
    _REFILL,
)
CORTEX_M4 = Timing(
    "Cortex-M4 Technical Reference Manual, Arm 100166, table 3-1",
    {**_ARMV7M, "vector": (1, 17)},
    ONE,
    _REFILL,
)
HAZARD3 = Timing(
    "Hazard3 documentation, instruction cycle counts",
    {
        "load": (1, 2),
        "conditional": (1, 2),
        "jump": (2, 2),
        "indirect": (2, 2),
        "divide": (18, 19),
        "system": (1, 3),
    },
    (0, 0),
    (0, 1),
)
