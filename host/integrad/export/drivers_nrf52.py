"""Drivers of boards with an nRF52."""

from __future__ import annotations

from integrad.export.board_driver import START, STORE, Driver, Macro, led_and_button
from integrad.targets.boards import Board, Pin

SOURCES = (*START, *STORE, "receive.c", "nrf52/board.c", "nrf52/flash.c")


def _pin(pin: Pin) -> str:
    return f"{32 * int(pin.port) + pin.number}u"


def _macros(board: Board) -> list[Macro]:
    found = [
        Macro("BOARD_TX", _pin(board.tx), str(board.tx)),
        Macro("BOARD_RX", _pin(board.rx), str(board.rx)),
        *led_and_button(board, _pin),
    ]
    if board.led_return:
        found.append(Macro("BOARD_LED_RETURN", _pin(board.led_return), str(board.led_return)))
    return found


NRF52 = Driver(SOURCES, interrupts=48, serial_interrupts={"UARTE0": 2}, macros=_macros)
