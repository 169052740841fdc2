"""The scratch of the viper backend: offsets of buffers, and representation of sums that exceed 32 bits.

Words come first (errors, deltas, gradients), then bytes (inputs, activations, scores).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from integrad.arithmetic import INT8_LIMIT, INT32_LIMIT
from integrad_codegen.memory import ALIGNMENT, Arena, lay_out
from integrad_codegen.operations.backprop_conv import BackpropConv
from integrad_codegen.operations.backprop_layer import BackpropLayer
from integrad_codegen.operations.block import Block
from integrad_codegen.operations.operation import Operation
from integrad_codegen.plan import Plan

CHUNK = 128
"""Number of weights of a dense row whose gradients are stored at a time."""


@dataclass(frozen=True)
class Limbs:
    """A sum of delta · x in parts: delta = Σ limb[i] · 2^(bits·i), the highest limb signed."""

    count: int
    bits: int

    @classmethod
    def of(cls, block: Block, batch: int) -> Limbs:
        """The limbs for the worst-case gradient of a learning block; one if it fits in 32 bits."""
        if block.gradient_bits == 32:
            return cls(1, 0)
        terms = batch * block.positions * INT8_LIMIT
        error = block.error_bound
        # Half of the range, since a carry from the limb below is added.
        bits = (INT32_LIMIT // (2 * terms)).bit_length() - 1
        count = 2
        while terms * ((error >> bits * (count - 1)) + 1) > INT32_LIMIT // 2:
            count += 1
        return cls(count, bits)


@dataclass(frozen=True)
class ViperMemory:
    """offsets: (constant, byte offset) of all buffers in the scratch: _ONE_… for the activations of one
    sample in an inference, _ALL_… for those of a training step. row: words of the gradients of one limb.
    """

    offsets: list[tuple[str, int]]
    row: int
    bytes: int

    @classmethod
    def of(cls, plan: Plan) -> ViperMemory:
        """Lay out the scratch of a plan."""
        inference = _without_workspaces(plan.inference_arena)
        training = _without_workspaces(plan.training_arena) if plan.batch else None
        sizes, row = _word_sizes(plan)
        arena = max(inference.bytes, training.bytes if training else 0)
        sizes += [("_X", max(1, plan.batch) * plan.inputs), ("_ARENA", arena), ("_SCORES", plan.classes)]
        offsets, offset = {}, 0
        for name, size in sizes:
            offsets[name] = offset
            offset += -(-size // ALIGNMENT) * ALIGNMENT
        for opening, arena in (("_ONE", inference), ("_ALL", training)):
            for buffer in arena.buffers if arena else ():
                at = offsets["_ARENA"] + arena.offsets[buffer.name]
                offsets[f"{opening}_{buffer.name.upper()}"] = at
        return cls(list(offsets.items()), row, offset)


def _word_sizes(plan: Plan) -> tuple[list[tuple[str, int]], int]:
    """(constant, bytes) of the regions that consist of words, and the words of a row of gradients."""
    if not plan.batch:
        return [], 0
    if isinstance(plan.output, BackpropLayer):
        sizes = [("_SUMS", 4 * max(_sums(operation, plan.batch) for operation in plan.all_operations))]
        if unpacked := max(_unpacked(operation, plan.batch) for operation in plan.all_operations):
            sizes.append(("_UNPACKED", unpacked))
        return sizes, 0
    blocks = plan.learning_blocks
    limbs = max([1, *(Limbs.of(block, plan.batch).count for block in blocks)])
    row = max([CHUNK, *(block.gradient_row for block in blocks)])
    deltas = 4 * max([plan.batch, *(block.positions for block in blocks)])
    sizes = [("_ERROR", 4 * plan.batch * plan.classes), ("_DELTA", deltas)]
    if limbs > 1:
        sizes.append(("_LIMB", deltas))
    return [*sizes, ("_GRADIENT", 4 * limbs * row)], row


def _sums(operation: Operation, batch: int) -> int:
    """Sums of integer backpropagation that exist at a time: gradients of weights or errors of inputs."""
    if isinstance(operation, BackpropConv):
        errors = prod(operation.group_shape) if operation.back else 0
        rows = operation.together(batch) if operation.packs else 1
        return max(rows * operation.fan_in if operation.learns else 0, errors)
    return min(CHUNK, operation.inputs) if operation.learns else 0


def _unpacked(operation: Operation, batch: int) -> int:
    """Unpacked inputs of integer backpropagation that exist at a time."""
    return operation.unpacked_bytes(batch) if isinstance(operation, BackpropLayer) else 0


def _without_workspaces(arena: Arena) -> Arena:
    """The arena without the workspaces of C kernels, which are not used here."""
    return lay_out([buffer for buffer in arena.buffers if not buffer.is_workspace])
