"""Predicted memory of a firmware: exact to the byte for data, from a table of measurements for code.

The firmware is the session program that `integrad export --core` and `integrad emulate` build: the model, one
raw sample, a batch of inputs with their labels, and the stack reserve.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from integrad.estimate.code_sizes import code_bytes
from integrad.model_file import Model
from integrad.targets.cores import Core
from integrad_codegen.encodings import bytes_of
from integrad_codegen.plan import Plan

STACK_BYTES = 4096
"""Stack reserve of the firmware."""

FILE_HANDLES = 2
"""Words of state of the transport."""


@dataclass(frozen=True)
class Footprint:
    """Bytes. flash = weights_flash + code, which includes constants; ram = weights_ram + scratch + samples +
    stack.

    samples: one raw sample, inputs and labels of a batch, state of the transport, and padding.
    """

    weights_flash: int
    code: int
    weights_ram: int
    scratch: int
    samples: int
    stack: int

    @property
    def flash(self) -> int:
        return self.weights_flash + self.code

    @property
    def ram(self) -> int:
        return self.weights_ram + self.scratch + self.samples + self.stack


def predict(model: Model, plan: Plan, core: Core, stack_bytes: int = STACK_BYTES) -> Footprint:
    """The code is that of gcc 12 with -O2, within a few percent."""
    weights = plan.weights_bytes if plan.batch else 0
    scratch = max(plan.inference_scratch_bytes, plan.scratch.bytes if plan.scratch else 0)
    stack = _up(stack_bytes, 8)
    return Footprint(
        weights_flash=plan.weights_bytes + plan.frozen_bytes,
        code=code_bytes(model, plan, core),
        weights_ram=weights,
        scratch=scratch,
        samples=_variables(model, plan, core, scratch) - weights - scratch,
        stack=stack,
    )


def _variables(model: Model, plan: Plan, core: Core, scratch: int) -> int:
    """Size of the section of all variables, in the order in which gcc emits them."""
    raw = np.dtype(model.preprocessing.raw_dtype).itemsize * prod(model.preprocessing.raw_shape)
    arrays = [plan.batch] if plan.batch else []
    arrays += [max(1, plan.batch) * plan.inputs, raw]
    variables = [(size, _alignment(size, core)) for size in arrays]
    variables.append((scratch, 8 if plan.scratch and plan.scratch.wide_gradients else 4))
    if plan.batch:
        largest = max(bytes_of([parameter]) for parameter in plan.parameters())
        variables.append((plan.weights_bytes, _alignment(largest, core)))
    end = 0
    for size, alignment in [*variables, *[(4, 4)] * FILE_HANDLES]:
        end = _up(end, alignment) + size
    return _up(end, 8)


def _alignment(size: int, core: Core) -> int:
    """Alignment of an array: one word, or two on cores with vectors if the array fills a vector."""
    return 8 if core.vector_bytes and size >= core.vector_bytes else 4


def _up(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment
