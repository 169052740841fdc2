"""The order of one training step on a device, as calls over the batch.

Blocks do not exchange gradients, so each is updated as soon as its forward pass and its head are
done: only one block's activations live at a time, and the bits are those of updating at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from integrad_codegen.operations import Operation
from integrad_codegen.plan import Plan


@dataclass(frozen=True)
class TrainingStep:
    """A comment; calls for every sample `b`; calls for the whole batch; calls for every sample again."""

    comment: str
    each: list[str]
    then: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ArenaBuffer:
    """A pointer into an arena, with its shape as a comment."""

    name: str
    offset: int
    comment: str


def inference_buffers(plan: Plan) -> list[ArenaBuffer]:
    """Pointers that an inference needs, in order of use."""
    offsets = plan.inference_arena.offsets
    return [
        ArenaBuffer(o.name, offsets[o.name], " x ".join(map(str, o.output_shape))) for o in plan.operations
    ]


def batch_buffers(plan: Plan) -> list[ArenaBuffer]:
    """Pointers that the training step needs, in order of use."""
    by_name = {operation.name: operation for operation in plan.operations}
    single = {operation.name for operation in plan.prefix_operations[:-1]}
    buffers = []
    for buffer in plan.training_arena.buffers:
        operation = by_name[buffer.name.removesuffix("_scaled").removesuffix("_features")]
        shape = operation.output_shape
        if buffer.name.endswith("_features"):
            shape = (operation.head.features,)
        samples = "" if buffer.name in single else f"{plan.batch} x "
        comment = samples + " x ".join(map(str, shape))
        buffers.append(ArenaBuffer(buffer.name, plan.training_arena.offsets[buffer.name], comment))
    return buffers


def training_steps(plan: Plan) -> list[TrainingStep]:
    """Steps up to, but without, the output layer's."""
    steps, source = [], "x"
    if plan.prefix_operations:
        steps.append(_frozen_step(plan))
        source = plan.prefix_operations[-1].name
    for operation in plan.suffix_operations:
        steps.append(_learning_step(operation, source) if operation.learns else _pool_step(operation, source))
        source = operation.name
    return steps


def _frozen_step(plan: Plan) -> TrainingStep:
    operations, calls, source = plan.prefix_operations, [], f"x + b * {plan.inputs}"
    for operation in operations:
        out = operation.name if operation is not operations[-1] else _at(operation.name, operation.outputs)
        calls.append(f"{operation.name}_forward({out}, {source});")
        if operation.is_block:
            calls.append(f"{operation.name}_activate({out}, {out});")
        source = out
    what = "stays as it is" if len(operations) == 1 else "to " + operations[-1].name + " stay as they are"
    return TrainingStep(f"{operations[0].name.capitalize()} {what}.", calls)


def _pool_step(operation: Operation, source: str) -> TrainingStep:
    out, x = _at(operation.name, operation.outputs), _at(source, operation.inputs)
    return TrainingStep(f"{operation.name.capitalize()}.", [f"{operation.name}_forward({out}, {x});"])


def _learning_step(o: Operation, source: str) -> TrainingStep:
    """Dense blocks keep s and h apart, for h is what the head and the next block see. A convolution's
    h would double its memory: s is activated in place once the block has learnt."""
    head, name = o.head.name, o.name
    scaled = f"{name}_scaled" if o.kind == "dense" else name
    features = name if o.kind == "dense" else f"{name}_features"
    calls = [f"{name}_forward({_at(scaled, o.outputs)}, weights, {_at(source, o.inputs)});"]
    if o.kind == "dense" or o.head_pool is None:
        calls.append(f"{name}_activate({_at(features, o.outputs)}, {_at(scaled, o.outputs)});")
    else:
        calls.append(f"{name}_pool({_at(features, o.head.features)}, {_at(scaled, o.outputs)});")
    calls.append(f"{head}_error(scratch->error[b], weights, {_at(features, o.head.features)}, labels[b]);")
    learn = [
        f"{name}_learn(weights, {source}, {scaled}, count, schedule, scratch);",
        f"{head}_learn(weights, {features}, count, schedule, scratch);",
    ]
    after = []
    if o.kind == "conv":
        after = [f"{name}_activate({_at(name, o.outputs)}, {_at(name, o.outputs)});"]
    return TrainingStep(
        f"{name.capitalize()} learns; its head's weights change last, for its errors pass through them.",
        calls,
        learn,
        after,
    )


def _at(buffer: str, size: int) -> str:
    """Sample b of a batch buffer."""
    return f"{buffer} + b * {size}"
