"""Drivers of the Teensy 4.1, which has an i.MX RT1062."""

from __future__ import annotations

from integrad.export.board_driver import STORE, Driver

SOURCES = (
    *("cortex_m/start.c", *STORE, "receive.c"),
    *(f"imxrt1062/{name}.c" for name in ("boot", "board", "flash")),
)

IMXRT1062 = Driver(
    SOURCES,
    interrupts=160,
    serial_interrupts={"LPUART6": 25},
    macros=lambda board: [],
    boot_bytes=0x2000,
)
