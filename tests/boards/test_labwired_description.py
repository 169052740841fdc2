"""Descriptions of chips for labwired that have what a board has."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from integrad.emulate.labwired_description import write_description
from integrad.targets.boards import find_board

CONFIGS = Path(find_spec("labwired").origin).parent / "configs"


@pytest.mark.parametrize(
    ("board", "chip", "flash", "button"),
    [
        ("nucleo-g0b1re", "stm32g071", "512KB", ("gpioc", 13)),
        ("microbit-v2", "nrf52833", "512KB", ("gpio0", 14)),
    ],
)
def test_has_the_memories_the_timer_and_the_button_of_the_board(board, chip, flash, button, tmp_path):
    system = write_description(CONFIGS, chip, find_board(board), tmp_path).read_text()
    described = (tmp_path / "chip.yaml").read_text()
    sizes = re.findall(r'size: "(\w+)"', described)
    assert sizes[:2] == [flash, f"{find_board(board).part.ram_bytes // 1024}KB"]
    assert described.count('type: "systick"') == 1
    peripheral, pin = button
    assert f'peripheral: "{peripheral}"\n    pin: {pin}\n' in system and "active_high: false" in system
    for path in re.findall(r'debug_schema: "(.+)"', described):
        assert Path(path).is_file()
