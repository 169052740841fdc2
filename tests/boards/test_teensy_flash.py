"""The program of a Teensy 4.1 against a model of its flash: it boots, computes what the host computes, saves,
starts again, survives power cuts; and the model notices what a driver must not do. None of it was tried on
hardware."""

import shutil
from pathlib import Path

import pytest
from digits import run
from teensy import FLASH, Teensy
from w25q64jv import ERASE, PROGRAM, PowerCutError

from integrad.boards.c_board import compare, device_of
from integrad.build.program import read_program
from integrad.emulate.faults import FirmwareError
from integrad.estimate.prediction import predict
from integrad.execute.verification import random_actions
from integrad.export.project_build import build_project
from integrad.export.project_memory import SUPPORT_FLASH, SUPPORT_RAM
from integrad.model_file import load_model
from integrad.protocol.client import Client
from integrad.protocol.messages import What
from integrad.targets.boards import find_board
from integrad.targets.cores import get_core
from integrad_codegen.plan import make_plan

BOARD = find_board("teensy4.1")
DRIVER = "board/imxrt1062/flash.c"


@pytest.fixture(scope="module")
def project(model, tmp_path_factory):
    out = tmp_path_factory.mktemp("project")
    words = ("--board", BOARD.name, "--learn", "all", "--batch-size", 4, "--out", out)
    assert run("project", model, *words).exit_code == 0
    return out


@pytest.fixture(scope="module")
def program(project):
    return read_program(build_project(project, BOARD, ["-Wall", "-Wextra", "-Werror"]))


@pytest.fixture
def echo(project, tmp_path):
    """A folder with the drivers and a small program that uses them."""
    shutil.copytree(project / "board", tmp_path / "board")
    store = tmp_path / "model/integrad"
    store.mkdir(parents=True)
    for path in (project / "board.ld", Path(__file__).with_name("echo.c")):
        shutil.copy(path, tmp_path)
    for path in (project / "model/integrad").iterdir():
        if path.suffix == ".h" or path.name in ("store.c", "checksum.c"):
            shutil.copy(path, store)
    return tmp_path


def client_of(chip):
    client = Client(chip, wait=30, patience=60, long_patience=60)
    client.begin()
    return client


def answers(board, commands):
    """The greeting of the echo program, and its answers."""
    board.write(commands)
    expected, received = 3 * (1 + len(commands)), b""
    while len(received) < expected:
        received += board.read(expected - len(received), 20) or b"?"
    return received


def test_it_boots_learns_saves_and_starts_again(program, model):
    loaded = load_model(model)
    with Teensy(program) as board:
        before = bytes(board.chip.array)
        client = client_of(board)
        device = device_of(client, loaded)
        verdicts = compare(client, device, random_actions(device, 2, loaded.schedule(4), seed=1))
        assert verdicts[1].same_bits(verdicts[0]), verdicts
        kept, _ = client.read_weights()
        weights = bytes(reversed(kept))
        client.write_weights(weights, 7)
        assert [client.save() for _ in range(3)] == [1, 2, 3]
        client.write_weights(kept, 0)
        client.reset(What.PROGRAM)
        client.begin()
        assert board.starts == 2 and client.read_weights() == (weights, 7)
        board.restart()
        client.begin()
        assert client.read_weights() == (weights, 7) and client.save() == 4
        client.reset(What.STORE)
        client.reset(What.PROGRAM)
        assert client_of(board).read_weights() == (kept, 0)
        store = program.address_of("integrad_board_store_begin") - FLASH
        end = BOARD.program_bytes
        assert end == store + 2 * 4096 and board.image_bytes < store
        after = bytes(board.chip.array)
        assert after[:store] == before[:store] and after[end:] == before[end:], "only the store is written"


def test_the_boot_loader_learns_the_size_of_the_program(program):
    """Some erase as much as it says, where the weights are."""
    end = max(address + len(data) for address, data in program.segments)
    assert Teensy(program).image_bytes == end - FLASH


def test_the_drivers_take_no_more_than_the_estimate_reserves(program, model):
    loaded = load_model(model)
    plan = make_plan(loaded.network, "toy", "all", 4, loaded.constants)
    predicted = predict(loaded, plan, get_core("m7"))
    sizes = {section.name: section.size for section in program.sections}
    flash = sum(sizes[name] for name in (".vectors", ".text", ".rodata", ".data"))
    ram = sum(sizes[name] for name in (".stack", ".data", ".bss"))
    spare = max(plan.weights_bytes - predicted.scratch, 0)
    assert 0 < flash - predicted.flash <= SUPPORT_FLASH
    assert 0 < ram - predicted.ram - spare <= SUPPORT_RAM


def test_power_cuts_leave_the_old_weights_or_the_new_ones(program):
    board = Teensy(program)
    client = client_of(board)
    first, _ = client.read_weights()
    contents = {1: first, 2: bytes(reversed(first))}
    client.write_weights(contents[1], 1)
    client.save()
    found = []
    for cut in range(1, 4):
        client.write_weights(contents[2], 2)
        board.chip.cut_in = cut
        with pytest.raises(PowerCutError):
            client.save()
        board.chip.cut_in = None
        board.restart()
        client = client_of(board)
        weights, steps = client.read_weights()
        assert weights == contents[steps]
        found.append(steps)
        client.write_weights(contents[1], 1)
        client.save()
    assert board.chip.commands[:3] == [ERASE, PROGRAM, PROGRAM]
    assert found[:2] == [1, 1]


@pytest.mark.parametrize("level", ["-O0", "-Os", "-O3"])
def test_nothing_in_ram_needs_flash_at_any_optimisation(level, echo):
    board = Teensy(read_program(build_project(echo, BOARD, [level])), data_cache=True)
    assert answers(board, b"lsslr") == b"R0 L2 S0 S0 L0 R0 "
    board.restart()
    assert answers(board, b"ls") == b"R0 L0 S0 "


FAULTS = {
    "no write enable": ("execute(TO_ENABLE, 0, 0, NULL) && ", "", "R0 S9 S9 S9"),
    "no erase": ("change_chip(TO_ERASE, offset, 0, NULL)", "true", "R0 S0 S0 S9"),
    "buffers kept": ("FLEXSPI_MCR0 |= MCR0_SWRESET", "(void)0", "R0 S9 S9 S9"),
    "lines of the data cache kept": ("REGISTER(0xE000EF5Cu) = FLASH_START + at", "", "R0 S9 S9 S9"),
    "a function in flash": (
        *("RUNS_FROM_RAM static bool execute", "__attribute__((noinline)) static bool execute"),
        "code is read from flash",
    ),
    "no waiting for the chip": ("(FLEXSPI_RFDR0 & STATUS_BUSY) == 0", "true", "before that is ready"),
    "interrupts on": ("mask_interrupts();", "0;", "with interrupts on"),
    "flash open": ("forbid_flash(true)", "forbid_flash(false)", "may read flash ahead"),
    "no waiting for the controller": ("STS0, idle, idle", "STS0, 0, 0", "while the controller works"),
    "no waiting for the FIFO": ("INTR_IPTXWE | INTR_IPCMDERR, INTR_IPTXWE", "0, 0", "FIFO has no space"),
    "the reading sequence": ("TO_ENABLE = 12", "TO_ENABLE = 0", "for the core is overwritten"),
}
"""Name → a text of the driver, what replaces it, and what comes of three saves."""


@pytest.mark.parametrize("name", FAULTS)
def test_faults_of_the_driver_are_noticed(name, echo):
    text, replacement, result = FAULTS[name]
    driver = (echo / DRIVER).read_text()
    assert driver.count(text) == 1
    (echo / DRIVER).write_text(driver.replace(text, replacement))
    board = Teensy(read_program(build_project(echo, BOARD, ["-Wno-unused"])))
    try:
        found = answers(board, b"sss").decode().strip()
    except FirmwareError as error:
        found = str(error)
    assert result in found


def test_a_wrong_key_and_a_chip_that_hangs_end_in_a_restart(echo):
    """Nothing can be executed from a chip that does not become ready."""
    driver = (echo / DRIVER).read_text()
    (echo / DRIVER).write_text(driver.replace("= LUTKEY_KEY;", "= 1;").replace("4000000", "40"))
    other = Teensy(read_program(build_project(echo, BOARD)))
    assert answers(other, b"s") == b"R0 R0 " and other.starts == 2
    (echo / DRIVER).write_text(driver.replace("4000000", "40"))
    hanging = Teensy(read_program(build_project(echo, BOARD)))
    hanging.chip.looks[ERASE] = None
    assert answers(hanging, b"s") == b"R0 R0 " and hanging.starts == 2


def test_every_line_of_code_in_ram_is_written_back(echo):
    """Also where neither its beginning nor its end is that of a line."""
    script = (echo / "board.ld").read_text()
    assert "STACK_BYTES = 4096;" in script
    (echo / "board.ld").write_text(script.replace("STACK_BYTES = 4096;", "STACK_BYTES = 4096 + 24;"))
    board = Teensy(read_program(build_project(echo, BOARD)), data_cache=True)
    assert answers(board, b"s") == b"R0 S0 "


def test_code_in_ram_is_written_back_if_the_data_cache_is_on(echo):
    source = echo / "board/imxrt1062/board.c"
    source.write_text(source.read_text().replace("REGISTER(0xE000EF64u) = at", "(void)at"))
    board = Teensy(read_program(build_project(echo, BOARD)), data_cache=True)
    with pytest.raises(FirmwareError, match="is only in the data cache"):
        answers(board, b"s")
