"""Reads the ELF file of a firmware: sections, loadable bytes and symbols."""

from __future__ import annotations

import io
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

MOST_HEADERS = 1000
"""Segments or sections of a file that is not damaged."""


@dataclass(frozen=True)
class Section:
    """A section that occupies memory. `load_address` is the address of its contents in flash, or None."""

    name: str
    address: int
    load_address: int | None
    size: int


@dataclass(frozen=True)
class Symbol:
    """A function or an object. The name of a function has no suffixes of copies made by the compiler."""

    name: str
    address: int
    size: int
    is_function: bool
    section: str


@dataclass
class Program:
    """The parts of an ELF file that the emulator and the size report need, sorted by address.

    machine: whose instructions it contains, by the name in the format of ELF.
    """

    sections: list[Section]
    symbols: list[Symbol]
    segments: list[tuple[int, bytes]]
    machine: str = "EM_ARM"
    _starts: list[int] = field(init=False, repr=False)

    def __post_init__(self):
        self.functions = sorted((s for s in self.symbols if s.is_function), key=lambda s: s.address)
        self._starts = [function.address for function in self.functions]

    def function_at(self, address: int) -> Symbol | None:
        """The function whose code contains this address."""
        index = bisect_right(self._starts, address) - 1
        if index < 0 or address >= self.functions[index].address + self.functions[index].size:
            return None
        return self.functions[index]

    def describe(self, address: int) -> str:
        """`conv1_forward+0x14`, or the number if there is no function."""
        function = self.function_at(address)
        if function is None:
            return f"0x{address:08x}"
        return f"{function.name}+0x{address - function.address:x}"

    def address_of(self, name: str) -> int:
        """Address of the symbol of this name; KeyError if there is none."""
        for symbol in self.symbols:
            if symbol.name == name:
                return symbol.address
        raise KeyError(name)

    def section_bytes(self, name: str) -> tuple[int, bytes]:
        """(address, contents) of a section in flash; KeyError if there is none."""
        for section in self.sections:
            if section.name == name and section.load_address is not None:
                for start, data in self.segments:
                    offset = section.load_address - start
                    if offset >= 0 and offset + section.size <= len(data):
                        return section.address, data[offset : offset + section.size]
        raise KeyError(name)


@dataclass(frozen=True)
class Contents:
    """machine: by the name in the format of ELF. architecture: the number that Arm's build attributes give to
    that of the processor, None if they are missing. segments: (load address, bytes)."""

    machine: str
    architecture: int | None
    segments: list[tuple[int, bytes]]


def plain_name(name: str) -> str:
    """The name in the source, without suffixes such as .constprop.0, .isra.0 and .part.0 of copies."""
    return name.partition(".")[0]


def read_program(path: Path) -> Program:
    """Read an ELF file of a firmware."""
    with path.open("rb") as file:
        elf = ELFFile(file)
        loads = [segment for segment in elf.iter_segments("PT_LOAD") if segment["p_filesz"]]
        sections, names = [], {}
        for index, section in enumerate(elf.iter_sections()):
            if section["sh_flags"] & SH_FLAGS.SHF_ALLOC and section["sh_size"]:
                names[index] = section.name
                sections.append(
                    Section(
                        section.name, section["sh_addr"], _load_address(section, loads), section["sh_size"]
                    )
                )
        symbols = []
        for symbol in elf.get_section_by_name(".symtab").iter_symbols():
            kind = symbol["st_info"]["type"]
            if symbol["st_shndx"] in names and kind in ("STT_FUNC", "STT_OBJECT", "STT_NOTYPE"):
                is_function = kind == "STT_FUNC"
                if symbol.name.startswith("$"):
                    continue
                symbols.append(
                    Symbol(
                        plain_name(symbol.name) if is_function else symbol.name,
                        symbol["st_value"] & ~1 if is_function else symbol["st_value"],
                        symbol["st_size"],
                        is_function,
                        names[symbol["st_shndx"]],
                    )
                )
        return Program(
            sorted(sections, key=lambda s: s.address),
            sorted(symbols, key=lambda s: s.address),
            [(segment["p_paddr"], segment.data()) for segment in loads],
            elf["e_machine"],
        )


def compilers(path: Path) -> str:
    """What the compilers of a program wrote about themselves into it, in the order of their names; "" if
    nothing."""
    with path.open("rb") as file:
        section = ELFFile(file).get_section_by_name(".comment")
        lines = section.data().split(b"\0") if section else []
    return "; ".join(sorted({line.decode(errors="replace") for line in lines if line}))


def read_contents(data: bytes) -> Contents:
    """What an ELF file puts into memories; it needs no symbols. Raises whatever a damaged file causes."""
    elf = ELFFile(io.BytesIO(data))
    if max(elf.num_segments(), elf.num_sections()) > MOST_HEADERS:
        raise ValueError(f"more than {MOST_HEADERS:,} segments or sections")
    loads = [segment for segment in elf.iter_segments("PT_LOAD") if segment["p_filesz"]]
    if sum(segment["p_filesz"] for segment in loads) > 2 * len(data):
        raise ValueError("its segments are larger than the file")
    architecture = None
    for section in elf.iter_sections():
        if section["sh_type"] == "SHT_ARM_ATTRIBUTES":
            attributes = section.subsections[0].subsubsections[0].iter_attributes("TAG_CPU_ARCH")
            architecture = next((attribute.value for attribute in attributes), None)
    segments = [(segment["p_paddr"], segment.data()) for segment in loads]
    return Contents(elf["e_machine"], architecture, segments)


def _load_address(section, loads) -> int | None:
    if section["sh_type"] == "SHT_NOBITS":
        return None
    for segment in loads:
        offset = section["sh_offset"] - segment["p_offset"]
        if offset >= 0 and offset + section["sh_size"] <= segment["p_filesz"]:
            return segment["p_paddr"] + offset
    return None
