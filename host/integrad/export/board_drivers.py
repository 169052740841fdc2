"""The table of drivers: to add a family is to add its folder of device/board/, and a row."""

from __future__ import annotations

from integrad.export.board_driver import Driver
from integrad.export.drivers_esp32c3 import ESP32_C3
from integrad.export.drivers_imxrt1062 import IMXRT1062
from integrad.export.drivers_nrf52 import NRF52
from integrad.export.drivers_rp2 import RP2040, RP2350, RP2350_RISCV
from integrad.export.drivers_stm32 import F1, F4, G0, L4
from integrad.targets.boards import Board

DRIVERS: dict[str, Driver] = {
    "esp32c3": ESP32_C3,
    "imxrt1062": IMXRT1062,
    "nrf52": NRF52,
    "rp2040": RP2040,
    "rp2350": RP2350,
    "rp2350-riscv": RP2350_RISCV,
    "stm32f1": F1,
    "stm32f4": F4,
    "stm32g0": G0,
    "stm32l4": L4,
}
"""`driver` of a board → its drivers."""


def driver_of(board: Board) -> Driver:
    """The drivers of a board; all boards of the table have some."""
    return DRIVERS[board.driver]
