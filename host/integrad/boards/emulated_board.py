"""A board in an emulator of its chip: the project that is made for it, and the serial protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from integrad.boards.c_board import compare, device_of
from integrad.emulate.chip import Chip
from integrad.emulate.chips import ChipEmulator
from integrad.errors import IntegradError
from integrad.estimate.store_costs import store_memory
from integrad.execute.adaptation import Adaptation, Samples, Tuning, adapt_on
from integrad.execute.serial_session import serial_executor
from integrad.execute.verification import Verdict, random_actions
from integrad.export.project import Project
from integrad.export.project_build import build_project
from integrad.export.project_fit import require_project_fit
from integrad.export.target import Request
from integrad.export.writing import write_export
from integrad.learners.schedule import Schedule
from integrad.model_file import Model
from integrad.protocol.client import Client
from integrad.targets.boards import Board
from integrad_codegen.plan import make_plan

PATIENCE = 120.0
"""Seconds of the host within which an emulated board must answer."""


class CycleClient(Client):
    """Also counts the cycles of an emulated chip from each request for a prediction to its answer."""

    stream: Chip

    def __init__(self, chip: Chip, *patience: float):
        super().__init__(chip, *patience)
        self._cycles: list[int] = []

    def predict(self, slot: int = 0) -> tuple[int, np.ndarray]:
        before = self.stream.cycles
        found = super().predict(slot)
        if before is not None:
            self._cycles.append(self.stream.cycles - before)
        return found

    @property
    def mean_cycles(self) -> int | None:
        """Rounded down; None if the emulator counts none, or there was no prediction."""
        return sum(self._cycles) // len(self._cycles) if self._cycles else None


@dataclass(frozen=True)
class EmulatedBoard:
    """A board whose chip an emulator runs. client: the conversation with its program."""

    board: Board
    emulator: ChipEmulator
    chip: Chip
    client: CycleClient

    def restart(self) -> None:
        """Switch it off and on, and begin a new conversation."""
        self.chip.restart()
        self.client.begin()


@dataclass(frozen=True)
class ModelOnBoard:
    """What is to run on which board. step_options: of the learner, see Learner.device_options. name: of the
    model in the program."""

    model: Model
    board: Board
    batch_size: int
    learn: str = "all"
    step_options: Mapping[str, str] = field(default_factory=dict)
    name: str = "model"

    def write(self, folder: Path) -> None:
        """Write the project to a folder. Raises IntegradError if the model does not fit the board."""
        model, board = self.model, self.board
        constants = model.constants | dict(self.step_options)
        plan = make_plan(model.network, self.name, self.learn, self.batch_size, constants)
        made, request = Project(board, store_memory(None, board.part)), Request(model, plan)
        require_project_fit(model, plan, board, made.memory(request))
        write_export(folder, made.files(request))

    def build(self, folder: Path, options: Sequence[str] = ()) -> Path:
        """The same, and build it. Returns the ELF file. options: of the compiler."""
        self.write(folder)
        return build_project(folder, self.board, options)


@contextmanager
def emulated_board(
    emulator: ChipEmulator, board: Board, image: Path, patience: float = PATIENCE
) -> Iterator[EmulatedBoard]:
    """Run the image of a board, for as long as the context lasts."""
    with emulator.start(image, board) as chip:
        client = CycleClient(chip, chip.wait, patience, max(patience, 5 * PATIENCE))
        client.begin()
        yield EmulatedBoard(board, emulator, chip, client)


def verify_emulated(
    emulated: EmulatedBoard, model: Model, steps: int, schedule: Schedule, seed: int
) -> list[Verdict]:
    """Verdicts of the host and of the board. A board that can save then learns, saves and is switched off and
    on; raises IntegradError if it has not kept what it learnt."""
    client = emulated.client
    device = device_of(client, model)
    actions = random_actions(device, steps, schedule, seed)
    verdicts = compare(client, device, actions)
    if emulated.emulator.saves:
        client.send_sample(0, actions[0].samples[0])
        client.learn(1)
        check_saving(emulated)
    return verdicts


def adapt_emulated(
    emulated: EmulatedBoard,
    model: Model,
    tests: Samples,
    fresh: Samples | None = None,
    tuning: Tuning | None = None,
    stored: Samples | None = None,
) -> Adaptation:
    """adapt_on() the board."""
    device = device_of(emulated.client, model)
    return adapt_on(device, serial_executor(emulated.client).perform, tests, fresh, tuning, stored)


def check_saving(emulated: EmulatedBoard) -> None:
    """Save, switch off and on, and raise IntegradError if the weights are not the same as before."""
    before = emulated.client.check()
    emulated.client.save()
    emulated.restart()
    after = emulated.client.check()
    if after != before:
        raise IntegradError(
            f"{emulated.chip.name}: the weights after a restart have the CRC-32 {after[0]:08x} after "
            f"{after[1]} steps, those that were saved {before[0]:08x} after {before[1]}"
        )
