"""Whether a network fits a part before anything is compiled, and what would fit if it does not."""

from __future__ import annotations

from dataclasses import dataclass

from integrad.emulator.boards import Board
from integrad.emulator.toolchain import DoesNotFitError
from integrad.model_file import Model
from integrad_codegen.plan import Plan, make_plan

STACK_BYTES = 4096
CODE_BYTES = 8192
"""What code and constants may take besides the weights: an allowance, for the compiler decides."""


@dataclass(frozen=True)
class Fit:
    """Estimated bytes (the session program's buffers, stack reserve and code allowance included)."""

    flash: int
    ram: int
    text: str


def estimate(plan: Plan, raw_bytes: int) -> tuple[int, int]:
    """(flash, RAM) of the plan in a session program; raw_bytes: size of one raw sample."""
    flash = plan.weights_bytes + plan.frozen_bytes + CODE_BYTES
    samples = max(1, plan.batch)
    ram = (plan.weights_bytes + plan.scratch.bytes if plan.batch else 0) or max(1, plan.inference_arena.bytes)
    return flash, ram + raw_bytes + samples * (plan.inputs + 1) + STACK_BYTES


def check_fit(model: Model, plan: Plan, board: Board) -> Fit:
    """Raise DoesNotFitError, with what would fit, if the estimate exceeds the part's memories."""
    flash, ram = estimate(plan, _raw_bytes(model))
    needs = {}
    if flash > board.flash_bytes:
        needs["flash"] = (flash, board.flash_bytes)
    if ram > board.ram_bytes:
        needs["RAM"] = (ram, board.ram_bytes)
    if needs:
        raise with_advice(DoesNotFitError(board, needs), model, plan)
    left = f"{board.flash_bytes - flash:,} bytes of flash and {board.ram_bytes - ram:,} of RAM"
    return Fit(flash, ram, f"fits {board.part}; about {left} are left")


def with_advice(error: DoesNotFitError, model: Model, plan: Plan) -> DoesNotFitError:
    """The same error with the largest learn set and batch that would fit, if any would."""
    error.args = (f"{error.args[0]}; {advice(model, plan, error.board)}",)
    return error


def advice(model: Model, plan: Plan, board: Board) -> str:
    """What would fit: the largest learn set, at the largest of a few batch sizes."""
    blocks = len(model.network.blocks)
    sets = ["all", *(f"last:{k}" for k in range(blocks - 1, 0, -1)), "output", "none"]
    batches = [b for b in (plan.batch, 8, 4, 2, 1) if 0 < b <= (plan.batch or 1)] or [1]
    for learn in sets:
        for batch in batches:
            flash, ram = estimate(make_plan(model.network, plan.prefix, learn, batch), _raw_bytes(model))
            if flash <= board.flash_bytes and ram <= board.ram_bytes:
                size = "" if learn == "none" else f" --batch-size {batch}"
                return f"--learn {learn}{size} would fit"
    most = board.flash_bytes - CODE_BYTES
    return (
        f"not even inference fits: choose a network with at most {most:,} bytes of weights, or smaller maps"
    )


def _raw_bytes(model: Model) -> int:
    width = {"int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4}[model.preprocessing.raw_dtype]
    size = width
    for side in model.preprocessing.raw_shape:
        size *= side
    return size
