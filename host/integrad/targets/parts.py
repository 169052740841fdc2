"""Microcontrollers and their memory sizes (data/parts.csv), and finding one by name."""

from __future__ import annotations

import csv
import difflib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from integrad.errors import UsageError

NEAR = 5
"""Maximum number of suggestions in an error message."""


@dataclass(frozen=True)
class Part:
    """A microcontroller. core: such as `m4` or `m0+`; integrad.targets.cores.core_of() is the core whose code
    it runs.

    ram_bytes: of the largest contiguous region, since arrays cannot be split. flash_bytes: on the chip or, as
    stated in the note, on a common board. aliases: other common names.
    """

    name: str
    core: str
    flash_bytes: int
    ram_bytes: int
    maker: str
    aliases: tuple[str, ...] = ()
    note: str = ""


@cache
def all_parts() -> tuple[Part, ...]:
    """All known parts, sorted by name as in the file."""
    text = (files("integrad.data") / "parts.csv").read_text(encoding="utf-8")
    return tuple(_part(row) for row in csv.DictReader(text.splitlines()))


def _part(row: dict[str, str]) -> Part:
    memories = int(row["flash_bytes"]), int(row["ram_bytes"])
    return Part(row["name"], row["core"], *memories, row["maker"], tuple(row["aliases"].split()), row["note"])


def find_part(text: str) -> Part:
    """The part with this name or alias, or the only part whose name is a prefix of the text (STM32F411RET6 is
    an STM32F411RE) or starts with it. Raises UsageError, which suggests similar names, otherwise."""
    wanted = _plain(text)
    named = {_plain(name): part for part in all_parts() for name in (part.name, *part.aliases)}
    if wanted in named:
        return named[wanted]
    longer = [part for part in all_parts() if wanted.startswith(_plain(part.name))]
    shorter = [part for part in all_parts() if wanted and _plain(part.name).startswith(wanted)]
    if len(found := longer or shorter) == 1:
        return found[0]
    near = [part.name for part in shorter] or [
        named[name].name for name in difflib.get_close_matches(wanted, named, NEAR, 0.6)
    ]
    names = list(dict.fromkeys(near))[:NEAR] or [part.name for part in all_parts()]
    raise UsageError(
        f"--part {text!r:.50}: unknown; {'similar' if near else 'known'} names: {', '.join(names)}"
    )


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]", "", text).lower()
