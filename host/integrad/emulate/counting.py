"""Exact instruction counts by instruction class and by function.

An emulator counts executions per bucket. A bucket is a combination of function, instruction class and number
of words moved; the counting map assigns a bucket to each address. On request it also says where some
functions call others, so that what is executed during each of these calls can be told apart.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields

from integrad.build.program import Program
from integrad.emulate import instructions, riscv_instructions

BEGIN, END = 0xFFFE, 0xFFFF
"""Values in the counting map for the two region markers, which are not buckets."""

INSTRUCTION_SETS = {"EM_ARM": instructions, "EM_RISCV": riscv_instructions}
"""Machine of a program → how to read its instructions."""

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
class CallSite:
    """A call in the code of a function, at this address. size: of the instruction in bytes."""

    caller: str
    callee: str
    address: int
    size: int = 4

    @property
    def after(self) -> int:
        """Address of the next instruction."""
        return self.address + self.size


@dataclass(frozen=True)
class CountingMap:
    """Bucket or marker of each halfword from `first_address` on, as if an instruction began there.

    sites: the calls that are told apart, in the order of their addresses; call n is sites[n - 1]. changes:
    address → the call to which it and what follows belongs, 0 for none.
    """

    first_address: int
    halfwords: tuple[int, ...]
    meanings: list[int]
    buckets: list[tuple[str, str, int]]
    sites: tuple[CallSite, ...] = ()
    changes: Mapping[int, int] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The map in the format of the QEMU plugin."""
        size = len(self.meanings)
        content = struct.pack(f"<II{size}H", self.first_address, size, *self.meanings)
        if not self.changes:
            return content
        addresses = range(self.first_address, self.first_address + 2 * size, 2)
        return content + struct.pack(f"<{size}H", *(self.changes.get(at, -1) + 1 for at in addresses))

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


def make_counting_map(program: Program, callers: Collection[str] = ()) -> CountingMap:
    """The map of a firmware's code (its .text section).

    callers: names of functions whose calls of other functions are told apart.
    """
    first_address, code = program.section_bytes(".text")
    units = struct.unpack(f"<{len(code) // 2}H", code[: len(code) // 2 * 2])
    known = INSTRUCTION_SETS[program.machine]
    buckets: dict[tuple[str, str, int], int] = {OUTSIDE: 0}
    meanings = []
    for index, first in enumerate(units):
        if first in (known.MARKER_BEGIN, known.MARKER_END):
            meanings.append(BEGIN if first == known.MARKER_BEGIN else END)
            continue
        # Literals and second halfwords are classified as well, which does no harm.
        second = units[index + 1] if known.is_wide(first) and index + 1 < len(units) else 0
        function = program.function_at(first_address + 2 * index)
        key = (function.name if function else "", *known.classify(first, second))
        meanings.append(buckets.setdefault(key, len(buckets)))
    sites = _sites(program, first_address, units, callers)
    # The instruction after a call ends it, unless it is the next call, or belongs to another function.
    after = (site.after for site in sites if _is_inside(program, site.after, callers))
    changes = dict.fromkeys(after, 0) | {site.address: n for n, site in enumerate(sites, 1)}
    return CountingMap(first_address, units, meanings, list(buckets), sites, changes)


def _is_inside(program: Program, address: int, callers: Collection[str]) -> bool:
    function = program.function_at(address)
    return function is not None and function.name in callers


def _sites(
    program: Program, first_address: int, units: tuple[int, ...], callers: Collection[str]
) -> tuple[CallSite, ...]:
    """All branches from the code of the callers to the beginning of another function."""
    known = INSTRUCTION_SETS[program.machine]
    starts = {function.address: function.name for function in program.functions}
    sites = []
    for caller in (function for function in program.functions if function.name in callers):
        address = caller.address
        while address < caller.address + caller.size:
            index = (address - first_address) // 2
            second = units[index + 1] if index + 1 < len(units) else 0
            size = 4 if known.is_wide(units[index]) else 2
            target = known.branch_target(units[index], second, address)
            if target in starts and starts[target] not in callers:
                sites.append(CallSite(caller.name, starts[target], address, size))
            address += size
    return tuple(sorted(sites, key=lambda site: site.address))


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
