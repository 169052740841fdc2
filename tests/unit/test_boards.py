"""The table of boards: consistency, and finding a board by name."""

import re

import pytest

from integrad.errors import UsageError
from integrad.targets.boards import CLOCKS, METHODS, PROBES, SERIAL_BY, Pin, all_boards, find_board

PINS = {
    "rp2040": r"GPIO([0-9]|[12][0-9])",
    "rp2350": r"GPIO([0-9]|[12][0-9])",
    "rp2350-riscv": r"GPIO([0-9]|[12][0-9])",
    "esp32c3": r"GPIO([0-9]|1[0-9]|2[01])",
    "nrf52": r"P0\.([0-2][0-9]|3[01])|P1\.(0[0-9]|1[0-5])",
    "stm32f1": r"P[A-D]([0-9]|1[0-5])",
    "stm32f4": r"P[A-H]([0-9]|1[0-5])",
    "stm32g0": r"P[A-F]([0-9]|1[0-5])",
    "stm32l4": r"P[A-H]([0-9]|1[0-5])",
    "imxrt1062": r"(AD_)?B[01]_(0[0-9]|1[0-5])",
}
"""Driver → names that pins of its chips may have."""

KEPT = {
    "arduino-nano-33-ble": (0x10000, 0),
    "teensy4.1": (0, 256 * 1024),
    "xiao-nrf52840": (0x27000, 48 * 1024),
}
"""Board → bytes that its boot loader keeps at the beginning and at the end of flash."""


@pytest.mark.parametrize("board", all_boards(), ids=lambda board: board.name)
def test_every_board_is_whole(board):
    pins = [pin for pin in (board.tx, board.rx, board.led, board.led_return, board.button) if pin]
    assert len({pin.name for pin in pins}) == len(pins), "two uses of a pin"
    for pin in pins:
        assert re.fullmatch(PINS[board.driver], pin.name), pin
    assert board.clock in CLOCKS and (board.clock_hz is None) == (board.clock == "internal")
    assert board.clock_hz is None or 8e6 <= board.clock_hz <= 40e6
    assert re.fullmatch(r"(UART|USART|LPUART|UARTE)\d", board.serial) and board.serial_by in SERIAL_BY
    assert (
        board.led_on in ("high", "low", "ws2812") if board.led else not board.led_on + str(board.led_return)
    )
    assert board.button_on in ("high", "low") if board.button else board.button_on == ""
    assert board.probe in ("", *PROBES) and (board.serial_by not in PROBES or board.probe == board.serial_by)
    assert board.flash and set(board.flash) <= set(METHODS)
    assert ("uf2" in board.flash) == bool(board.uf2_family) == bool(board.uf2_boards)
    assert board.uf2_id is None if not board.uf2_family else board.uf2_id > 2**24
    assert ("pyocd" in board.flash) == bool(board.pyocd_target) and (
        board.pyocd_target or not board.pyocd_pack
    )
    assert (board.program_offset, board.reserved_bytes) == KEPT.get(board.name, (0, 0))
    assert bool(board.program_offset or board.reserved_bytes) == bool(board.bootloader)


@pytest.mark.parametrize("board", all_boards(), ids=lambda board: board.name)
def test_every_board_has_room_for_a_program_and_a_store(board):
    part = board.part
    assert part.flash_origin is not None and part.ram_origin >= 0x20000000, "where its memories are"
    assert part.flash_bytes % part.erase_bytes == 0 and part.erase_bytes % part.program_bytes == 0
    assert board.program_offset % min(part.erase_bytes, 0x1000) == 0
    assert board.program_bytes >= 64 * 1024 and board.program_bytes >= 3 * part.erase_bytes


def test_the_table_has_the_boards_that_are_promised():
    names = [board.name for board in all_boards()]
    assert names == sorted(names) and len(names) >= 16
    every = [name.lower() for board in all_boards() for name in (board.name, *board.aliases)]
    assert len(set(every)) == len(every), "a name of two boards"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("pico", "pico"),
        ("Raspberry Pi Pico 2", "pico2"),
        ("NUCLEO_F411RE", "nucleo-f411re"),
        ("blackpill", "blackpill-f411"),
        ("microbit v2", "microbit-v2"),
        ("nRF52840-DK", "nrf52840-dk"),
        ("Teensy 4.1", "teensy4.1"),
        ("XIAO nRF52840 Sense", "xiao-nrf52840"),
    ],
)
def test_boards_are_found_by_the_names_that_people_use(text, name):
    assert find_board(text).name == name


def test_unknown_boards_are_told_from_near_ones():
    with pytest.raises(
        UsageError, match=r"^--board 'nucleo-f410re': unknown board; similar names: nucleo-f4"
    ):
        find_board("nucleo-f410re")
    with pytest.raises(
        UsageError, match=r"^--board 'zx81': unknown board; known names: arduino-nano-33-ble, "
    ):
        find_board("zx81")
    with pytest.raises(UsageError, match=r"^--board '': unknown board; known names: "):
        find_board("")


def test_pins_have_a_port_and_a_number():
    pins = [Pin.named(name) for name in ("PA5", "P1.03", "GPIO25", "AD_B0_03", "B0_03")]
    assert [(pin.port, pin.number) for pin in pins] == [("A", 5), ("1", 3), ("", 25), ("AD_B0", 3), ("B0", 3)]
    for wrong in ("", "A5", "P2.3", "GPIO", "PZ1"):
        with pytest.raises(ValueError, match="is no pin"):
            Pin.named(wrong)
