"""Exact instruction counts by instruction class and by function.

An emulator counts executions per bucket. A bucket is a combination of function, instruction class and number
of words moved; the counting map assigns a bucket to each address.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

from integrad.build.program import Program
from integrad.emulate.instructions import MARKER_BEGIN, MARKER_END, classify, is_wide

BEGIN, END = 0xFFFE, 0xFFFF
"""Values in the counting map for the two region markers, which are not buckets."""

OUTSIDE = ("", "other", 0)
"""Bucket 0: instructions outside the code of the program."""


@dataclass
class Counts:
    """Executed instructions by class (`instructions` is their sum) and by function.

    words: 32-bit words moved by the instructions of class `multiple`. functions: name → counts of the
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
    functions: dict[str, Counts] = field(default_factory=dict)

    @property
    def instructions(self) -> int:
        return sum(self.classes().values())

    def classes(self) -> dict[str, int]:
        """Instruction class → executed instructions."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("words", "functions")}

    def add(self, kind: str, words: int, count: int) -> None:
        setattr(self, kind, getattr(self, kind) + count)
        self.words += words * count


@dataclass(frozen=True)
class CountingMap:
    """Bucket or marker of each halfword from `first_address` on, as if an instruction began there."""

    first_address: int
    halfwords: tuple[int, ...]
    meanings: list[int]
    buckets: list[tuple[str, str, int]]

    def to_bytes(self) -> bytes:
        """The map in the format of the QEMU plugin."""
        header = struct.pack("<II", self.first_address, len(self.meanings))
        return header + struct.pack(f"<{len(self.meanings)}H", *self.meanings)

    def meaning(self, address: int) -> int:
        index = (address - self.first_address) // 2
        return self.meanings[index] if 0 <= index < len(self.meanings) else 0

    def halfword(self, address: int) -> int:
        """The code at this address; 0 outside the code."""
        index = (address - self.first_address) // 2
        return self.halfwords[index] if 0 <= index < len(self.halfwords) else 0

    def counts(self, executed: Mapping[int, int]) -> Counts:
        """Counts from executions by bucket."""
        result = Counts()
        for bucket, count in executed.items():
            function, kind, words = self.buckets[bucket]
            result.add(kind, words, count)
            if function:
                result.functions.setdefault(function, Counts()).add(kind, words, count)
        return result


def make_counting_map(program: Program) -> CountingMap:
    """The map of a firmware's code (its .text section)."""
    first_address, code = program.section_bytes(".text")
    units = struct.unpack(f"<{len(code) // 2}H", code[: len(code) // 2 * 2])
    buckets: dict[tuple[str, str, int], int] = {OUTSIDE: 0}
    meanings = []
    for index, first in enumerate(units):
        if first in (MARKER_BEGIN, MARKER_END):
            meanings.append(BEGIN if first == MARKER_BEGIN else END)
            continue
        # Literals and second halfwords are classified as well, which does no harm.
        second = units[index + 1] if is_wide(first) and index + 1 < len(units) else 0
        function = program.function_at(first_address + 2 * index)
        key = (function.name if function else "", *classify(first, second))
        meanings.append(buckets.setdefault(key, len(buckets)))
    return CountingMap(first_address, units, meanings, list(buckets))


def sum_functions(regions: Iterable[Counts]) -> dict[str, Counts]:
    """Function → counts, summed over regions."""
    total: dict[str, Counts] = {}
    for region in regions:
        for name, counts in region.functions.items():
            merged = total.setdefault(name, Counts())
            for kind, count in counts.classes().items():
                merged.add(kind, 0, count)
            merged.words += counts.words
    return total
