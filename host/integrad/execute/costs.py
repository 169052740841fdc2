"""Costs of a firmware on its core: memory to the byte and executed instructions, by layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from integrad.build.firmware import Firmware
from integrad.emulate.runner import RunResult
from integrad.execute.cost_rows import REST, SHARED_ROWS, Rows
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Predict, Stack, Train
from integrad.execute.times import Time, times_of
from integrad.learners.schedule import Schedule
from integrad_codegen import costs as plan_costs
from integrad_codegen.c.calls import Calls, runtime_calls

MEASURED = 4
"""Number of inferences and training steps that are counted; the figures are means."""


@dataclass(frozen=True)
class LayerCost:
    """A row of the report: a layer, or something that layers share (integrad.execute.cost_rows).

    macs: of one sample, forward pass. weights_bytes: weights of the layer. activation_bytes: output for one
    sample, in the scratch. flash_bytes: weights and code. ram_bytes: trainable weights; the last row has all
    other RAM. The sum of each figure over all rows equals that of Costs exactly.
    """

    name: str
    what: str
    macs: int
    learns: bool
    weights_bytes: int
    activation_bytes: int
    flash_bytes: int
    ram_bytes: int
    instructions_per_inference: int
    instructions_per_training_step: int | None


@dataclass(frozen=True)
class Costs:
    """Memory in bytes, and executed instructions (means, rounded down).

    macs: of one inference. instructions_per_training_step, training_macs: of one whole batch; None if nothing
    learns. flash_bytes, ram_bytes: as linked, including the stack reserve. stack_bytes: maximum stack usage,
    that of inferences or of training steps, whichever is larger.
    weights_ram_bytes: size of the struct of trainable weights. times: on the part of the firmware.
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
    inference_stack_bytes: int
    training_stack_bytes: int | None
    times: tuple[Time, ...] = ()

    def to_json(self) -> dict:
        """The figures of a report, JSON-serialisable: of the stack, the maximum alone; no times."""
        figures = asdict(self)
        del figures["inference_stack_bytes"], figures["training_stack_bytes"], figures["times"]
        return figures


def measure_costs(
    device: DeviceModel,
    firmware: Firmware,
    samples: np.ndarray,
    labels: np.ndarray,
    schedule: Schedule,
    *,
    time_limit: float = 600,
    engine: str | None = None,
) -> Costs:
    """Run a few inferences and, if something learns, a few training steps, and count instructions.

    samples: raw (N, ...), N ≥ 1; labels: (N,). They are used repeatedly if there are too few.
    time_limit: in seconds, for each of the two runs. engine: as in integrad.emulate.runner.run().
    """
    plan = device.plan
    calls = runtime_calls(plan)
    options = {"count": True, "time_limit": time_limit, "engine": engine, "callers": calls}
    chosen = np.arange(MEASURED) % len(samples)
    results, inference = device.run_emulated(firmware, [Predict(samples[chosen]), Stack()], **options)
    stack, training, training_stack = results[-1], None, None
    if plan.batch:
        batches = np.arange(MEASURED * plan.batch).reshape(MEASURED, plan.batch) % len(samples)
        steps = [Train(samples[batch], labels[batch], schedule) for batch in batches]
        results, training = device.run_emulated(firmware, [*steps, Stack()], **options)
        training_stack = results[-1]
    sizes = firmware.sizes
    return Costs(
        macs=plan.macs,
        training_macs=plan.training_macs * plan.batch if plan.batch else None,
        instructions_per_inference=_mean(inference),
        instructions_per_training_step=_mean(training) if training else None,
        flash_bytes=sizes.flash,
        ram_bytes=sizes.ram,
        stack_bytes=max(stack, training_stack or 0),
        stack_reserve_bytes=sizes.stack,
        code_bytes=sizes.code,
        weights_flash_bytes=plan.weights_bytes + plan.frozen_bytes,
        weights_ram_bytes=plan.weights_bytes if plan.batch else 0,
        inference_scratch_bytes=plan.inference_scratch_bytes,
        training_scratch_bytes=plan.scratch.bytes if plan.scratch else 0,
        batch_size=plan.batch,
        layers=tuple(_layers(device, firmware, calls, inference, training)),
        inference_stack_bytes=stack,
        training_stack_bytes=training_stack,
        times=times_of(firmware.core.part, inference.regions, training.regions if training else ()),
    )


def _mean(result: RunResult) -> int:
    return sum(region.instructions for region in result.regions) // len(result.regions)


def _layers(
    device: DeviceModel,
    firmware: Firmware,
    calls: Calls,
    inference: RunResult,
    training: RunResult | None,
) -> Iterator[LayerCost]:
    plan = device.plan
    layers = plan_costs.layers(plan)
    shared = [plan_costs.Layer(name, what, 0, False, 0, 0) for name, what in SHARED_ROWS.items()]
    rows = Rows(plan.prefix, (layer.name for layer in layers), calls)
    in_inference = rows.instructions(inference, training=False)
    in_training = rows.instructions(training, training=True) if training else Counter()
    flash = _code_bytes(rows, firmware, plan.batch > 0)
    flash.update({layer.name: layer.weights_bytes for layer in layers})
    flash[REST] += firmware.sizes.flash - flash.total()
    ram = Counter({layer.name: layer.ram_bytes for layer in layers})
    ram[REST] = firmware.sizes.ram - ram.total()
    for layer in layers + shared:
        name = layer.name
        if layer in shared and not (flash[name] or in_inference[name] or in_training[name]):
            continue
        yield LayerCost(
            **asdict(layer),
            flash_bytes=flash[name],
            ram_bytes=ram[name],
            instructions_per_inference=in_inference[name],
            instructions_per_training_step=in_training[name] if training else None,
        )


def _code_bytes(rows: Rows, firmware: Firmware, training: bool) -> Counter[str]:
    """Row → size of its functions, some of which have several names."""
    functions = {function.address: function for function in firmware.program.functions}
    sizes: Counter[str] = Counter()
    for function in functions.values():
        sizes[rows.row_of(function.name, training)] += function.size
    return sizes
