"""How many instructions were executed, by class, by kind in tables of cycles and by function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from integrad.emulate.instructions import CLASSES

TAKEN = "taken"
"""Class of the buckets of taken branches, which are no instructions."""


class Bucket(NamedTuple):
    """What is counted together. counter: class of the instructions, or TAKEN; words: that each of them
    moves, of class `multiple`; timing: their kind in tables of cycles; size: of each in bytes."""

    function: str
    counter: str
    words: int = 0
    timing: str = "other"
    size: int = 2


OUTSIDE = Bucket("", "other")
"""Bucket 0: instructions outside the code of the program."""


@dataclass
class Counts:
    """Executed instructions by class (`instructions` is their sum) and by function.

    words: 32-bit words moved by the instructions of class `multiple`. taken: branches after which another
    instruction than the next one was executed, including calls and returns. timings: kind in tables of
    cycles → executed instructions. size: bytes of all executed instructions. functions: name → counts of the
    instructions of that function, excluding functions that it calls; empty in these nested counts.
    """

    load: int = 0
    store: int = 0
    multiple: int = 0
    multiply: int = 0
    divide: int = 0
    branch: int = 0
    dsp: int = 0
    vector: int = 0
    other: int = 0
    words: int = 0
    taken: int = 0
    size: int = 0
    timings: Counter[str] = field(default_factory=Counter)
    functions: dict[str, Counts] = field(default_factory=dict)

    @property
    def instructions(self) -> int:
        return sum(self.classes().values())

    def classes(self) -> dict[str, int]:
        """Instruction class → executed instructions."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name in CLASSES}

    def add(self, bucket: Bucket, count: int) -> None:
        setattr(self, bucket.counter, getattr(self, bucket.counter) + count)
        if bucket.counter != TAKEN:
            self.words += bucket.words * count
            self.size += bucket.size * count
            self.timings[bucket.timing] += count

    def merge(self, other: Counts) -> None:
        """Add counts, except for those by function."""
        for name in (*CLASSES, "words", "taken", "size"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.timings.update(other.timings)


def sum_functions(regions: Iterable[Counts]) -> dict[str, Counts]:
    """Function → counts, summed over regions."""
    total: dict[str, Counts] = {}
    for region in regions:
        for name, counts in region.functions.items():
            total.setdefault(name, Counts()).merge(counts)
    return total
