"""What a firmware costs on its core: memory to the byte, executed instructions, layer by layer."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from integrad.emulator.device_model import DeviceModel
from integrad.emulator.runner import RunResult
from integrad.emulator.session import Predict, Schedule, Stack, Train
from integrad.emulator.toolchain import Firmware
from integrad_codegen import costs as plan_costs

MEASURED = 4
"""Inferences, and training steps, that are counted; the figures are their means."""


@dataclass(frozen=True)
class LayerCost:
    """Instructions of one layer in one inference, and in one training step with its updates."""

    name: str
    what: str
    macs: int
    weights_bytes: int
    learns: bool
    instructions_per_inference: int
    instructions_per_training_step: int | None


@dataclass(frozen=True)
class Costs:
    """Memory in bytes, and executed instructions (means, rounded down).

    macs: of one inference. instructions_per_training_step, training_macs: of one whole batch; None where
    nothing learns. flash_bytes, ram_bytes: what the linker laid out, stack reserve included.
    stack_bytes: most stack that the runs used. weights_ram_bytes: of the struct that learns.
    """

    macs: int
    training_macs: int | None
    instructions_per_inference: int
    instructions_per_training_step: int | None
    flash_bytes: int
    ram_bytes: int
    stack_bytes: int
    stack_reserve_bytes: int
    code_bytes: int
    weights_flash_bytes: int
    weights_ram_bytes: int
    inference_scratch_bytes: int
    training_scratch_bytes: int
    batch_size: int
    layers: tuple[LayerCost, ...]

    def to_json(self) -> dict:
        """All figures, JSON-able."""
        return asdict(self)


def measure_costs(
    device: DeviceModel, firmware: Firmware, samples: np.ndarray, labels: np.ndarray, schedule: Schedule
) -> Costs:
    """Run a few inferences and, where something learns, a few training steps, and count.

    samples: raw (N, ...), N ≥ 1; labels: (N,). They are used again and again if there are too few.
    """
    plan = device.plan
    chosen = np.arange(MEASURED) % len(samples)
    results, inference = device.run_board(firmware, [Predict(samples[chosen]), Stack()], count=True)
    stack, training = results[-1], None
    if plan.batch:
        batches = np.arange(MEASURED * plan.batch).reshape(MEASURED, plan.batch) % len(samples)
        steps = [Train(samples[batch], labels[batch], schedule) for batch in batches]
        results, training = device.run_board(firmware, [*steps, Stack()], count=True)
        stack = max(stack, results[-1])
    sizes = firmware.sizes
    return Costs(
        macs=plan.macs,
        training_macs=plan.training_macs * plan.batch if plan.batch else None,
        instructions_per_inference=_mean(inference),
        instructions_per_training_step=_mean(training) if training else None,
        flash_bytes=sizes.flash,
        ram_bytes=sizes.ram,
        stack_bytes=stack,
        stack_reserve_bytes=sizes.stack,
        code_bytes=sizes.code,
        weights_flash_bytes=plan.weights_bytes + plan.frozen_bytes,
        weights_ram_bytes=plan.weights_bytes if plan.batch else 0,
        inference_scratch_bytes=max(1, plan.inference_arena.bytes),
        training_scratch_bytes=plan.scratch.bytes if plan.scratch else 0,
        batch_size=plan.batch,
        layers=tuple(_layers(device, inference, training)),
    )


def _mean(result: RunResult) -> int:
    return sum(region.instructions for region in result.regions) // len(result.regions)


def _layers(device: DeviceModel, inference: RunResult, training: RunResult | None):
    rows = plan_costs.layers(device.plan)
    in_inference = _by_layer(inference, {row["name"] for row in rows})
    in_training = _by_layer(training, {row["name"] for row in rows}) if training else {}
    extra = {name for name in (*in_inference, *in_training) if name not in {row["name"] for row in rows}}
    others = [{"name": n, "what": "", "macs": 0, "weights_bytes": 0, "learns": False} for n in sorted(extra)]
    for row in rows + others:
        steps = in_training.get(row["name"], 0) if training else None
        yield LayerCost(
            **row,
            instructions_per_inference=in_inference.get(row["name"], 0),
            instructions_per_training_step=steps,
        )


def _by_layer(result: RunResult, layers: set[str]) -> dict[str, int]:
    """Mean instructions by layer; functions that belong to none stand under their own name."""
    totals: dict[str, int] = {}
    for function, counts in result.functions.items():
        layer = function.split("_")[0]
        name = layer if layer in layers else function
        totals[name] = totals.get(name, 0) + counts.instructions
    return {name: total // len(result.regions) for name, total in totals.items()}
