"""integrad boards: the list, one board in full, unknown names."""

import json

from digits import fail, run

from integrad.targets.boards import all_boards


def test_the_list_names_every_board_and_that_none_was_tried_on_hardware():
    result = run("boards", "--json", "-")
    assert result.exit_code == 0
    rows = json.loads(result.stdout)["boards"]
    assert [row["name"] for row in rows] == [board.name for board in all_boards()]
    assert not any(row["tried_on_hardware"] for row in rows)
    for board in all_boards():
        assert board.name in result.stderr and board.part.name in result.stderr
    assert "None of these boards was tried on hardware" in result.stderr


def test_one_board_in_full():
    result = run("boards", "XIAO nRF52840 Sense")
    assert result.exit_code == 0
    for text in ("programs from 0x00027000", "P0.26, lit while low", "family NRF52840", "never tried"):
        assert text in result.stdout
    assert "pyocd pack install stm32f411retx" in run("boards", "nucleo-f411re").stdout
    assert "P0.21, lit while high and P0.28 is low" in run("boards", "microbit-v2").stdout


def test_unknown_boards():
    status, message = fail("boards", "xiao")
    assert status == 2 and message == "error: NAME 'xiao': unknown board; similar names: xiao-nrf52840"
