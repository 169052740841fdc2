"""The image of an ESP32-C3, as esptool writes it, in a model of the chip: it computes what the host computes,
saves through the functions of the boot ROM, and starts again; and the model notices what a driver must not
do."""

import shutil
from pathlib import Path

import pytest
from digits import run
from esp32c3_model import Esp32C3Model
from modelled_chip import AccessError, WrongCallError
from programs_of_boards import learn

from integrad.build.program import read_program
from integrad.export.project_build import build_project
from integrad.model_file import load_model
from integrad.protocol.client import Client
from integrad.protocol.messages import What
from integrad.targets.boards import find_board

BOARD = "esp32-c3-devkitm-1"
FLASH_START = 0x42000000
ECHO = Path(__file__).with_name("echo.c")
WAIT_MS, CYCLES_PER_MS = 20, 40_000


@pytest.fixture(scope="module")
def project(model, tmp_path_factory):
    out = tmp_path_factory.mktemp("project")
    result = run("project", model, "--board", BOARD, "--learn", "all", "--batch-size", 4, "--out", out)
    assert result.exit_code == 0, result.output
    return out


def image_of(folder):
    """As `integrad flash` writes it."""
    elf, image = build_project(folder, find_board(BOARD)), folder / "image.bin"
    result = run("flash", elf, "--board", BOARD, "--out", image, "--dry-run")
    assert result.exit_code == 0, result.stderr
    return image


def echo(project, folder, file="", right="", wrong=""):
    """The image of the echo program, with a mistake in a file of its drivers."""
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns("build", "*.bin"))
    shutil.copy(ECHO, folder / "main.c")
    if file:
        path = folder / "board/esp32c3" / file
        text = path.read_text()
        assert right in text
        path.write_text(text.replace(right, wrong))
    return image_of(folder)


def ask(chip, command, count=3):
    """The first bytes of the answer."""
    chip.write(command)
    chip.run_until(lambda: len(chip.uart.sent) >= count)
    return chip.read(count, 0)


def test_it_boots_learns_and_saves(project, model):
    loaded, image = load_model(model), image_of(project)
    elf = read_program(project / "build/project.elf")
    store = elf.address_of("integrad_board_store_begin") - FLASH_START
    with Esp32C3Model(image) as chip:
        before = bytes(chip.flash[:store])
        client = Client(chip, wait=30, patience=60, long_patience=60)
        assert client.begin().model == loaded.network.weights_crc()
        learnt = learn(client, loaded)
        client.save()
        client.save()
        assert {what for what, _, _ in chip.changes} == {"erase", "program"}
        assert min(offset for _, offset, _ in chip.changes) >= store
        client.reset(What.WEIGHTS)
        client.reset(What.PROGRAM)
        client.begin()
        assert chip.boots == 2 and client.check() == learnt
        chip.restart()
        client.begin()
        assert client.check() == learnt and bytes(chip.flash[:store]) == before


def test_the_drivers_do_what_they_say(project, tmp_path):
    several = bytes(range(128, 256))
    with Esp32C3Model(echo(project, tmp_path / "p")) as chip:
        assert ask(chip, b"") == b"R0 " and ask(chip, b"b") == b"B0 "
        chip.io.is_pressed = True
        assert ask(chip, b"b") == b"B1 "
        begin = chip.cycles
        assert ask(chip, b"w" + several * 2, 3 + 256) == b"W0 " + several * 2 and chip.uart.lost == 0
        assert (chip.cycles - begin) / CYCLES_PER_MS >= WAIT_MS - 1
        assert ask(chip, b"l") == b"L2 " and ask(chip, b"s") == b"S0 " and ask(chip, b"l") == b"L0 "
        assert ask(chip, b"r") == b"R0 " and ask(chip, b"l") == b"L0 "


WRONG = {
    "not erased before": ("offset_of(at) / SECTOR", "offset_of(at) / SECTOR - 2"),
    "not whole words": ("offset_of(at - begin), words", "offset_of(at) + 1, words"),
    "outside of the chip": ("- FLASH_START + address", "+ address"),
    "its data are not in RAM": ("(address), bytes", "(address), (void *)((uintptr_t)bytes + 0x2000000)"),
}
"""What the model says → the mistake in flash.c."""


@pytest.mark.parametrize("message", WRONG)
def test_a_driver_with_a_mistake_is_noticed(message, project, tmp_path):
    with Esp32C3Model(echo(project, tmp_path / "p", "flash.c", *WRONG[message])) as chip:
        assert ask(chip, b"") == b"R0 "
        with pytest.raises(WrongCallError, match=message):
            for _ in range(3):
                assert ask(chip, b"s") == b"S0 "


def test_watchdogs_that_run_on_are_noticed(project, tmp_path):
    mistake = "start.c", "    stop_watchdogs();\n", "    (void)stop_watchdogs;\n"
    chip = Esp32C3Model(echo(project, tmp_path / "p", *mistake))
    with pytest.raises(AccessError, match="a watchdog of the boot ROM resets the chip"):
        chip.run_until(lambda: False, 2_000)


def test_without_its_interrupt_the_port_loses_bytes(project, tmp_path):
    with Esp32C3Model(echo(project, tmp_path / "p")) as chip:
        assert ask(chip, b"") == b"R0 "
        chip.uart.registers[0x0C] = 0
        chip.write(b"w" + bytes(200))
        chip.run_until(lambda: not chip.uart.arriving)
        assert chip.uart.lost > 0
