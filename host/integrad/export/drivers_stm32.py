"""Drivers of boards with an STM32F1, F4, L4 or G0."""

from __future__ import annotations

from integrad.export.board_driver import START, STORE, Driver, Macro, led_and_button
from integrad.targets.boards import Board, Pin

SHARED = (*START, *STORE, "receive.c", "stm32/board.c", "stm32/usart.c", "stm32/flash.c")

CORE_MHZ = {"STM32F401": 84, "STM32F405": 168, "STM32F407": 168, "STM32F411": 84, "STM32F446": 168}
"""Beginning of the name of a part → its clock in a project. F411 and F446 can do 100 and 180 MHz, at another
voltage of the core, which the driver leaves as it is after a reset."""


def _pin(pin: Pin) -> str:
    return f"PIN({pin.port}, {pin.number})"


def _serial(board: Board) -> list[Macro]:
    return [
        Macro("BOARD_USART", board.serial.removeprefix("USART"), "instance of the serial port"),
        Macro("BOARD_TX", _pin(board.tx)),
        Macro("BOARD_RX", _pin(board.rx)),
    ]


def _crystal(board: Board) -> list[Macro]:
    return [
        Macro("BOARD_CRYSTAL_HZ", board.clock_hz or 0, "at OSC_IN; 0 if there is none"),
        Macro("BOARD_CRYSTAL_BYPASS", int(board.clock == "bypass"), "1: a signal of the debugger"),
    ]


def _f1(board: Board) -> list[Macro]:
    return [*_serial(board), *_crystal(board), *led_and_button(board, _pin)]


def _f4(board: Board) -> list[Macro]:
    mhz = CORE_MHZ[board.part.name[:9]]
    return [*_with_function(7)(board), *_crystal(board), Macro("BOARD_CORE_HZ", mhz * 1_000_000)]


def _with_function(number: int):
    """number: of the alternate function that connects a pin to its USART."""

    def macros(board: Board) -> list[Macro]:
        function = Macro("BOARD_SERIAL_FUNCTION", number, "alternate function of these pins")
        return [*_serial(board), function, *led_and_button(board, _pin)]

    return macros


def _driver(series, interrupts, serial_interrupts, macros, pins="gpio", erase=None) -> Driver:
    own = (f"clock_{series}", pins, f"erase_{erase or series}")
    return Driver(
        (*SHARED, *(f"stm32/{name}.c" for name in own)),
        interrupts,
        serial_interrupts,
        macros,
        headers=(f"stm32/stm32{series}.h",),
    )


F1 = _driver("f1", 60, {"USART1": 37, "USART2": 38}, _f1, pins="gpio_f1")
F4 = _driver("f4", 97, {"USART1": 37, "USART2": 38}, _f4)
L4 = _driver("l4", 82, {"USART1": 37, "USART2": 38}, _with_function(7), erase="l4_g0")
G0 = _driver("g0", 32, {"USART1": 27, "USART2": 28}, _with_function(1), erase="l4_g0")
