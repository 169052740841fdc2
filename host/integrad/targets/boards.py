"""Boards that one can buy (data/boards.csv), and finding one by name.

What differs between boards with chips of one family is here: pins, clock, serial port, how they are flashed.
Sizes and addresses of memories belong to the part (parts.csv).
"""

from __future__ import annotations

import csv
import difflib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from integrad.errors import UsageError
from integrad.targets.parts import Part, all_parts
from integrad.targets.uf2_families import UF2_FAMILIES

NEAR = 5
"""Maximum number of suggestions in an error message."""

BRINGS_TOOLS = "pip install 'integrad[boards]'"
"""What installs the packages with which boards are flashed."""

SERIAL_BY = {
    "st-link": "USB, through the ST-Link on the board",
    "j-link": "USB, through the J-Link on the board",
    "daplink": "USB, through the DAPLink on the board",
    "usb-bridge": "USB, through the USB-serial bridge on the board",
    "adapter": "pins; requires a USB-serial adapter for 3.3 V",
}
"""How bytes get from the serial port of the chip to a computer."""

CLOCKS = ("crystal", "bypass", "internal")
"""Where the clock comes from: a crystal on the board, a signal of its debugger, the chip's own oscillator."""

PROBES = ("st-link", "j-link", "daplink")
"""Debug probes on boards."""

METHODS = ("uf2", "pyocd", "esptool", "dfu", "bossac", "teensy")
"""How boards are flashed."""


@dataclass(frozen=True)
class Pin:
    """A pin of a chip. port: `A` in PA5, `0` in P0.13, `AD_B0` in AD_B0_02, empty in GPIO25; number: in that
    port."""

    name: str
    port: str
    number: int

    @classmethod
    def named(cls, name: str) -> Pin:
        for pattern in (r"GPIO()(\d+)", r"P([01])\.(\d\d)", r"P([A-K])(\d+)", r"((?:AD_)?B[01])_(\d\d)"):
            if match := re.fullmatch(pattern, name):
                return cls(name, match[1], int(match[2]))
        raise ValueError(f"boards.csv: {name!r} is no pin")

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Board:
    """A board.

    name: in options (`pico`); title: for display. driver: which drivers it has, a key of
    DRIVERS in integrad/export/board_drivers.py.
    clock: one of CLOCKS; clock_hz: of the crystal or signal, None if there is none.
    serial: instance of the serial port, with the pins tx and rx of the chip; serial_by: key of SERIAL_BY.
    led: None if there is none; led_on: the level that lights it, `high` or `low`, or `ws2812` for an
    addressable one; led_return: a second pin that must have the other level, in a matrix of LEDs.
    button: None if there is none that a program can read; button_on: its level while it is pressed.
    flash: METHODS, the usual one first. probe: one of PROBES, or empty. pyocd_target: its name in pyOCD;
    pyocd_pack: the argument of `pyocd pack install`, empty if the target is built in.
    uf2_family: key of UF2_FAMILIES; uf2_boards: what its boot loader may write as Board-ID.
    program_offset: bytes at the beginning of flash that a boot loader keeps; reserved_bytes: at the end;
    bootloader: whose they are.
    """

    name: str
    aliases: tuple[str, ...]
    title: str
    part: Part
    driver: str
    clock_hz: int | None
    clock: str
    serial: str
    tx: Pin
    rx: Pin
    serial_by: str
    led: Pin | None
    led_on: str
    led_return: Pin | None
    button: Pin | None
    button_on: str
    flash: tuple[str, ...]
    probe: str
    pyocd_target: str
    pyocd_pack: str
    uf2_family: str
    uf2_boards: tuple[str, ...]
    program_offset: int
    reserved_bytes: int
    bootloader: str
    note: str

    @property
    def uf2_id(self) -> int | None:
        """Identifier of its family in UF2 files."""
        return UF2_FAMILIES[self.uf2_family] if self.uf2_family else None

    @property
    def program_origin(self) -> int:
        """First address of flash that a program may use."""
        return self.part.flash_origin + self.program_offset

    @property
    def program_bytes(self) -> int:
        """Bytes of flash that a program, with its store, may use."""
        return self.part.flash_bytes - self.program_offset - self.reserved_bytes


@cache
def all_boards() -> tuple[Board, ...]:
    """All known boards, sorted by name as in the file."""
    text = (files("integrad.data") / "boards.csv").read_text(encoding="utf-8")
    parts = {part.name: part for part in all_parts()}
    return tuple(_board(row, parts) for row in csv.DictReader(text.splitlines()))


WORDS = ("aliases", "flash", "uf2_boards")
PINS = ("tx", "rx", "led", "led_return", "button")
NUMBERS = ("clock_hz", "program_offset", "reserved_bytes")


def _board(row: dict[str, str], parts: dict[str, Part]) -> Board:
    values: dict = dict(row, part=parts[row["part"]])
    values |= {key: tuple(row[key].split()) for key in WORDS}
    values |= {key: Pin.named(row[key]) if row[key] else None for key in PINS}
    values |= {key: int(row[key], 0) if row[key] else 0 for key in NUMBERS}
    return Board(**values | {"clock_hz": values["clock_hz"] or None})


def find_board(text: str, start: str = "--board ") -> Board:
    """The board with this name or alias. start: of the error message.

    Raises UsageError for other names, with similar ones.
    """
    named = {_plain(name): board for board in all_boards() for name in (board.name, *board.aliases)}
    if board := named.get(_plain(text)):
        return board
    near = difflib.get_close_matches(_plain(text), named, 2 * NEAR, 0.6)
    names = list(dict.fromkeys(named[name].name for name in near))[:NEAR]
    shown = names or [board.name for board in all_boards()]
    kind = "similar" if names else "known"
    raise UsageError(f"{start}{text!r:.50}: unknown board; {kind} names: {', '.join(shown)}")


def _plain(text: str) -> str:
    return re.sub(r"[\s_.:-]", "", text).lower()
