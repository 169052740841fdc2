"""How much a kernel needs to work in, beside what it reads and writes."""

from __future__ import annotations

from integrad_codegen.operations import Classifier, Operation

INT16, INT32 = 2, 4
POSITIONS = 8
"""Positions of a depthwise convolution that the kernel of a core looks at together: they may reach beyond
the end of a row."""


def forward_bytes(operation: Operation | Classifier) -> int:
    """Inputs in the 16 bits of the weights: of the layer, or of two positions of a convolution; of a
    depthwise one, the padded lines that a row of positions sees."""
    if isinstance(operation, Classifier):
        return INT16 * operation.features
    if operation.kind == "dense":
        return INT16 * operation.inputs
    if operation.kind == "conv" and operation.is_depthwise:
        line = operation.input_shape[2] + 2 * operation.padding[1]
        return _even(operation.kernel[0] * line + POSITIONS * operation.stride[1])
    return INT16 * 2 * _even(operation.fan_in) if operation.kind == "conv" else 0


def learn_errors(batch: int) -> int:
    """Errors, int32, of the rows of a dense layer that learn together: up to 1 KB, but a row at least."""
    return max(batch, min(8 * batch, 256))


def learn_rows(batch: int) -> int:
    """Those rows: up to 8."""
    return learn_errors(batch) // batch


def learn_values(batch: int) -> int:
    """int16 values of the tile in which those rows see their inputs: 16 inputs over the batch, up to
    1 KB, but never fewer than 4 inputs."""
    padded = -(-batch // 8) * 8
    return max(4 * padded, min(16 * padded, 512))


def training_bytes(operation: Operation, batch: int) -> int:
    """Of a block's whole training step: forward passes of block and head, and how both learn."""
    own, head = forward_bytes(operation), forward_bytes(operation.head)
    return max(own, head, INT16 * learn_values(batch))


def _even(count: int) -> int:
    return count + count % 2
