"""The device options of `integrad info`: memory of a plan, plot of its arena, fit on a part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from integrad.cli.device_options import show_recomputation
from integrad.cli.store_report import show_store
from integrad.errors import UsageError
from integrad.estimate.part_fit import PartFit, fit_part
from integrad.estimate.store_costs import NO_STORE, StoreMemory
from integrad.model_file import Model
from integrad.report.arena_page import write_arena_page
from integrad.report.arena_picture import arena_picture
from integrad.report.arena_plot import plot_arena
from integrad.report.costs import show_plan
from integrad.report.part_fit import show_part_fit
from integrad.targets.cores import core_of
from integrad.targets.parts import Part
from integrad_codegen.costs import layers, memory_rows
from integrad_codegen.plan import Plan, make_plan

DRAWERS = {".png": plot_arena, ".html": write_arena_page}

NOTHING = dict.fromkeys(
    (
        *("learn", "batch_size", "weights_flash_bytes", "weights_ram_bytes", "inference_scratch_bytes"),
        *("training_scratch_bytes", "arena_bytes", "arena_lower_bound_bytes", "part", "flash_bytes"),
        *("ram_bytes", "stack_bytes", "part_flash_bytes", "part_ram_bytes", "fits", *NO_STORE),
    )
)
"""Keys of the result if no device option was given."""


def show_device(
    console: Console,
    model: Model,
    name: str,
    learn: str,
    batch_size: int,
    part: Part | None,
    arena: str | None,
    options: Mapping[str, str],
    memory: StoreMemory | None,
) -> dict:
    """Print the requirements of a device, plot its arena if requested, and return the JSON keys.

    options: see Learner.device_options. memory: that of the weight store.
    """
    draw = find_drawer(arena) if arena else None
    plan = make_plan(model.network, "model", learn, batch_size, model.constants | dict(options))
    show_plan(console, f"{name}, learns: {learn}", layers(plan), memory_rows(plan))
    show_recomputation(console, plan)
    drawn = plan.training_arena or plan.inference_arena
    if draw:
        what = f"a training step of {plan.batch}, learns: {learn}" if plan.batch else "an inference"
        steps = [*(operation.name for operation in plan.operations), "output"]
        draw(arena, arena_picture(f"Arena of {name}: {what}", steps, drawn))
        console.print(f"wrote {arena}", markup=False, soft_wrap=True)
    result = {
        "learn": learn,
        "batch_size": plan.batch,
        "weights_flash_bytes": plan.weights_bytes + plan.frozen_bytes,
        "weights_ram_bytes": plan.weights_bytes if plan.batch else 0,
        "inference_scratch_bytes": plan.inference_scratch_bytes,
        "training_scratch_bytes": plan.scratch.bytes if plan.scratch else 0,
        "arena_bytes": drawn.bytes,
        "arena_lower_bound_bytes": drawn.lower_bound,
    }
    if part:
        result |= _part_result(console, model, plan, part)
    if plan.batch:
        result |= show_store(console, plan, memory, core_of(part) if part else None)
    return NOTHING | result


def find_drawer(path: str):
    """What draws an arena into a file of this name. Raises UsageError for an unknown suffix."""
    if (suffix := Path(path).suffix.lower()) not in DRAWERS:
        raise UsageError(f"--arena {path}: must end in {' or '.join(DRAWERS)}")
    return DRAWERS[suffix]


def _part_result(console: Console, model: Model, plan: Plan, part: Part) -> dict:
    fit: PartFit = fit_part(model, plan, part)
    show_part_fit(console, fit)
    return {
        "part": part.name,
        "flash_bytes": fit.footprint.flash,
        "ram_bytes": fit.footprint.ram,
        "stack_bytes": fit.footprint.stack,
        "part_flash_bytes": part.flash_bytes,
        "part_ram_bytes": part.ram_bytes,
        "fits": fit.shortage is None,
        "suggestions": fit.suggestions,
    }
