"""integrad project: the files of a project, what it refuses, and the boot stage of the RP2040."""

import json
import subprocess

import pytest
from digits import fail, run, train, write_npz

from integrad.export.board_drivers import has_driver
from integrad.export.rp2040_boot2 import BOOT2_BYTES, INSTRUCTIONS, LITERALS, boot2, boot_checksum
from integrad.targets.boards import all_boards, find_board

BOARDS = [board.name for board in all_boards() if has_driver(board)]


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


@pytest.mark.parametrize("board", BOARDS)
def test_memories_do_not_overlap(board, model, tmp_path):
    result = run("project", model, "--board", board, "--learn", "all", "--out", tmp_path, "--json", "-")
    assert result.exit_code == 0, result.output
    memory = json.loads(result.stdout)
    chosen = find_board(board)
    end = chosen.program_origin + chosen.program_bytes
    store = memory["store_slots"] * memory["store_slot_bytes"]
    assert store > 0 and memory["store_slot_bytes"] % memory["store_block_bytes"] == 0
    assert memory["program_origin"] - memory["boot_bytes"] == chosen.program_origin
    assert memory["program_origin"] + memory["program_bytes"] == memory["store_origin"]
    assert memory["store_origin"] + store == end and end % memory["store_block_bytes"] == 0
    script = (tmp_path / "board.ld").read_text()
    assert f"0x{memory['store_origin']:08X}, LENGTH = {store}" in script
    config = (tmp_path / "board/board_config.h").read_text()
    assert f"#define BOARD_STORE_SLOT_BYTES {memory['store_slot_bytes']}\n" in config


def test_a_changed_application_is_kept(model, tmp_path):
    def project(*options):
        result = run("project", model, "--board", "pico", "--out", tmp_path, *options)
        assert result.exit_code == 0, result.output
        return result.output

    assert "kept" not in project()
    assert "toy_store.h" not in (tmp_path / "main.c").read_text()
    assert "kept" not in project("--learn", "all")
    assert "toy_store.h" in (tmp_path / "main.c").read_text()
    (tmp_path / "main.c").write_text("int main(void) { for (;;) {} }\n")
    assert "kept its main.c" in project("--learn", "all")
    assert "kept its main.c" in project()
    assert (tmp_path / "main.c").read_text().startswith("int main")


def test_what_cannot_be_made(model, large, tmp_path):
    out = ("--out", tmp_path / "out")
    status, message = fail("project", model, "--board", "picco", *out)
    assert status == 2 and "similar names: pico" in message
    status, message = fail("project", model, "--board", "pico2-riscv", *out)
    assert status == 2 and "no driver" in message and "pico2" in message
    status, message = fail("project", large, "--board", "pico", "--learn", "all", *out)
    assert status == 1 and "RAM needs" in message and "--learn" in message and "--board pico2" in message
    status, message = fail("project", model, "--board", "pico", "--store", "3", *out)
    assert status == 2 and "--store 3 requires layers that learn" in message
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
