"""Flash and RAM of a program, in total and by function and object."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from integrad.build.program import Program, compilers
from integrad.testing.application import Application

LISTED = 200
"""Number of functions and objects, the largest ones, whose sizes are kept."""

UNNAMED = "padding and what has no name"
"""Share of what belongs to no function or object that is listed: padding, literals, the stack's reserve."""


@dataclass(frozen=True)
class Memory:
    """flash, ram: in bytes. compiler: as it names itself in the program. flash_shares, ram_shares: name of a
    function or object → its bytes; they add up to the totals."""

    flash: int
    ram: int
    compiler: str
    flash_shares: dict[str, int]
    ram_shares: dict[str, int]


def memory_of(application: Application) -> Memory:
    """Memory of a program. If integrad linked it, RAM includes the reserve of its stack; otherwise this is
    what its segments load, and its sections in RAM."""
    program, settings = application.program, application.settings
    if not (settings.elf or settings.cmake):
        return _memory(application.elf, program, application.sizes.flash, application.sizes.ram)
    loaded = sum(len(data) for _, data in program.segments)
    ram = sum(section.size for section in program.sections if section.load_address != section.address)
    return _memory(application.elf, program, loaded, ram)


def _memory(path: Path, program: Program, flash: int, ram: int) -> Memory:
    in_flash = {s.name for s in program.sections if s.load_address is not None}
    in_ram = {s.name for s in program.sections if s.load_address != s.address}
    shares = (_shares(program, flash, in_flash), _shares(program, ram, in_ram))
    return Memory(flash, ram, compilers(path), *shares)


def _shares(program: Program, total: int, sections: set[str]) -> dict[str, int]:
    # Functions and objects may have several names; each place counts once, under the first of them.
    places: dict[tuple[int, int], str] = {}
    for symbol in sorted(program.symbols, key=lambda symbol: symbol.name):
        if symbol.size and symbol.section in sections:
            places.setdefault((symbol.address, symbol.size), symbol.name)
    sizes: Counter[str] = Counter()
    for (_, size), name in places.items():
        sizes[name] += size
    largest = dict(sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:LISTED])
    return largest | {UNNAMED: total - sum(largest.values())}
