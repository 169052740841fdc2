"""What a project needs to know of the drivers of a family of boards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from integrad.export.target import Files
from integrad.targets.boards import Board

START = ("cortex_m/start.c", "cortex_m/ticks.c")
"""Start-up and system timer of every Cortex-M."""


class Macro(NamedTuple):
    """A line of board_config.h: `#define name value`, with a comment."""

    name: str
    value: str | int
    comment: str = ""


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
    """

    sources: tuple[str, ...]
    interrupts: int
    serial_interrupts: Mapping[str, int]
    macros: Callable[[Board], list[Macro]]
    headers: tuple[str, ...] = ()
    linker: str = "cortex_m.ld"
    boot_bytes: int = 0
    files: Callable[[Board], Files] = _no_files
