"""Microcontrollers and their memory sizes (data/parts.csv), and finding one by name."""

from __future__ import annotations

import csv
import difflib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from integrad.errors import UsageError
from integrad.targets.other_chips import other_chip

NEAR = 5
"""Maximum number of suggestions in an error message."""

NUMBERS = (
    *("erase_bytes", "program_bytes", "erase_cycles", "flash_origin", "ram_origin"),
    *("clock_hz", "wait_states"),
)

MOST = 12
"""Maximum number of parts that a name is said to mean."""


@dataclass(frozen=True)
class Part:
    """A microcontroller. core: such as `m4` or `m0+`; integrad.targets.cores.core_of() is the core whose code
    it runs.

    ram_bytes: of the largest contiguous region, since arrays cannot be split. flash_bytes: on the chip or, as
    stated in the note, on a common board. aliases: other common names, and boards that have the part; a name
    that several parts have is ambiguous. erase_bytes, program_bytes, erase_cycles: of that flash, as in its
    data sheet: bytes of a block and of a unit, and how often a block can be erased at least; of the blocks at
    its end, where several have the same size; None where there are none such or the numbers are not known.
    flash_origin, ram_origin: where both begin in the address space; None if not known. clock_hz: highest
    frequency of the core; wait_states: of its flash at that frequency, without a cache; None if not known, or
    where programs run from a memory of another chip.
    """

    name: str
    core: str
    flash_bytes: int
    ram_bytes: int
    maker: str
    aliases: tuple[str, ...] = ()
    note: str = ""
    erase_bytes: int | None = None
    program_bytes: int | None = None
    erase_cycles: int | None = None
    flash_origin: int | None = None
    ram_origin: int | None = None
    clock_hz: int | None = None
    wait_states: int | None = None


@cache
def all_parts() -> tuple[Part, ...]:
    """All known parts, sorted by name as in the file."""
    text = (files("integrad.data") / "parts.csv").read_text(encoding="utf-8")
    return tuple(_part(row) for row in csv.DictReader(text.splitlines()))


def _part(row: dict[str, str]) -> Part:
    memories = int(row["flash_bytes"]), int(row["ram_bytes"])
    numbers = (int(row[key], 0) if row[key] else None for key in NUMBERS)
    aliases = tuple(row["aliases"].split())
    return Part(row["name"], row["core"], *memories, row["maker"], aliases, row["note"], *numbers)


def find_part(text: str, start: str = "--part ") -> Part:
    """The part with this name or alias, or the only part whose name is a prefix of the text (STM32F411RET6 is
    an STM32F411RE) or starts with it. A Nucleo board has the name of its part. start: of the error message.

    Raises UsageError for other names: which parts it may mean, what is possible with a chip of another
    core, or similar names.
    """
    wanted = re.sub(r"^nucleo(?=[a-z])", "stm32", _plain(text))
    named: dict[str, list[Part]] = {}
    for part in all_parts():
        for name in (part.name, *part.aliases):
            named.setdefault(_plain(name), []).append(part)
    longer = [part for part in all_parts() if wanted.startswith(_plain(part.name))]
    shorter = [part for part in all_parts() if wanted and _plain(part.name).startswith(wanted)]
    start, found = f"{start}{text!r:.50}", named.get(wanted) or longer
    if not found and (possible := other_chip(wanted)):
        raise UsageError(f"{start}: {possible}")
    found = found or shorter
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{start}: may be {' or '.join(map(_shown, found[:MOST]))}; name one of them")
    near = [_shown(named[name][0]) for name in difflib.get_close_matches(wanted, named, NEAR, 0.6)]
    names = list(dict.fromkeys(near)) or [_shown(part) for part in all_parts()]
    raise UsageError(f"{start}: unknown; {'similar' if near else 'known'} names: {', '.join(names)}")


def _shown(part: Part) -> str:
    """Its name, and the boards that have it."""
    boards = [name for name in part.aliases if not _plain(part.name).startswith(_plain(name))]
    return f"{part.name} ({boards[0]})" if boards else part.name


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]", "", text).lower()
