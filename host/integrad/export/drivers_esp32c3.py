"""Drivers of boards with an ESP32-C3."""

from __future__ import annotations

from integrad.export.board_driver import Driver, Macro, led_and_button
from integrad.targets.boards import Board, Pin
from integrad.targets.families import RISC_V

SOURCES = ("flash_store.c", "receive.c", "esp32c3/start.c", "esp32c3/board.c", "esp32c3/flash.c")


def _pin(pin: Pin) -> str:
    return f"{pin.number}u"


def _macros(board: Board) -> list[Macro]:
    return led_and_button(board, _pin)


ESP32_C3 = Driver(
    SOURCES,
    interrupts=62,
    serial_interrupts={"UART0": 21},
    macros=_macros,
    linker="esp32c3.ld",
    family=RISC_V,
    flat=False,
)
