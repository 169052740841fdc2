"""Drivers of the Teensy 4.1, which has an i.MX RT1062."""

from __future__ import annotations

from integrad.export.board_driver import Driver, Macro
from integrad.targets.boards import Board

SOURCES = ("cortex_m/start.c", "receive.c", "imxrt1062/boot.c", "imxrt1062/board.c")


def _macros(board: Board) -> list[Macro]:
    return [Macro("BOARD_IMAGE_BYTES", f"{board.program_bytes}u", "largest program")]


IMXRT1062 = Driver(
    SOURCES,
    interrupts=160,
    serial_interrupts={"LPUART6": 25},
    macros=_macros,
    boot_bytes=0x2000,
    saves=False,
)
