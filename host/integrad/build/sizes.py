"""Flash and RAM usage of a firmware in bytes, from the ELF file or from the linker map."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from integrad.build.program import Program
from integrad.targets.machines import Machine

IN_FLASH = (".vectors", ".text", ".rodata", ".data")
IN_RAM = (".stack", ".data", ".bss")


@dataclass(frozen=True)
class Sizes:
    """Memory usage in bytes: flash = code + constants + data, ram = stack + data + bss.

    Both are measured from the start of the memory to the last used byte; padding between sections is included
    in constants and bss. `data` occupies both memories, because its initial values are in flash. `stack` is
    the reserve, not the actual usage. `symbols` are functions and objects: (name, section, bytes).
    """

    flash: int
    ram: int
    code: int
    constants: int
    data: int
    bss: int
    stack: int
    symbols: tuple[tuple[str, str, int], ...]


def measure(program: Program, machine: Machine) -> Sizes:
    """Sizes of a linked firmware."""
    size = {section.name: section.size for section in program.sections}
    flash = _used_flash(((s.name, s.load_address, s.size) for s in program.sections), machine)
    ram = _used_ram(((s.name, s.address, s.size) for s in program.sections), machine)
    code = size.get(".vectors", 0) + size.get(".text", 0)
    data, stack = size.get(".data", 0), size.get(".stack", 0)
    symbols = tuple((s.name, s.section, s.size) for s in program.symbols if s.size)
    return Sizes(flash, ram, code, flash - code - data, data, ram - stack - data, stack, symbols)


def measure_foreign(program: Program, machine: Machine) -> Sizes:
    """Sizes of a program that was linked elsewhere, whose sections may have any names: what lies in flash and
    in RAM. Its stack is part of bss, if it is a section at all."""
    flash = machine.flash_origin, machine.flash_origin + machine.flash_bytes
    ram = machine.ram_origin, machine.ram_origin + machine.ram_bytes
    ends = [s.load_address + s.size for s in program.sections if _is_in(s.load_address, flash)]
    held = [s for s in program.sections if _is_in(s.address, ram)]
    used = max(ends, default=flash[0]) - flash[0]
    total = max((s.address + s.size for s in held), default=ram[0]) - ram[0]
    code = sum(f.size for f in program.functions)
    data = sum(s.size for s in held if s.load_address is not None)
    symbols = tuple((s.name, s.section, s.size) for s in program.symbols if s.size)
    return Sizes(used, total, code, used - code - data, data, total - data, 0, symbols)


def _is_in(address: int | None, memory: tuple[int, int]) -> bool:
    return address is not None and memory[0] <= address < memory[1]


def measure_map(text: str, machine: Machine) -> tuple[int, int]:
    """(flash, RAM) from the text of a linker map, of GNU ld or of lld; independent of the ELF file."""
    rows = _lld_rows(text) if text.lstrip().startswith("VMA") else _gnu_rows(text)
    flash = _used_flash(((name, load, size) for name, _, load, size in rows if size), machine)
    return flash, _used_ram(((name, address, size) for name, address, _, size in rows if size), machine)


def _used_flash(sections: Iterable[tuple[str, int | None, int]], machine: Machine) -> int:
    """sections: (name, load address, size)."""
    end, apart = machine.flash_origin, 0
    for name, load_address, size in sections:
        if name == ".vectors" and machine.vectors_origin != machine.flash_origin:
            apart = size
        elif name in IN_FLASH and load_address is not None:
            end = max(end, load_address + size)
    return end - machine.flash_origin + apart


def _used_ram(sections: Iterable[tuple[str, int, int]], machine: Machine) -> int:
    """sections: (name, address, size)."""
    ends = [address + size for name, address, size in sections if name in IN_RAM]
    return max(ends, default=machine.ram_origin) - machine.ram_origin


def _gnu_rows(text: str) -> list[tuple[str, int, int, int]]:
    """(section, address, load address, size): lines at the left margin; long names are on a separate line."""
    pattern = re.compile(
        r"^(\.\w+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(?: load address 0x([0-9a-f]+))?\s*$", re.MULTILINE
    )
    rows = []
    for name, address, size, load in pattern.findall(text):
        rows.append((name, int(address, 16), int(load or address, 16), int(size, 16)))
    return rows


def _lld_rows(text: str) -> list[tuple[str, int, int, int]]:
    """(section, address, load address, size): the lines that name a section and nothing in it."""
    rows = []
    for fields in map(str.split, text.splitlines()):
        if len(fields) == 5 and fields[4] in (*IN_FLASH, *IN_RAM):
            address, load, size = (int(value, 16) for value in fields[:3])
            rows.append((fields[4], address, load, size))
    return rows
