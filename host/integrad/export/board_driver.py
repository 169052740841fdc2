"""What a project needs to know of the drivers of a family of boards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from integrad.export.target import Files
from integrad.targets.boards import Board, Pin
from integrad.targets.families import ARM, Family

START = ("cortex_m/start.c", "cortex_m/ticks.c")
"""Start-up and system timer of every Cortex-M."""

STORE = ("flash_store.c", "mapped_read.c")
"""The weight store in flash that the core reads like any memory."""


LEVELS = {"low": 0, "high": 1}
LIT, PRESSED = "its level when lit", "its level when pressed"


class Macro(NamedTuple):
    """A line of board_config.h: `#define name value`, with a comment."""

    name: str
    value: str | int
    comment: str = ""


def led_and_button(board: Board, pin: Callable[[Pin], str]) -> list[Macro]:
    """The lines of board_config.h about them, where a board has them. pin: how the drivers write a pin."""
    found = []
    if board.led and board.led_on in LEVELS:
        lit = LEVELS[board.led_on]
        found += [Macro("BOARD_LED", pin(board.led), str(board.led)), Macro("BOARD_LED_LIT", lit, LIT)]
    if board.button:
        pressed = LEVELS[board.button_on]
        found += [Macro("BOARD_BUTTON", pin(board.button), str(board.button))]
        found += [Macro("BOARD_BUTTON_PRESSED", pressed, PRESSED)]
    return found


def _no_files(board: Board) -> Files:
    return {}


@dataclass(frozen=True)
class Driver:
    """The drivers of a family of boards.

    sources: files of device/board/ that are compiled; all headers of their folders belong to them.
    interrupts: number of the chip's interrupts; serial_interrupts: instance of the serial port → its number.
    macros: what board_config.h says of a board, besides the macros that all boards have; headers: what it
    includes after them. linker: the template of the linker script. boot_bytes: at the beginning of flash,
    before the vector table. files: further files of the folder board/, to be compiled if they end in .c.
    family: of the cores that they are for. flat: whether flash holds the bytes of the ELF file at their
    addresses, so that they can be flashed as a .bin or .hex file.
    """

    sources: tuple[str, ...]
    interrupts: int
    serial_interrupts: Mapping[str, int]
    macros: Callable[[Board], list[Macro]]
    headers: tuple[str, ...] = ()
    linker: str = "flash.ld"
    boot_bytes: int = 0
    files: Callable[[Board], Files] = _no_files
    family: Family = ARM
    flat: bool = True
