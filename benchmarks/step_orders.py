"""Alternative orders of a training step with the same bits, and the scratch that each would need.

Integer sums do not depend on the order of their terms, and the gradient of a block can be recomputed as long
as nothing that it depends on has changed. The orders differ in what has to be kept:

now          every layer's outputs for the whole batch; a convolution's gradient one row at a time
recomputed   a convolution and the pool behind it take one sample at a time: its map lives for that sample
             only, the pooled map for the batch. To learn, each channel's map is computed once more
summed       the same without computing anything twice: the whole block's gradient is summed in RAM
streamed     every sample passes all layers alone; the gradients of all that learns are summed in RAM
last first   blocks learn from the last to the first; the activations of each sample are computed anew up
             to the convolution that learns, whose gradient is summed in RAM

recomputed and summed are chosen block by block: where they need more than now, a block stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, pairwise
from pathlib import Path

from integrad_codegen.memory import Buffer, aligned, lay_out
from integrad_codegen.operations.operation import Operation
from integrad_codegen.plan import Plan

PAGE = Path(__file__).resolve().parent / "training_memory.md"
"""The page around the tables."""


def gradient_bytes(operation: Operation) -> int:
    """Of all weights of a block, each in its proved width."""
    return operation.weights.size * _width(operation)


def _width(operation: Operation) -> int:
    return operation.gradient_bits // 8


def _sums_rows(operation: Operation) -> bool:
    """Whether it learns and sums a row of gradients over the batch, as convolutions do."""
    return operation.learns and operation.gradient_row > 0


def _work(operation: Operation, batch: int) -> int:
    """The most that any call of a step works in, its head's included; batch 0: of a forward pass."""
    actions = ("forward", "error", "learn") if batch else ("forward",)
    return max(o.workspace(action, batch) for o in (operation, *operation.attached) for action in actions)


def head_bytes(plan: Plan, operation: Operation) -> int:
    """Gradient of a head in int32, or its features over the batch, whichever is smaller."""
    return min(4 * operation.head.weights.size, plan.batch * operation.head.features)


def other_members(plan: Plan) -> int:
    """Of the scratch, beside the arena and a convolution's row of gradients."""
    return plan.scratch.bytes - plan.scratch.arena - row_bytes(plan)


def row_bytes(plan: Plan) -> int:
    return max(8 * plan.scratch.wide_gradients, 4 * plan.scratch.gradients)


def alone(plan: Plan) -> list[int]:
    """Positions of the convolutions that learn and have a pool behind them."""
    return [
        i
        for i, (o, behind) in enumerate(pairwise([*plan.operations, plan.output]))
        if _sums_rows(o) and not behind.has_weights
    ]


def recomputed(plan: Plan) -> tuple[int, int]:
    """(scratch, samples whose inputs stand in RAM). Beside the map: one channel's, computed once more."""
    return _best(plan, lambda o: o.positions)


def summed(plan: Plan) -> tuple[int, int]:
    return _best(plan, gradient_bytes)


def _best(plan: Plan, extra: Callable[[Operation], int]) -> tuple[int, int]:
    """The least of treating each convolution sample by sample or as now. extra: bytes that this takes."""
    positions = alone(plan)
    subsets = (s for count in range(len(positions) + 1) for s in combinations(positions, count))
    return min(_arena(plan, set(chosen), extra) for chosen in subsets) + other_members(plan), plan.batch


def _arena(plan: Plan, chosen: set[int], extra: Callable[[Operation], int]) -> int:
    buffers = []
    for i, o in enumerate(plan.operations):
        size = plan.batch * o.outputs
        if i in chosen:
            buffers += [Buffer(o.name, o.outputs, i, i), Buffer(f"{o.name}_extra", extra(o), i, i)]
        else:
            # The pool behind a chosen convolution is filled while that one runs.
            buffers.append(Buffer(o.name, size, i - 1 if i - 1 in chosen else i, i + 1))
        if o.learns and o.keeps_scaled:
            buffers.append(Buffer(f"{o.name}_scaled", size, i, i))
        if _sums_rows(o):
            buffers.append(Buffer(f"{o.name}_features", plan.batch * o.head.features, i, i))
            buffers.append(Buffer(f"{o.name}_row", o.fan_in * _width(o), i, i))
        work = _work(o, plan.batch if o.learns else 0)
        buffers += [Buffer(f"{o.name}_work", work, i, i)] if work else []
    return lay_out([*buffers, _output_work(plan)]).bytes


def streamed(plan: Plan) -> tuple[int, int]:
    """One sample in RAM, and the gradients of everything that learns throughout the step."""
    single = _single(plan)
    sums = sum(gradient_bytes(o) + 4 * o.head.weights.size for o in plan.learning_blocks)
    return single + aligned(sums + 4 * plan.output.weights.size), 1


def last_first(plan: Plan) -> tuple[int, int]:
    """The widest sum of a convolution beside one sample's activations; dense blocks as now."""
    convolutions = [o for o in plan.learning_blocks if _sums_rows(o)]
    sums = max((gradient_bytes(o) + head_bytes(plan, o) for o in convolutions), default=0)
    dense = [(i, o) for i, o in enumerate(plan.operations) if o.learns and o.keeps_scaled]
    buffers = []
    for i, o in dense:
        size = plan.batch * o.outputs
        buffers += [Buffer(o.name, size, i, i + 1), Buffer(f"{o.name}_scaled", size, i, i)]
        buffers.append(Buffer(f"{o.name}_work", _work(o, plan.batch), i, i))
    if dense and dense[0][0]:
        first = dense[0][0]
        buffers.append(Buffer("features", plan.batch * plan.operations[first].inputs, first - 1, first))
    buffers.append(_output_work(plan))
    return max(_single(plan) + aligned(sums), lay_out(buffers).bytes + other_members(plan)), plan.batch


def _output_work(plan: Plan) -> Buffer:
    size = _work(plan.output, plan.batch)
    return Buffer("output_work", size, len(plan.operations), len(plan.operations))


def _single(plan: Plan) -> int:
    """Activations, features and workspaces of one sample."""
    buffers = []
    for i, o in enumerate(plan.operations):
        buffers.append(Buffer(o.name, o.outputs, i, i + 1))
        if o.learns:
            kept = o.outputs if o.keeps_scaled else o.head.features
            buffers.append(Buffer(f"{o.name}_kept", kept, i, i))
        work = _work(o, 1 if o.learns else 0)
        buffers += [Buffer(f"{o.name}_work", work, i, i)] if work else []
    return lay_out([*buffers, _output_work(plan)]).bytes + other_members(plan)


ORDERS = {"recomputed": recomputed, "summed": summed, "streamed": streamed, "last first": last_first}


def extra_work(plan: Plan, order: str) -> float:
    """Multiply-accumulates beside those of a training step as it is, in proportion to these: at most."""
    extra = 0
    for i, o in enumerate(plan.operations):
        if order == "recomputed" and i in alone(plan):
            extra += o.macs
        if order == "last first" and _sums_rows(o):
            extra += sum(before.macs for before in plan.operations[:i])
    return extra / plan.training_macs
