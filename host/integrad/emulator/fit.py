"""Whether a network fits a part before anything is compiled, and what would fit if it does not.

Estimates are upper bounds for gcc, clang and zig: what is said to fit, fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np

from integrad.emulator.boards import BOARDS, Board
from integrad.emulator.toolchain import DoesNotFitError
from integrad.model_file import Model
from integrad_codegen.plan import Plan, make_plan

STACK_BYTES = 4096
"""The stack reserve that firmware is built with."""

# Code and constants without weights, from building for all cores with three compilers, and a margin:
# LLVM unrolls, and needs twice what gcc does.
SESSION_CODE_BYTES = 5000
OPERATION_CODE_BYTES = 900
TRAINING_CODE_BYTES = 4500
LEARNING_CODE_BYTES = {"dense": 1600, "conv": 3400}
TRANSPORT_RAM_BYTES = 16


@dataclass(frozen=True)
class Fit:
    """Bytes of a session program with its stack reserve: never less than the linker will need."""

    flash: int
    ram: int

    def excess(self, board: Board) -> dict[str, tuple[int, int]]:
        """Memory → (needed, there) where the part has less than is needed."""
        figures = {"flash": (self.flash, board.flash_bytes), "RAM": (self.ram, board.ram_bytes)}
        return {memory: pair for memory, pair in figures.items() if pair[0] > pair[1]}


def estimate(model: Model, plan: Plan) -> Fit:
    """What the session program of this plan will need."""
    raw_bytes = np.dtype(model.preprocessing.raw_dtype).itemsize * prod(model.preprocessing.raw_shape)
    flash = plan.weights_bytes + plan.frozen_bytes + code_allowance(model, plan)
    buffers = [raw_bytes, max(1, plan.batch) * plan.inputs, plan.inference_scratch_bytes, TRANSPORT_RAM_BYTES]
    if plan.batch:
        buffers[2] = max(buffers[2], plan.scratch.bytes)
        buffers += [plan.weights_bytes, plan.batch]
    return Fit(_padded(flash), STACK_BYTES + sum(map(_padded, buffers)))


def code_allowance(model: Model, plan: Plan) -> int:
    """Bytes that code and constants besides the weights may take."""
    size = SESSION_CODE_BYTES + OPERATION_CODE_BYTES * len(plan.operations)
    if plan.batch:
        learning = [operation for operation in plan.operations if operation.learns]
        size += TRAINING_CODE_BYTES + sum(LEARNING_CODE_BYTES[operation.kind] for operation in learning)
    preprocessing = model.preprocessing
    if preprocessing.channels > 1:  # each has its centre and its deviation
        size += preprocessing.channels * (12 if preprocessing.raw_dtype == "int32" else 8)
    return size


def check_fit(model: Model, plan: Plan, board: Board) -> Fit:
    """The estimate; raises DoesNotFitError, with what would fit, if it exceeds the part's memories."""
    fit = estimate(model, plan)
    if needs := fit.excess(board):
        raise with_advice(DoesNotFitError(board, needs), model, plan)
    return fit


def with_advice(error: DoesNotFitError, model: Model, plan: Plan) -> DoesNotFitError:
    """The same error with what would fit."""
    error.args = (f"{error.args[0]}; {advice(model, plan, error.board)}",)
    return error


def advice(model: Model, plan: Plan, board: Board) -> str:
    """What would fit: less to learn or a smaller batch, a larger part, or how small the network must be."""
    ways = []
    for other in _smaller_plans(model, plan):
        if not estimate(model, other).excess(board):
            batch = f" --batch-size {other.batch}" if other.batch else ""
            ways.append(f"--learn {other.learn.name}{batch}")
            break
    fit = estimate(model, plan)
    larger = [other for other in BOARDS.values() if not fit.excess(other)]
    if larger:
        ways.append(f"--core {min(larger, key=lambda other: other.ram_bytes).name}")
    if ways:
        return f"{' or '.join(ways)} would fit"
    return f"a network would fit if {_largest_network(model, plan, board)}"


def _smaller_plans(model: Model, plan: Plan) -> Iterator[Plan]:
    """Plans that learn the same or less, with half the batch and again half; the best first."""
    blocks = len(model.network.blocks)
    depths = range(blocks - plan.learn.first_block, 0, -1)
    sets = ["all" if depth == blocks else f"last:{depth}" for depth in depths]
    batches = [plan.batch >> halvings for halvings in range(plan.batch.bit_length())]
    for learn in [*sets, "output"] if plan.batch else []:
        for batch in batches:
            yield make_plan(model.network, plan.prefix, learn, batch)
    yield make_plan(model.network, plan.prefix, "none")


def _largest_network(model: Model, plan: Plan, board: Board) -> str:
    """Limits of a network that may infer on the part, and where this one is."""
    smallest = make_plan(model.network, plan.prefix, "none")
    needs = estimate(model, smallest).excess(board)
    limits = []
    if "flash" in needs:
        most = board.flash_bytes - code_allowance(model, smallest)
        limits.append(f"its weights took at most {most:,} bytes instead of {smallest.weights_bytes:,}")
    if "RAM" in needs:
        needed, there = needs["RAM"]
        takes = smallest.inference_scratch_bytes
        most = takes - needed + there
        maps = f"its activations took at most {most:,} bytes instead of {takes:,}"
        limits.append(maps if most > 0 else "its samples were smaller")
    return " and ".join(limits)


def _padded(size: int) -> int:
    return -(-size // 8) * 8
