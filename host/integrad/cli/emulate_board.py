"""The part of `integrad emulate` that runs the program of a board in an emulator of its chip."""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.markup import escape

from integrad.boards.emulated_board import ModelOnBoard, adapt_emulated, emulated_board
from integrad.cli.device_options import work_folder
from integrad.emulate.chips import emulators_of
from integrad.execute.adaptation import Adaptation, Samples, Tuning
from integrad.targets.cores import core_of

BOARD_SAMPLES = 20
"""Default number of samples to classify."""

NO_BOARD = dict.fromkeys(("board", "emulator", "cycles_per_prediction"))
"""JSON keys of a run without a board."""


def spread(indices: np.ndarray, count: int) -> np.ndarray:
    """At most so many of these, evenly distributed."""
    if count >= len(indices):
        return indices
    return indices[np.arange(count) * len(indices) // count]


def emulate_on_board(
    console: Console,
    program: ModelOnBoard,
    emulator_name: str | None,
    time_limit: int,
    tests: Samples,
    fresh: Samples | None,
    tuning: Tuning | None,
    old: Samples,
) -> tuple[Adaptation, dict]:
    """What came out, and the JSON keys of the board. emulator_name: None for the first one.
    tests, fresh, old: as in adapt_on()."""
    board = program.board
    emulator = emulators_of(board, emulator_name)[0]
    with work_folder() as folder, console.status(f"building the program for {board.name}") as status:
        image = program.build(folder, emulator.options)
        status.update(f"running it in {escape(emulator.product)}")
        with emulated_board(emulator, board, image, time_limit) as emulated:
            outcome = adapt_emulated(emulated, program.model, tests, fresh, tuning, old)
            cycles = emulated.client.mean_cycles if emulator.counts_cycles else None
    if cycles is not None:
        text = f"{board.name}: {cycles:,} cycles from the request for a prediction to its answer, in "
        console.print(text + emulator.product, markup=False, highlight=False, soft_wrap=True)
    found = {"board": board.name, "emulator": emulator.product, "cycles_per_prediction": cycles}
    return outcome, {"core": core_of(board.part).name, **found}
