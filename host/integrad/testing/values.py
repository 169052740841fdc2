"""Values of a settings file: each function takes a place and what stands there, and returns it in the form
that programs use, or raises UsageError with the place, the value and what is possible."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from integrad.errors import UsageError, one_line

NEAR = 2
"""Maximum number of similar names in a message."""

BYTES = {"B": 1, "KB": 1024, "KiB": 1024, "MB": 1024**2, "MiB": 1024**2}
INSTRUCTIONS = {"k": 10**3, "M": 10**6, "G": 10**9}
LARGEST = 2**53


@dataclass(frozen=True)
class Place:
    """Where a value stands. file: as shown, followed by the table. folder: to which its paths are relative.
    key: in the table, with dots; "" for the table itself."""

    file: str
    folder: Path
    key: str = ""

    def __str__(self) -> str:
        return f"{self.file} {self.key}" if self.key else self.file

    def inner(self, key: str) -> Place:
        """The place of a key of this table."""
        return Place(self.file, self.folder, f"{self.key}.{key}" if self.key else key)

    def refusal(self, text: str) -> UsageError:
        """The error of one line that says what is wrong here."""
        return UsageError(f"{self}: {text}" if self.key else f"{str(self).rstrip(':')}: {text}")


def names_like(wanted: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the similar ones of the known ones, or all of them."""
    known = list(known)
    folded = {name.lower(): name for name in known}
    near = [folded[name] for name in difflib.get_close_matches(wanted.lower(), folded, NEAR, 0.7)]
    return f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"


def table(place: Place, value, known: Iterable[str]) -> dict:
    """A table that has no other keys than the known ones."""
    if not isinstance(value, dict):
        raise place.refusal(f"must be a table, not {one_line(repr(value))}")
    known = list(known)
    for key in value:
        if key not in known:
            raise place.refusal(f"unknown key {one_line(repr(key))}; {names_like(key, known)}")
    return value


def text(place: Place, value) -> str:
    if not isinstance(value, str) or not value:
        raise place.refusal(f"must be a text in quotation marks, not {one_line(repr(value))}")
    return value


def texts(place: Place, value) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise place.refusal(f'must be a list of texts, such as ["…"], not {one_line(repr(value))}')
    return tuple(value)


def choice(place: Place, value, known: Iterable[str]) -> str:
    known = list(known)
    if text(place, value) not in known:
        raise place.refusal(f"unknown value {one_line(repr(value))}; {names_like(value, known)}")
    return value


def whole(place: Place, value, least: int = 0, most: int = LARGEST) -> int:
    if type(value) is not int or not least <= value <= most:
        raise place.refusal(f"must be a whole number from {least:,} to {most:,}, not {one_line(repr(value))}")
    return value


def seconds(place: Place, value) -> float:
    if type(value) not in (int, float) or not 0 < value <= 1e6:
        raise place.refusal(f"must be a number of seconds above 0, not {one_line(repr(value))}")
    return float(value)


def fraction(place: Place, value) -> float:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise place.refusal(f"must be a fraction from 0 to 1, such as 0.9, not {one_line(repr(value))}")
    return float(value)


def size(place: Place, value) -> int:
    """A number of bytes: 65536, "65536", "64 KB"."""
    return _quantity(place, value, BYTES, "64 KB", "KB and KiB are 1,024 bytes")


def instructions(place: Place, value) -> int:
    """A number of instructions: 300_000, "300 k", "2 M"."""
    return _quantity(place, value, INSTRUCTIONS, "300 k", "k is 1,000 instructions")


def file(place: Place, value) -> Path:
    path = place.folder / text(place, value)
    if not os.path.isfile(path):  # False for a name that cannot exist, too
        raise place.refusal(f"{one_line(value)}: no such file in {place.folder}")
    return path


def folder(place: Place, value) -> Path:
    path = place.folder / text(place, value)
    if not os.path.isdir(path):
        raise place.refusal(f"{one_line(value)}: no such folder in {place.folder}")
    return path


def folders(place: Place, value) -> tuple[Path, ...]:
    return tuple(folder(place, item) for item in texts(place, value))


def files(place: Place, value) -> tuple[Path, ...]:
    """The files that patterns such as src/*.c match, each once, in the order of the patterns."""
    found: dict[Path, None] = {}
    for pattern in texts(place, value):
        try:
            root = Path(pattern).anchor
            paths = (Path(root) if root else place.folder).glob(pattern.removeprefix(root))
            matching = sorted(path for path in paths if path.is_file())
        except (ValueError, NotImplementedError, OSError) as error:
            raise place.refusal(f"{one_line(repr(pattern))} is not a pattern of files: {error}") from None
        if not matching:
            raise place.refusal(f"{one_line(repr(pattern))} matches no file in {place.folder}")
        found.update(dict.fromkeys(matching))
    return tuple(found)


def _quantity(place: Place, value, units: dict[str, int], example: str, note: str) -> int:
    if type(value) is int and 0 <= value <= LARGEST:
        return value
    match = (
        re.fullmatch(r"(\d[\d_]{0,20}(?:\.\d{1,9})?)\s*(\S*)", value.strip())
        if isinstance(value, str)
        else None
    )
    if match is None:
        raise place.refusal(
            f'must be a whole number or a text such as "{example}", not {one_line(repr(value))}'
        )
    number, unit = match.groups()
    if unit and unit not in units:
        known = ", ".join(units)
        raise place.refusal(
            f"{one_line(repr(value))}: unknown unit {one_line(repr(unit))}; known units: {known} ({note})"
        )
    exact = Fraction(number.replace("_", "")) * units.get(unit, 1)
    if exact > LARGEST or exact.denominator != 1:
        raise place.refusal(f"{one_line(repr(value))} is not a whole number of at most {LARGEST:,}")
    return int(exact)
