"""The firmware of a board, as its project, for an emulator of its chip."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from integrad.boards.emulated_board import ModelOnBoard
from integrad.emulate.chip import Chip
from integrad.emulate.chips import ChipEmulator, emulators_of
from integrad.errors import UsageError
from integrad.export.project import YOURS
from integrad.export.project_build import build_project
from integrad.model_file import load_model
from integrad.targets.boards import Board, find_board
from integrad.testing.application import model_prefix
from integrad.testing.settings import Settings

BUILDS: dict[str, tuple[TemporaryDirectory, Path]] = {}
"""Board and text of the settings → the folder of its project, and the ELF file, for all tests."""


@dataclass(frozen=True)
class BoardFirmware:
    """An ELF file for a board. emulator: of its chip."""

    board: Board
    elf: Path
    emulator: ChipEmulator

    def start(self) -> Chip:
        return self.emulator.start(self.elf, self.board)

    def properties(self) -> dict[str, object]:
        """For reports."""
        return {"board": self.board.name, "emulator": self.emulator.product}


def build_for_board(settings: Settings, name: str) -> BoardFirmware:
    """The project of the model for a board, with the sources of the settings instead of its program, or their
    ELF file. Raises UsageError if no emulator runs it, and IntegradError if it cannot be built."""
    board = find_board(name)
    emulator = emulators_of(board)[0]
    if settings.elf:
        return BoardFirmware(board, settings.elf, emulator)
    if settings.cmake or settings.model is None:
        raise UsageError(
            f"{settings.place}: board {name} runs the project of a model, or an ELF file; set model, or elf, "
            "or choose cores"
        )
    key = f"{name} {settings}"
    if key not in BUILDS:
        folder = TemporaryDirectory(prefix="integrad-")
        BUILDS[key] = folder, _build(settings, board, emulator, Path(folder.name))
    return BoardFirmware(board, BUILDS[key][1], emulator)


def _build(settings: Settings, board: Board, emulator: ChipEmulator, folder: Path) -> Path:
    assert settings.model is not None
    model = load_model(settings.model)
    name = model_prefix(settings)
    ModelOnBoard(model, board, settings.batch_size, settings.learn, name=name).write(folder)
    if settings.sources:
        (folder / YOURS).unlink()
        for number, source in enumerate(settings.sources):
            taken = (folder / source.name).exists()  # by a source from another folder
            shutil.copy(source, folder / (f"{number}_{source.name}" if taken else source.name))
    folders = dict.fromkeys([*settings.include, *(source.parent for source in settings.sources)])
    options = [*(f"-I{path}" for path in folders), *(f"-D{macro}" for macro in settings.defines)]
    return build_project(folder, board, [*emulator.options, *options])
