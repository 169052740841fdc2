"""integrad project: the files of a project, what it refuses, and the boot stage of the RP2040."""

import re
import subprocess
from dataclasses import replace

import pytest
from digits import fail, run, train, write_npz

from integrad.build.program import read_program
from integrad.estimate.part_fit import fit_part
from integrad.estimate.prediction import predict
from integrad.estimate.store_costs import store_memory
from integrad.export.board_drivers import driver_of
from integrad.export.project import Project
from integrad.export.project_build import build_project
from integrad.export.rp2040_boot2 import BOOT2_BYTES, INSTRUCTIONS, LITERALS, boot2, boot_checksum
from integrad.export.target import Request
from integrad.model_file import load_model
from integrad.targets.boards import all_boards, find_board
from integrad.targets.cores import core_of
from integrad_codegen.plan import make_plan

BOARDS = [board.name for board in all_boards()]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    assert train(folder, write_npz(folder / "toy.npz")).exit_code == 0
    return folder / "toy.model"


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Its weights fill the RAM of a Pico."""
    folder = tmp_path_factory.mktemp("large")
    data = write_npz(folder / "toy.npz", samples=30)
    assert train(folder, data, "--epochs", 1, out="large.model", spec="mlp:2000,64").exit_code == 0
    return folder / "large.model"


@pytest.mark.parametrize("board", all_boards(), ids=lambda board: board.name)
def test_every_board_has_drivers_for_its_core(board):
    driver = driver_of(board)
    assert driver.family is core_of(board.part).family and board.serial in driver.serial_interrupts


@pytest.mark.parametrize("name", BOARDS)
def test_memories_do_not_overlap(name, model):
    board, loaded = find_board(name), load_model(model)
    request = Request(loaded, make_plan(loaded.network, "toy", "all", 4, loaded.constants))
    project = Project(board, store_memory(None, board.part))
    memory, files = project.memory(request), project.files(request)
    end = board.program_origin + board.program_bytes
    assert memory.slots == 2
    assert memory.slot_bytes % memory.block_bytes == 0
    assert memory.program_origin - memory.boot_bytes == board.program_origin
    assert memory.program_origin + memory.program_bytes == memory.store_origin
    assert memory.store_origin + memory.store_bytes == end and end % memory.block_bytes == 0
    assert f"0x{memory.store_origin:08X}, LENGTH = {memory.store_bytes}" in files["board.ld"]
    config = files["board/board_config.h"]
    assert f"#define BOARD_STORE_SLOT_BYTES {memory.slot_bytes}\n" in config
    assert all(f'#include "{header}"' in config for header in project.driver.headers)


@pytest.mark.parametrize("name", BOARDS)
def test_every_project_is_built(name, model, tmp_path):
    result = run("project", model, "--board", name, "--learn", "all", "--batch-size", 4, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    program = read_program(build_project(tmp_path, find_board(name)))
    assert {"main", "toy_train", "toy_serial_receive"} <= {function.name for function in program.functions}


def test_a_changed_application_is_kept(model, tmp_path):
    def project(*options):
        result = run("project", model, "--board", "pico", "--out", tmp_path, *options)
        assert result.exit_code == 0, result.output
        return result.output

    assert "kept" not in project("--learn", "all")
    assert "toy_store.h" in (tmp_path / "main.c").read_text()
    shown = project().replace("\n", "")
    assert "kept" not in shown and f"removed {tmp_path}/model/toy_store.h" in shown
    assert not (tmp_path / "model/toy_store.h").exists()
    (tmp_path / "main.c").write_text("int main(void) { for (;;) {} }\n")
    assert "kept its main.c" in project("--learn", "all")
    assert (tmp_path / "main.c").read_text().startswith("int main")


def test_weights_are_in_ram_twice_where_they_fit(tmp_path):
    data = write_npz(tmp_path / "toy.npz", samples=30)
    words = ("--learner", "backprop", "--epochs", 1)
    assert train(tmp_path, data, *words, spec="mlp:112,48").exit_code == 0
    loaded = load_model(tmp_path / "toy.model")
    request = Request(loaded, make_plan(loaded.network, "toy", "all", 10, loaded.constants))
    for board, spare in (("bluepill", "NULL, &scratch"), ("pico", "&memory.spare, &memory.scratch")):
        main = Project(find_board(board), None).files(request)["main.c"]
        assert f"toy_serial_start(&serial, &weights, {spare}, &port);" in main
        assert "integrad_store_info" not in main


def test_what_is_offered_instead_fits(large, tmp_path):
    """What learns less, or is narrower, leaves more of the flash, since the weight store takes less."""
    options = ("project", large, "--board", "nucleo-f411re", "--out", tmp_path)
    status, message = fail(*options, "--learn", "all")
    assert status == 1 and "more than the 0 available" in message, "the store takes all"
    smaller = re.search(r"; (--learn [\w:]+(?: --batch-size \d+)?)", message)
    assert smaller and run(*options, *smaller[1].split()).exit_code == 0, message


def test_limits_are_stated_where_nothing_fits(model):
    loaded, part = load_model(model), find_board("bluepill").part
    plan = make_plan(loaded.network, "toy", "all", 4, loaded.constants)
    least = predict(loaded, make_plan(loaded.network, "toy", "none"), core_of(part)).flash - 10
    for flash, text in ((1000, "samples were smaller$"), (least, r"weights took at most [\d,]+ bytes inst")):
        fit = fit_part(loaded, plan, part, lambda _, flash=flash: replace(part, flash_bytes=flash))
        assert not fit.options and not fit.network, fit.verdict
        assert re.search(f"; a network would fit if its {text}", fit.lacks([])), fit.lacks([])
        assert "would fit if" not in fit.verdict, "other parts are suggested"


def test_what_cannot_be_made(model, large, tmp_path):
    out = ("--out", tmp_path / "out")
    status, message = fail("project", model, "--board", "picco", *out)
    assert status == 2 and "similar names: pico" in message
    status, message = fail("project", large, "--board", "pico", "--learn", "all", *out)
    assert status == 1 and "RAM needs" in message and "--learn" in message and "--board pico2" in message
    learns = ("--learn", "all")
    status, message = fail("project", model, "--board", "bluepill", *learns, "--store", "99", *out)
    assert status == 1 and re.search(
        r"; of 65,536 bytes of flash, 99 slots of the weight store take [\d,]+ and drivers up to 8,192$",
        message,
    )
    status, message = fail("project", model, "--board", "pico", "--store", "3", *out)
    assert status == 2 and "--store 3 requires layers that learn" in message
    assert fail("project", model, "--board", "pico", "--learn", "all", "--store", "2,64,1", *out)[0] == 2
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").write_text("")
    assert fail("project", model, "--board", "pico", "--out", tmp_path / "file")[0] == 1
    assert run("project", model, "--board", "pico", *out).exit_code == 0
    status, message = fail("project", model, "--board", "pico2", *out)
    assert status == 2 and "holds the pico package of toy" in message


def test_boot_stage_is_what_its_text_says(tmp_path):
    text = [".syntax unified", ".cpu cortex-m0plus", ".thumb", *(line for _, line, _ in INSTRUCTIONS)]
    (tmp_path / "boot2.s").write_text("\n".join([*text, ".align 2", ".ltorg", ""]))
    for command in (
        ("arm-none-eabi-as", "boot2.s", "-o", "boot2.o"),
        ("arm-none-eabi-objcopy", "-O", "binary", "-j", ".text", "boot2.o", "boot2.bin"),
    ):
        subprocess.run(command, cwd=tmp_path, check=True)
    assembled = (tmp_path / "boot2.bin").read_bytes()
    assert len(assembled) == 2 * len(INSTRUCTIONS) + 4 * len(LITERALS)
    assert boot2() == assembled.ljust(BOOT2_BYTES - 4, b"\0") + boot2()[-4:]
    # The check value of this kind of CRC-32, known as CRC-32/MPEG-2.
    assert boot_checksum(b"123456789") == 0x0376E6E7
