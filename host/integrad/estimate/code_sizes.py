"""How large the code of a plan will be: sizes of its ingredients, measured for each core.

data/code_sizes.json holds, for each core, bytes for each ingredient, so that their sum is the size of
the code. benchmarks/code_sizes.py measures it anew, and has to after kernels or templates have changed.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from importlib.resources import files
from math import fsum

from integrad.model_file import Model
from integrad_codegen.c.kernels import needed
from integrad_codegen.normalisation import Normalisation
from integrad_codegen.operations import Operation, Pool
from integrad_codegen.plan import Plan
from integrad_codegen.workspace import learn_rows

UNROLLED = 3
"""Longest side of a window whose loops the compiler unrolls."""

LIMITS = (255, 4095)
SHAPE_BYTES = 12 * 4
IN_OTHERS = {"cut", "offsets", "depthwise_few", "depthwise_row"}
"""Parts of kernels, whose bytes are measured with theirs."""


def code_bytes(model: Model, plan: Plan, core: str) -> int:
    """Code and constants but weights, as gcc makes them with -O2. core: `m0` … `m55`."""
    return total(_table()[core], ingredients(model, plan)) + table_bytes(model, plan)


def table_bytes(model: Model, plan: Plan) -> int:
    """Constants that need no measurement: shapes of convolutions, the normalisation of each channel."""
    how = Normalisation.of(model.preprocessing)
    deviation = 8 if how.deviation_type == "int64_t" else 4
    channels = how.channels * (4 + deviation) if how.channels > 1 else 0
    return SHAPE_BYTES * sum(o.kind == "conv" for o in plan.operations) + channels


def total(sizes: dict[str, float], found: Counter[str]) -> int:
    """Bytes of all ingredients. One that was not measured counts nothing."""
    # Rounded once: an ordinary sum depends on the order in which sets and counters give the names.
    return round(fsum(count * sizes.get(name, 0) for name, count in found.items()))


@cache
def _table() -> dict[str, dict[str, float]]:
    return json.loads((files("integrad.data") / "code_sizes.json").read_text(encoding="utf-8"))


def ingredients(model: Model, plan: Plan) -> Counter[str]:
    """What the code of a plan is made of → how often it is there."""
    found: Counter[str] = Counter({"program": 1})
    found.update(f"kernel {name}" for name in needed(plan) - IN_OTHERS)
    convolutions = [o for o in plan.operations if o.kind == "conv"]
    if convolutions and all(o.is_depthwise for o in convolutions):
        found["depthwise only"] = 1  # kernels that convolutions share are measured with the usual one
    found["buffers of an inference"] = len(plan.inference_arena.buffers)
    if plan.batch:
        found["training"] = 1
        found["buffers of a training step"] = len(plan.training_arena.buffers)
        found["frozen layers of a training step"] = len(plan.prefix_operations)
    for operation in plan.operations:
        found.update(_layer(operation, plan.batch))
    found["slopes"] = len(plan.slopes)
    found.update(_normalisation(model))
    found.update(_divisions(model, plan))
    return found


def is_detail(name: str) -> bool:
    """Whether an ingredient only refines others: how large a window or a number is."""
    return " x " in name or name.startswith("number above")


def _divisions(model: Model, plan: Plan) -> list[str]:
    """Functions that come with the first division which a core has no instruction for."""
    how, names = Normalisation.of(model.preprocessing), []
    divisors = list(how.mad) if how.type == "int32_t" else []
    divisors += [o.pool.area for o in plan.operations if o.kind == "avg_pool"]
    by_variable = how.type == "int32_t" and how.channels > 1
    if plan.batch or by_variable or any(n & (n - 1) for n in divisors):  # else it is a shift
        names.append("32-bit division")
    if how.type == "int64_t" or any(block.gradient_type == "int64_t" for block in plan.learning_blocks):
        names.append("64-bit division")
    return names


def _normalisation(model: Model) -> list[str]:
    how = Normalisation.of(model.preprocessing)
    names = [f"normalisation from {how.raw_type}", f"normalisation in {how.type}"]
    if how.channels > 1:
        order = "network" if how.channels_first else "other"
        names.append(f"normalisation by channel, {order} order")
    return names


def _layer(operation: Operation, batch: int) -> list[str]:
    names = [*_large(operation.inputs), *_large(operation.outputs)]
    names += _window(operation.kind, operation.pool) if operation.pool else [operation.kind]
    if operation.groups > 1:
        names.append("conv in groups")
    if operation.learns:
        names.append(f"{operation.kind} learns")
        names += _large(operation.fan_in)
        if operation.kind == "dense" and operation.rows <= learn_rows(batch):
            names.append("dense learns all rows together")
        if operation.head_pool:
            names += _window(f"{operation.head_pool.kind} of a head", operation.head_pool)
        elif operation.kind == "conv":
            names.append("conv learns without a pool")
    return names


def _window(what: str, pool: Pool) -> list[str]:
    """The compiler unrolls small windows."""
    rows, columns = (size if size <= UNROLLED else 0 for size in pool.window)
    padded = ", padded" if any(pool.padding) else ""
    return [f"{what}{padded}", f"{what} of {rows or 'many'} x {columns or 'many'}"]


def _large(number: int) -> list[str]:
    """Numbers that an instruction cannot hold take more code."""
    return [f"number above {limit}" for limit in LIMITS if number > limit]
