"""Exact instruction counts by instruction class and by function.

An emulator counts executions per bucket. A bucket is a combination of function and properties of an
instruction; the counting map assigns a bucket to each address. On request it also says where some functions
call others, so that what is executed during each of these calls can be told apart, and counts in further
buckets how often branches are taken.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from integrad.build.program import Program
from integrad.emulate import instructions, riscv_instructions
from integrad.emulate.counts import OUTSIDE, TAKEN, Bucket, Counts

BEGIN, END = 0xFFFE, 0xFFFF
"""Values in the counting map for the two region markers, which are not buckets."""

INSTRUCTION_SETS = {"EM_ARM": instructions, "EM_RISCV": riscv_instructions}
"""Machine of a program → how to read its instructions."""

BRANCHES = frozenset(("conditional", "jump", "call", "indirect", "table", "return", "load to pc"))
"""Kinds in tables of cycles of the instructions that may continue elsewhere."""


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
    address → the call to which it and what follows belongs, 0 for none. taken: address of a branch → bucket
    that counts how often it is taken.
    """

    first_address: int
    halfwords: tuple[int, ...]
    meanings: list[int]
    buckets: list[Bucket]
    sites: tuple[CallSite, ...] = ()
    changes: Mapping[int, int] = field(default_factory=dict)
    taken: Mapping[int, int] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The map in the format of the QEMU plugin."""
        size = len(self.meanings)
        content = struct.pack(f"<II{size}H", self.first_address, size, *self.meanings)
        addresses = range(self.first_address, self.first_address + 2 * size, 2)
        if self.changes or self.taken:
            content += struct.pack(f"<{size}H", *(self.changes.get(at, -1) + 1 for at in addresses))
        if self.taken:
            content += struct.pack(f"<{size}H", *(self.taken.get(at, 0) for at in addresses))
        return content

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
        for number, count in executed.items():
            bucket = self.buckets[number]
            result.add(bucket, count)
            if bucket.function:
                result.functions.setdefault(bucket.function, Counts()).add(bucket, count)
        return result


def make_counting_map(program: Program, callers: Collection[str] = (), branches: bool = False) -> CountingMap:
    """The map of a firmware's code (its .text section).

    callers: names of functions whose calls of other functions are told apart. branches: whether to count how
    often branches are taken.
    """
    first_address, code = program.section_bytes(".text")
    units = struct.unpack(f"<{len(code) // 2}H", code[: len(code) // 2 * 2])
    known = INSTRUCTION_SETS[program.machine]
    buckets: dict[Bucket, int] = {OUTSIDE: 0}
    meanings, taken = [], {}
    for index, first in enumerate(units):
        if first in (known.MARKER_BEGIN, known.MARKER_END):
            meanings.append(BEGIN if first == known.MARKER_BEGIN else END)
            continue
        # Literals and second halfwords are classified as well, which does no harm.
        second = units[index + 1] if known.is_wide(first) and index + 1 < len(units) else 0
        function = program.function_at(first_address + 2 * index)
        name, timing = function.name if function else "", known.timing(first, second)
        size = 4 if known.is_wide(first) else 2
        key = Bucket(name, *known.classify(first, second), timing, size)
        meanings.append(buckets.setdefault(key, len(buckets)))
        if branches and timing in BRANCHES:
            taken[first_address + 2 * index] = buckets.setdefault(Bucket(name, TAKEN), len(buckets))
    sites = _sites(program, first_address, units, callers)
    # The instruction after a call ends it, unless it is the next call, or belongs to another function.
    after = (site.after for site in sites if _is_inside(program, site.after, callers))
    changes = dict.fromkeys(after, 0) | {site.address: n for n, site in enumerate(sites, 1)}
    return CountingMap(first_address, units, meanings, list(buckets), sites, changes, taken)


def markers(program: Program) -> list[int]:
    """Addresses of the markers of regions in the code."""
    known = INSTRUCTION_SETS[program.machine]
    first_address, code = program.section_bytes(".text")
    found = []
    for marker in (known.MARKER_BEGIN, known.MARKER_END):
        wanted, at = struct.pack("<H", marker), -1
        while (at := code.find(wanted, at + 1)) >= 0:
            found += [first_address + at] if at % 2 == 0 else []
    return sorted(found)


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
