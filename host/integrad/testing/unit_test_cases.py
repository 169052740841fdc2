"""The cases of a C unit test: those that its source names, and those in the program built of it."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace
from pathlib import Path

from integrad.build.program import Program, Symbol
from integrad.errors import IntegradError

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
CASE = re.compile(r"^[ \t]*INTEGRAD_TEST\s*\(\s*(\w+)\s*\)", re.MULTILINE)
TABLE, ONLY = "integrad_test_cases", "integrad_test_only"
LONGEST_NAME = 256


@dataclass(frozen=True)
class Case:
    """A case in a source. line: from 1."""

    name: str
    line: int


def cases_in_source(path: Path) -> list[Case]:
    """The cases in their order, also those that the preprocessor leaves out. Raises IntegradError if there
    are none."""
    text = path.read_text(encoding="utf-8", errors="replace")
    text = COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment[0]), text)
    cases = [Case(found[1], text.count("\n", 0, found.start(1)) + 1) for found in CASE.finditer(text)]
    if not cases:
        raise IntegradError(
            f"{path}: has no INTEGRAD_TEST(name) {{ … }}, although unit-tests names it; see integrad_test.h"
        )
    return cases


def cases_in_program(program: Program) -> list[str]:
    """Names of the cases in the order in which the program runs them. Raises IntegradError if it lists
    none."""
    table = _symbol(program, TABLE)
    addresses = struct.iter_unpack("<I", _read(program, table.address, table.size))
    return [_name(program, address) for (address,) in addresses]


def only_case(program: Program, number: int) -> Program:
    """The same program, which runs the case of this number, from 1, and no other one."""
    only = _symbol(program, ONLY)
    section = next(section for section in program.sections if section.name == only.section)
    place = section.load_address + only.address - section.address
    segments = [
        (begin, data[: place - begin] + struct.pack("<H", number) + data[place - begin + 2 :])
        if begin <= place < begin + len(data)
        else (begin, data)
        for begin, data in program.segments
    ]
    return replace(program, segments=segments)


def _symbol(program: Program, name: str) -> Symbol:
    for symbol in program.symbols:
        if symbol.name == name:
            return symbol
    raise IntegradError("lists no cases; end the file with INTEGRAD_TESTS(first_case, second_case)")


def _name(program: Program, case: int) -> str:
    (address,) = struct.unpack("<I", _read(program, case, 4))
    return _read(program, address, LONGEST_NAME).partition(b"\0")[0].decode()


def _read(program: Program, address: int, most: int) -> bytes:
    """Constants of the program, which lie where they are loaded."""
    for begin, data in program.segments:
        if begin <= address < begin + len(data):
            return data[address - begin : address - begin + most]
    raise IntegradError(f"the table of cases names the address 0x{address:08x}, where nothing is")
