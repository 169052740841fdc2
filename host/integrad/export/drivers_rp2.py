"""Drivers of boards with an RP2040, or with an RP2350 on its Arm or its RISC-V cores."""

from __future__ import annotations

from integrad.export.board_driver import START, STORE, Driver, Macro, led_and_button
from integrad.export.rp2040_boot2 import BOOT2_BYTES, boot2_file
from integrad.targets.boards import Board, Pin
from integrad.targets.families import RISC_V

SOURCES = (*STORE, "receive.c", "rp2/board.c", "rp2/flash.c")
SERIAL_INTERRUPTS = {"UART0": 33, "UART1": 34}
"""Of the RP2350: the same numbers for both kinds of cores."""


def _pin(pin: Pin) -> str:
    return f"{pin.number}u"


def _macros(chip: int):
    def macros(board: Board) -> list[Macro]:
        return [
            Macro("BOARD_CHIP", chip, "RP2040 or RP2350"),
            Macro("BOARD_CRYSTAL_HZ", f"{board.clock_hz}u"),
            Macro("BOARD_UART", f"{board.serial.removeprefix('UART')}u", "instance of the serial port"),
            Macro("BOARD_TX", _pin(board.tx), str(board.tx)),
            Macro("BOARD_RX", _pin(board.rx), str(board.rx)),
            *led_and_button(board, _pin),
        ]

    return macros


RP2040 = Driver(
    (*START, *SOURCES),
    interrupts=26,
    serial_interrupts={"UART0": 20, "UART1": 21},
    macros=_macros(2040),
    boot_bytes=BOOT2_BYTES,
    files=lambda board: {"boot2.c": boot2_file()},
)
RP2350 = Driver(
    (*START, *SOURCES, "rp2/image_definition.c"),
    interrupts=52,
    serial_interrupts=SERIAL_INTERRUPTS,
    macros=_macros(2350),
)
RP2350_RISCV = Driver(
    ("hazard3/start.c", "rp2/platform_timer.c", *SOURCES, "rp2/image_definition.c"),
    interrupts=52,
    serial_interrupts=SERIAL_INTERRUPTS,
    macros=_macros(2350),
    family=RISC_V,
)
