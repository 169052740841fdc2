"""The models of the flash chip and of its controller do what data sheet and manual say, so that a driver that
works with them may work with those."""

import struct

import pytest
from flexspi import (
    DONE,
    ERROR,
    FIFO_BYTES,
    IDLE,
    INTR,
    IPCMD,
    IPCR0,
    IPCR1,
    IPTXFCR,
    KEY,
    LUT,
    LUT_WORDS,
    LUTCR,
    LUTKEY,
    MCR0,
    RFDR,
    SOFTWARE_RESET,
    SPACE,
    STS0,
    TFDR,
    UNLOCK,
    FlexSpi,
    RefusedError,
)
from w25q64jv import BUSY, ERASE, PAGE, PROGRAM, READ_STATUS, SECTOR, WRITE_ENABLE, WRITE_ENABLED, FlashChip

ENABLE, LOOK, SEND = 0x0406, 0x24010405, 0x08180402


@pytest.fixture
def chip():
    return FlashChip()


def change(chip, command, address, data=b""):
    chip.execute(WRITE_ENABLE)
    chip.execute(command, address, data)
    while chip.execute(READ_STATUS)[0] & BUSY:
        pass


def test_bits_only_become_zero_until_a_sector_is_erased(chip):
    change(chip, PROGRAM, 5, b"\xf0")
    change(chip, PROGRAM, 5, b"\x3c")
    assert chip.array[5] == 0x30
    change(chip, PROGRAM, SECTOR, b"\0")
    change(chip, ERASE, 99)
    assert chip.array[5] == 0xFF and chip.array[SECTOR] == 0


def test_a_page_wraps_around(chip):
    change(chip, PROGRAM, PAGE - 1, b"\1\2")
    assert (chip.array[PAGE - 1], chip.array[0], chip.array[PAGE]) == (1, 2, 0xFF)


def test_nothing_is_changed_without_write_enable_and_while_it_is_busy(chip):
    chip.execute(PROGRAM, 0, b"\0")
    assert chip.array[0] == 0xFF and chip.execute(READ_STATUS) == b"\0"
    chip.execute(WRITE_ENABLE)
    assert chip.execute(READ_STATUS)[0] == WRITE_ENABLED
    chip.execute(PROGRAM, 0, b"\0")
    assert chip.execute(READ_STATUS)[0] == BUSY, "it enables one command"
    chip.execute(WRITE_ENABLE)
    chip.execute(ERASE, 0)
    assert chip.array[0] == 0


@pytest.fixture
def controller(chip):
    """Idle, with three sequences."""
    made = FlexSpi(chip, bytes(4 * LUT_WORDS))
    while made.read(STS0) != IDLE:
        pass
    made.write(LUTKEY, KEY)
    made.write(LUTCR, UNLOCK)
    for sequence, word in ((1, ENABLE), (2, LOOK), (3, SEND)):
        made.write(LUT + 16 * sequence, word)
    made.write(LUT + 16 * 3 + 4, 0x2008)
    return made


def start(controller, sequence, size=0, address=0):
    controller.write(INTR, DONE | ERROR)
    controller.write(IPTXFCR, 1)
    controller.write(IPCR0, address)
    controller.write(IPCR1, sequence << 16 | size)
    controller.write(IPCMD, 1)


def until(controller, flag):
    while not controller.read(INTR) & flag:
        pass


def push(controller, data):
    for number, word in enumerate(struct.unpack("<2I", data)):
        controller.write(TFDR + 4 * number, word)
    controller.write(INTR, SPACE)


def test_a_page_is_sent_through_the_fifo(controller, chip):
    start(controller, 1)
    until(controller, DONE)
    page = bytes(range(PAGE))
    start(controller, 3, PAGE, 2 * PAGE)
    for at in range(0, PAGE, 8):
        until(controller, SPACE)
        push(controller, page[at : at + 8])
    until(controller, DONE)
    assert chip.array[2 * PAGE : 3 * PAGE] == page
    start(controller, 2, 1)
    until(controller, DONE)
    assert controller.read(RFDR) == BUSY
    with pytest.raises(RefusedError, match="before that is ready"):
        controller.write(MCR0, SOFTWARE_RESET)


def test_more_than_the_fifo_holds_is_refused(controller):
    for _ in range(FIFO_BYTES // 8):
        push(controller, bytes(8))
    with pytest.raises(RefusedError, match="no space"):
        push(controller, bytes(8))


def test_a_sequence_is_kept_without_the_key_and_an_empty_one_is_an_error(chip):
    controller = FlexSpi(chip, bytes(4 * LUT_WORDS))
    controller.write(LUTKEY, KEY + 1)
    controller.write(LUTCR, UNLOCK)
    controller.write(LUT + 16, ENABLE)
    assert controller.read(LUT + 16) == 0
    start(controller, 1)
    assert controller.read(INTR) & (DONE | ERROR) == DONE | ERROR


def test_what_the_manual_forbids_is_refused(controller):
    with pytest.raises(RefusedError, match="overwritten"):
        controller.write(LUT + 4, 0)
    start(controller, 1)
    with pytest.raises(RefusedError, match="before the last one has ended"):
        controller.write(IPCMD, 1)
    with pytest.raises(RefusedError, match="while the controller works"):
        controller.write(LUT + 16, 0)


def test_the_core_sees_changes_after_a_reset_of_the_controller(controller, chip):
    change(chip, PROGRAM, 0, b"\0")
    assert not controller.fresh
    controller.write(MCR0, SOFTWARE_RESET)
    assert 0 in controller.fresh and not chip.changed
    assert controller.read(MCR0) & SOFTWARE_RESET
