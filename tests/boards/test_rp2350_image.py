"""The image of a Raspberry Pi Pico 2, for its Arm and for its RISC-V cores, in a model of the chip: the boot
ROM finds its definition, it computes what the host computes, saves in flash, and starts again."""

import re

import numpy as np
import pytest
from digits import run
from programs_of_boards import build, learn
from rp2350_model import FLASH, Rp2350Model, boot_definition

from integrad.boards.rp2350_blocks import ARM_CPU, RISC_V_CPU, RP2350, Definition, image_definitions
from integrad.boards.uf2 import read_uf2
from integrad.build.program import read_program
from integrad.emulate.chips import emulators_of
from integrad.errors import UsageError
from integrad.estimate.prediction import predict
from integrad.export.project_memory import SUPPORT_FLASH, SUPPORT_RAM
from integrad.model_file import load_model
from integrad.protocol.client import Client
from integrad.protocol.messages import What
from integrad.targets.boards import find_board
from integrad.targets.cores import core_of
from integrad_codegen.plan import make_plan

FAMILIES = {"pico2": 0xE48BFF59, "pico2-riscv": 0xE48BFF5A}
CPUS = {"pico2": ARM_CPU, "pico2-riscv": RISC_V_CPU}


def make_project(model, board, out):
    result = run("project", model, "--board", board, "--learn", "all", "--batch-size", 4, "--out", out)
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="module", params=FAMILIES)
def project(request, model, tmp_path_factory):
    """(board, folder): built as a user would, but warnings are errors."""
    out = make_project(model, request.param, tmp_path_factory.mktemp("project") / request.param)
    build(out)
    return request.param, out


def test_drivers_take_no_more_than_predicted(project, model):
    board, folder = project
    sizes = re.findall(r"(FLASH|RAM): +(\d+) (K?)B ", (folder / "build.log").read_text())
    used = {memory: int(number) * (1024 if kilo else 1) for memory, number, kilo in sizes}
    loaded = load_model(model)
    plan = make_plan(loaded.network, "toy", "all", 4, loaded.constants)
    predicted = predict(loaded, plan, core_of(find_board(board).part))
    spare = max(plan.weights_bytes - predicted.scratch, 0)
    assert 0 < used["FLASH"] - predicted.flash <= SUPPORT_FLASH
    assert 0 < used["RAM"] - predicted.ram - spare <= SUPPORT_RAM


def test_the_boot_rom_finds_the_program(project):
    board, folder = project
    ((family, ((address, contents),)),) = read_uf2((folder / "build/toy.uf2").read_bytes()).items()
    assert family == FAMILIES[board] and address == FLASH
    assert contents.startswith((folder / "build/toy.bin").read_bytes())
    assert image_definitions(contents) == [Definition(True, CPUS[board], RP2350)]
    cpu, entry = boot_definition(contents)
    program = read_program(folder / "build/toy.elf")
    addresses = [program.address_of(name) for name in ("integrad_reset", "integrad_stack_top")]
    assert cpu == CPUS[board] and (list(entry) if entry else addresses) == addresses
    result = run("flash", folder, "--board", board, "--dry-run")
    assert result.exit_code == 0, result.stderr


def test_it_boots_learns_and_saves(project, model):
    _, folder = project
    loaded = load_model(model)
    with Rp2350Model(folder / "build/toy.uf2") as chip:
        program = bytes(chip.flash)
        client = Client(chip, wait=30, patience=60, long_patience=60)
        info = client.begin()
        assert info.name == "toy" and info.model == loaded.network.weights_crc() and info.batch == 4
        assert chip.io.system_hz == 150_000_000
        learnt = learn(client, loaded)
        client.save()
        client.save()
        client.reset(What.WEIGHTS)
        assert client.check() != learnt
        client.reset(What.PROGRAM)
        client.begin()
        assert chip.boots == 2 and client.check() == learnt
        chip.restart()
        client.begin()
        assert client.check() == learnt
        store = read_program(folder / "build/toy.elf").address_of("integrad_board_store_begin") - FLASH
        assert bytes(chip.flash[:store]) == program[:store] and chip.flash[store:] != program[store:]
        assert {what for what, _, _ in chip.rom.changes} == set(), "nothing was changed since the start"
        client.save()
        assert {what for what, _, _ in chip.rom.changes} == {"erase", "program"}
        assert min(offset for _, offset, _ in chip.rom.changes) >= store


def test_it_blinks(project, model):
    _, folder = project
    with Rp2350Model(folder / "build/toy.uf2") as chip:
        client = Client(chip, wait=30, patience=60, long_patience=60)
        client.begin()
        assert not chip.io.led
        client.send_sample(0, np.zeros(client.info.inputs))
        client.predict(0)
        chip.run_until(lambda: chip.io.led)
        chip.run_until(lambda: not chip.io.led)


def test_no_emulator_has_the_riscv_cores():
    with pytest.raises(
        UsageError, match=r"^--board pico2-riscv: neither .* the RISC-V cores of an RP2350; b"
    ):
        emulators_of(find_board("pico2-riscv"))
