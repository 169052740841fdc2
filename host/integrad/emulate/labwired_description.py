"""Descriptions of chips for labwired: those that it brings, with what an image for a board needs besides."""

from __future__ import annotations

import re
from pathlib import Path

from integrad.targets.boards import Board

SYSTEM_TIMER = """
  - id: "systick"
    type: "systick"
    base_address: 0xE000E010
"""

BUTTON = """
board_io:
  - id: "button"
    kind: "button"
    peripheral: "gpio{port}"
    pin: {number}
    signal: "input"
    active_high: {active_high}
"""


def write_description(configs: Path, chip: str, board: Board, folder: Path) -> Path:
    """Writes the description of the chip of a board to a folder and returns its file, for Sim(system=…).

    configs: the folder of labwired's own descriptions. chip: the most similar one of them, which gets the
    memories of the board's part, the system timer if it lacks that of every Cortex-M, and the board's button,
    not pressed, whose pin would read as low otherwise.
    """
    text = (configs / "chips" / f"{chip}.yaml").read_text(encoding="utf-8")
    text = text.replace('"../peripherals/', f'"{configs}/peripherals/')
    for memory, size in (("flash", board.part.flash_bytes), ("ram", board.part.ram_bytes)):
        block = rf'^({memory}:\n +base: \w+\n(?: +#.*\n)* +size: )"\w+"'
        text, count = re.subn(block, rf'\g<1>"{size // 1024}KB"', text, flags=re.MULTILINE)
        assert count == 1, f"labwired's {chip} has no {memory}"
    if 'type: "systick"' not in text:
        text = text.rstrip("\n") + SYSTEM_TIMER
    (folder / "chip.yaml").write_text(text, encoding="utf-8")
    system = f'name: "{board.name}"\nchip: "{folder / "chip.yaml"}"\nexternal_devices: []\n'
    if board.button:
        active = str(board.button_on == "high").lower()
        pin = board.button
        system += BUTTON.format(port=pin.port.lower(), number=pin.number, active_high=active)
    (folder / "system.yaml").write_text(system, encoding="utf-8")
    return folder / "system.yaml"
