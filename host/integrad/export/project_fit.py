"""Whether a model fits the project of a board, predicted before anything is written."""

from __future__ import annotations

from integrad.errors import IntegradError
from integrad.estimate.part_fit import PartFit, fit_part
from integrad.estimate.prediction import predict
from integrad.estimate.shortage import shortage
from integrad.estimate.store_costs import store_memory
from integrad.export.board_drivers import driver_of
from integrad.export.project_memory import SUPPORT_FLASH, SUPPORT_RAM, ProjectMemory
from integrad.model_file import Model
from integrad.targets.boards import Board, all_boards
from integrad.targets.cores import core_of
from integrad.targets.parts import Part
from integrad_codegen.plan import Plan

BOARDS = 3
"""Maximum number of suggested boards."""


def require_project_fit(model: Model, plan: Plan, board: Board, memory: ProjectMemory) -> None:
    """Raise IntegradError, with what would fit, if the board is too small."""

    def part_for(other: Plan) -> Part:
        """The weight store takes less of the flash where less learns."""
        return memory.of_plan(other).part_for_model(board.part)

    fit = fit_part(model, plan, board.part, part_for)
    if fit.shortage:
        lacks = fit.lacks([*fit.options, *_larger(model, plan)])
        raise IntegradError(f"--board {board.name}: {lacks}{_store(memory, fit)}")


def _store(memory: ProjectMemory, fit: PartFit) -> str:
    """What else takes space in a flash that does not suffice."""
    if not memory.slots or "flash" not in fit.shortage.needs:
        return ""
    return (
        f"; of {memory.flash_bytes:,} bytes of flash, {memory.slots} slots of the weight store take "
        f"{memory.store_bytes:,} and drivers up to {SUPPORT_FLASH:,}"
    )


def _larger(model: Model, plan: Plan) -> list[str]:
    """Boards on which it fits, those with the least RAM first."""
    found = []
    for board in all_boards():
        boot_bytes = driver_of(board).boot_bytes
        memory = ProjectMemory.of(board, plan, boot_bytes, store_memory(None, board.part))
        if memory.program_bytes > 0 and shortage(model, plan, memory.part_for_model(board.part)) is None:
            found.append(board)
    found.sort(key=lambda board: (board.part.ram_bytes, board.part.flash_bytes))
    return [f"--board {board.name}" for board in found[:BOARDS]]


def has_spare_memory(model: Model, plan: Plan, part: Part) -> bool:
    """Whether there is RAM for the weights twice, so that a host can write new ones: they take the memory of
    a training step, which may be smaller."""
    footprint = predict(model, plan, core_of(part))
    more = max(plan.weights_bytes - footprint.scratch, 0)
    return plan.batch > 0 and footprint.ram + SUPPORT_RAM + more <= part.ram_bytes
