"""The drivers of an RP2350 in a model of the chip, with a small program that uses all of them; and that the
model notices what a driver must not do."""

import shutil
from pathlib import Path

import pytest
from modelled_chip import AccessError, WrongCallError
from programs_of_boards import make_projects
from rp2350_cores import Hazard
from rp2350_model import Rp2350Model

from integrad.export.project_build import build_project
from integrad.targets.boards import find_board

BOARDS = ("pico2", "pico2-riscv")
ECHO = Path(__file__).with_name("echo.c")
MILLISECOND, WAIT_MS = 150_000, 20
FIFO_BYTES = 32


@pytest.fixture(scope="module")
def projects(tmp_path_factory):
    """Board → its project, with the echo program instead of its application."""
    folder = make_projects(tmp_path_factory.mktemp("projects"), BOARDS)
    for board in BOARDS:
        shutil.copy(ECHO, folder / board / "main.c")
    return folder


@pytest.fixture(scope="module", params=BOARDS)
def elf(request, projects):
    return build_project(projects / request.param, find_board(request.param))


def ask(chip, command, count=3):
    """The first bytes of the answer."""
    chip.write(command)
    chip.run_until(lambda: len(chip.uart.sent) >= count)
    return chip.read(count, 0)


BYTES = bytes(range(128, 256)) * 2


def test_bytes_arrive_by_interrupt_while_the_program_waits(elf):
    with Rp2350Model(elf) as chip:
        assert ask(chip, b"") == b"R0 " and chip.io.led
        assert ask(chip, b"w" + BYTES, 3 + len(BYTES)) == b"W0 " + BYTES and chip.uart.lost == 0


def test_without_its_interrupt_the_port_loses_bytes(elf):
    """So that the test before this one can fail."""
    with Rp2350Model(elf) as chip:
        assert ask(chip, b"") == b"R0 "
        chip.uart.registers[0x38] = 0
        chip.write(b"w" + BYTES)
        chip.run_until(lambda: not chip.uart.arriving)
        assert chip.uart.lost > 0


def test_milliseconds_are_right_also_when_the_lower_half_overflows(elf):
    with Rp2350Model(elf) as chip:
        assert ask(chip, b"") == b"R0 "
        chip.io._mtime += 2**40 + 2**32 - 10 * MILLISECOND
        begin, low = chip.cycles, chip.io.mtime & 0xFFFFFFFF
        assert ask(chip, b"w") == b"W0 "
        assert WAIT_MS - 1 <= (chip.cycles - begin) / MILLISECOND <= WAIT_MS + 2
        assert isinstance(chip.core, Hazard) == (chip.io.mtime & 0xFFFFFFFF < low)


def test_saves_survive_restarts(elf):
    with Rp2350Model(elf) as chip:
        for command, answer in (
            (b"", b"R0 "),
            (b"l", b"L2 "),
            (b"s", b"S0 "),
            (b"r", b"R0 "),
            (b"l", b"L0 "),
        ):
            assert ask(chip, command) == answer
        chip.restart()
        assert ask(chip, b"") == b"R0 " and ask(chip, b"l") == b"L0 " and chip.boots == 3


def test_a_program_reports_that_a_boot_rom_lacks_functions(elf):
    with Rp2350Model(elf) as chip:
        assert ask(chip, b"") == b"R0 "
        chip.uc.mem_write(0x12, b"\x03")
        assert ask(chip, b"s") == b"S9 " and not chip.rom.changes


WRONG = {
    "not aligned": ("NULL, SECTOR_BYTES);", "NULL, SECTOR_BYTES / 2);"),
    "not erased before": ("done < count; done += SECTOR_BYTES", "done > count; done += SECTOR_BYTES"),
    "executed in flash while it is hidden": ("RUNS_FROM_RAM static", "static __attribute__((noinline))"),
    "without flash_flush_cache": ("rom->flash_flush_cache();", ""),
    "without connect_internal_flash": ("rom->connect_internal_flash();", ""),
    "without flash_exit_xip": ("rom->flash_exit_xip();", ""),
    "with interrupts": ("mask_interrupts();", "0;"),
    "data are not in RAM": ("static uint8_t page[PAGE_BYTES];", "static const uint8_t page[PAGE_BYTES];"),
    "outside of the chip": ("- FLASH_BEGIN + address", "+ 0x400000u + address"),
    "0x20 for 65536": ("0xD8", "0x20"),
}
"""What the model says → the mistake in flash.c."""


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("message", WRONG)
def test_a_driver_with_a_mistake_is_noticed(board, message, projects, tmp_path):
    right, wrong = WRONG[message]
    shutil.copytree(projects / board, tmp_path / board, ignore=shutil.ignore_patterns("build"))
    path = tmp_path / board / "board/rp2/flash.c"
    text = path.read_text()
    assert right in text
    text = text.replace(right, wrong)
    if "const uint8_t page" in wrong:
        text = text.replace("page[i] = from[done + i];", "(void)from;")
    path.write_text(text)
    with Rp2350Model(build_project(tmp_path / board, find_board(board))) as chip:
        assert ask(chip, b"") == b"R0 "
        with pytest.raises(WrongCallError, match=message):
            for _ in range(3):
                assert ask(chip, b"s") == b"S0 "


def test_the_table_of_the_boot_rom_is_asked_as_each_kind_of_cores_must(projects, tmp_path):
    for board, right, wrong in (("pico2", "0x16,", "0x18,"), ("pico2-riscv", "0x7DFA", "0x7DF8")):
        shutil.copytree(projects / board, tmp_path / board, ignore=shutil.ignore_patterns("build"))
        path = tmp_path / board / "board/rp2/flash.c"
        assert right in path.read_text()
        path.write_text(path.read_text().replace(right, wrong))
        with Rp2350Model(build_project(tmp_path / board, find_board(board))) as chip:
            assert ask(chip, b"") == b"R0 "
            with pytest.raises(WrongCallError, match="in the way of the other kind of cores"):
                ask(chip, b"s")


def test_blocks_that_are_held_in_reset_are_noticed(projects, tmp_path):
    shutil.copytree(projects / "pico2-riscv", tmp_path / "p", ignore=shutil.ignore_patterns("build"))
    path = tmp_path / "p/board/rp2/board.c"
    path.write_text(path.read_text().replace("release_from_reset(RESET_UART(BOARD_UART));", ""))
    chip = Rp2350Model(build_project(tmp_path / "p", find_board("pico2-riscv")))
    with pytest.raises(AccessError, match="0x40070000 is accessed while it is held in reset"):
        ask(chip, b"")


OVERFLOW = """
#include "board.h"

static int deep(volatile int *above) {
    volatile int here[64] = {0};
    here[0] = *above + 1;
    return here[0] < 100000 ? deep(here) + here[0] : 0;
}

int main(void) {
    volatile int begin = 0;
    integrad_board_start();
    return deep(&begin);
}
"""


def test_a_stack_that_exceeds_its_reserve_stops_hazard3(projects, tmp_path):
    shutil.copytree(projects / "pico2-riscv", tmp_path / "p", ignore=shutil.ignore_patterns("build"))
    (tmp_path / "p/main.c").write_text(OVERFLOW)
    with Rp2350Model(build_project(tmp_path / "p", find_board("pico2-riscv"))) as chip:
        assert isinstance(chip.core, Hazard)
        chip.run_until(lambda: chip.io.led)
        assert chip.core.traps == [7], "a store was refused"
