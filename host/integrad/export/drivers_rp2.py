"""Drivers of boards with an RP2040 or RP2350."""

from __future__ import annotations

from integrad.export.board_driver import START, Driver, Macro
from integrad.export.rp2040_boot2 import BOOT2_BYTES, boot2_file
from integrad.targets.boards import Board

SOURCES = (*START, "mapped_store.c", "receive.c", "rp2/board.c", "rp2/flash.c")


def _macros(chip: int):
    def macros(board: Board) -> list[Macro]:
        found = [
            Macro("BOARD_CHIP", chip, "RP2040 or RP2350"),
            Macro("BOARD_CRYSTAL_HZ", f"{board.clock_hz}u"),
            Macro("BOARD_UART", f"{board.serial.removeprefix('UART')}u", "instance of the serial port"),
            Macro("BOARD_TX", f"{board.tx.number}u", str(board.tx)),
            Macro("BOARD_RX", f"{board.rx.number}u", str(board.rx)),
        ]
        if board.led:
            found += [
                Macro("BOARD_LED", f"{board.led.number}u", str(board.led)),
                Macro("BOARD_LED_LIT", int(board.led_on == "high"), "its level when lit"),
            ]
        if board.button:
            found += [
                Macro("BOARD_BUTTON", f"{board.button.number}u", str(board.button)),
                Macro("BOARD_BUTTON_PRESSED", int(board.button_on == "high"), "its level when pressed"),
            ]
        return found

    return macros


RP2040 = Driver(
    SOURCES,
    interrupts=26,
    serial_interrupts={"UART0": 20, "UART1": 21},
    macros=_macros(2040),
    boot_bytes=BOOT2_BYTES,
    files=lambda board: {"boot2.c": boot2_file()},
)
RP2350 = Driver(
    (*SOURCES, "rp2/image_definition.c"),
    interrupts=52,
    serial_interrupts={"UART0": 33, "UART1": 34},
    macros=_macros(2350),
)
