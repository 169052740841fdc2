"""Flash and RAM of a program, in total and by function and object."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

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
    """Memory of a program: its sizes, as `costs` has them. If integrad linked it, RAM includes the reserve of
    its stack."""
    program, sizes = application.program, application.sizes
    in_flash = {s.name for s in program.sections if s.load_address is not None}
    in_ram = {s.name for s in program.sections if s.load_address != s.address}
    shares = _shares(program, sizes.flash, in_flash), _shares(program, sizes.ram, in_ram)
    return Memory(sizes.flash, sizes.ram, compilers(application.elf), *shares)


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
