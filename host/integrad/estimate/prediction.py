"""Predicted memory of a firmware: exact to the byte for data, from a table of measurements for code.

The firmware is the session program that `integrad export --core` and `integrad emulate` build: the model, one
raw sample, a batch of inputs with their labels, and the stack reserve.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from integrad.estimate.code_sizes import code_bytes, constants_bytes
from integrad.model_file import Model
from integrad.targets.cores import Core
from integrad_codegen.encodings import bytes_of
from integrad_codegen.plan import Plan

STATE = {"bare_metal/semihosting.c": (4, 4), "avr/serial.c": (1, 4, 4)}
"""Transport of a family → sizes of its variables, which are words or single bytes."""


@dataclass(frozen=True)
class Footprint:
    """Bytes. flash = weights_flash + code, which includes constants; ram = weights_ram + scratch + samples +
    stack + constants_ram.

    samples: one raw sample, inputs and labels of a batch, state of the transport, and padding. constants_ram:
    constants and weights in flash that are in RAM as well, as they are on an AVR; elsewhere 0.
    """

    weights_flash: int
    code: int
    weights_ram: int
    scratch: int
    samples: int
    stack: int
    constants_ram: int = 0

    @property
    def flash(self) -> int:
        return self.weights_flash + self.code

    @property
    def ram(self) -> int:
        return self.weights_ram + self.scratch + self.samples + self.stack + self.constants_ram


def predict(model: Model, plan: Plan, core: Core, stack_bytes: int | None = None) -> Footprint:
    """The code is that of gcc 12 (for AVR, 5.4) with -O2, within a few percent. stack_bytes: by default the
    reserve of the core's family."""
    weights = plan.weights_bytes if plan.batch else 0
    scratch = max(plan.inference_scratch_bytes, plan.scratch.bytes if plan.scratch else 0)
    stack = _up(core.family.stack_bytes if stack_bytes is None else stack_bytes, 8)
    in_flash = plan.weights_bytes + plan.frozen_bytes
    return Footprint(
        weights_flash=in_flash,
        code=code_bytes(model, plan, core),
        weights_ram=weights,
        scratch=scratch,
        samples=_variables(model, plan, core, scratch) - weights - scratch,
        stack=stack,
        constants_ram=in_flash + constants_bytes(model, plan, core) if core.family.constants_in_ram else 0,
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
    if core.family.constants_in_ram:  # no alignment there, but of a section
        return _up(sum(size for size, _ in variables) + sum(STATE[core.family.transport]), 2)
    for size, alignment in [*variables, *((size, size) for size in STATE[core.family.transport])]:
        end = _up(end, alignment) + size
    return _up(end, 8)


def _alignment(size: int, core: Core) -> int:
    """Alignment of an array: one word, or two on cores with vectors if the array fills a vector."""
    return 8 if core.vector_bytes and size >= core.vector_bytes else 4


def _up(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment
