"""Emulators of chips: the table of them, and what they say of images that they cannot run."""

import pytest

from integrad.emulate.chips import EMULATORS, emulators_of
from integrad.errors import IntegradError, UsageError
from integrad.targets.boards import all_boards, find_board


def test_every_emulator_belongs_to_a_board():
    assert set(EMULATORS) <= {board.name for board in all_boards()}
    for emulators in EMULATORS.values():
        assert len({emulator.name for emulator in emulators}) == len(emulators) > 0


def test_boards_without_an_emulator_and_emulators_of_other_boards_are_refused():
    with pytest.raises(UsageError, match=r"teensy4\.1: no emulator .* boards with one: .*pico"):
        emulators_of(find_board("teensy4.1"))
    with pytest.raises(UsageError, match="--emulator qemu: does not run images of pico, which rp2040py can"):
        emulators_of(find_board("pico"), "qemu")


@pytest.mark.parametrize("board", ["pico", "nucleo-l476rg", "nucleo-f446re"])
def test_images_that_are_missing_or_of_another_kind_are_refused(board, tmp_path):
    chosen = find_board(board)
    start = emulators_of(chosen)[0].start
    with pytest.raises(IntegradError, match=r"a\.elf: no such file; build the project first"):
        start(tmp_path / "a.elf", chosen)
    with pytest.raises(IntegradError, match=r"a\.hex: this emulator reads \.elf"):
        start(tmp_path / "a.hex", chosen)
