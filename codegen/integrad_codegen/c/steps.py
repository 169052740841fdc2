"""The order of one training step on a device, as calls over the batch.

Blocks do not exchange gradients, so each is updated as soon as its forward pass and its head are
done: only one block's activations live at a time, and the bits are those of updating at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from integrad_codegen.memory import Arena, Buffer
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
    """A pointer into an arena, with its shape as a comment; to int16 for a workspace, else to int8."""

    name: str
    offset: int
    comment: str

    @property
    def is_workspace(self) -> bool:
        return self.name.endswith("_work")


def inference_buffers(plan: Plan) -> list[ArenaBuffer]:
    """Pointers that an inference needs, in order of use."""
    shapes = {operation.name: operation.output_shape for operation in plan.operations}
    return [
        _buffer(plan.inference_arena, buffer, shapes.get(buffer.name))
        for buffer in plan.inference_arena.buffers
    ]


def _buffer(arena: Arena, buffer: Buffer, shape: tuple[int, ...] | None, samples: str = "") -> ArenaBuffer:
    """shape: of one sample, or None for a workspace."""
    comment = samples + " x ".join(map(str, shape)) if shape else f"{buffer.size:,} bytes"
    return ArenaBuffer(buffer.name, arena.offsets[buffer.name], comment)


def batch_buffers(plan: Plan) -> list[ArenaBuffer]:
    """Pointers that the training step needs, in order of use."""
    by_name = {operation.name: operation for operation in plan.operations}
    single = {operation.name for operation in plan.prefix_operations[:-1]}
    buffers = []
    for buffer in plan.training_arena.buffers:
        if buffer.name.endswith("_work"):
            buffers.append(_buffer(plan.training_arena, buffer, None))
            continue
        operation = by_name[buffer.name.removesuffix("_scaled").removesuffix("_features")]
        shape = operation.output_shape
        if buffer.name.endswith("_features"):
            shape = (operation.head.features,)
        samples = "" if buffer.name in single else f"{plan.batch} x "
        buffers.append(_buffer(plan.training_arena, buffer, shape, samples))
    return buffers


def training_steps(plan: Plan) -> list[TrainingStep]:
    """Steps up to, but without, the output layer's."""
    steps, source = [], Samples("x", f"{plan.prefix.upper()}_INPUTS")
    if plan.prefix_operations:
        steps.append(_frozen_step(plan, source))
        source = outputs_of(plan.prefix_operations[-1])
    for operation in plan.suffix_operations:
        steps.append(_learning_step(operation, source) if operation.learns else _pool_step(operation, source))
        source = outputs_of(operation)
    return steps


@dataclass(frozen=True)
class Samples:
    """A buffer over the batch, and the constant that is the size of one sample in it."""

    name: str
    size: str

    @property
    def at_b(self) -> str:
        """Sample b."""
        return f"{self.name} + b * {self.size}"


def outputs_of(operation: Operation) -> Samples:
    """What an operation leaves for the next."""
    return Samples(operation.name, f"{operation.name.upper()}_OUTPUTS")


def _frozen_step(plan: Plan, source: Samples) -> TrainingStep:
    operations, calls, x = plan.prefix_operations, [], source.at_b
    for operation in operations:
        out = operation.name if operation is not operations[-1] else outputs_of(operation).at_b
        weights = ", weights" if plan.takes_weights(operation) else ""
        work = f", {operation.name}_work" if operation.is_block else ""
        calls.append(f"{operation.name}_forward({out}{weights}, {x}{work});")
        if operation.is_block and not operation.pooled_first:
            calls.append(f"{operation.name}_activate({out}, {out});")
        x = out
    return TrainingStep("What comes before the first layer that learns.", calls)


def _pool_step(operation: Operation, source: Samples) -> TrainingStep:
    out = outputs_of(operation)
    call = f"{operation.name}_forward({out.at_b}, {source.at_b});"
    return TrainingStep(f"{operation.name.capitalize()} passes the batch on.", [call])


def _learning_step(o: Operation, source: Samples) -> TrainingStep:
    """Dense blocks keep s and h apart, for h is what the head and the next block see. A convolution's
    h would double its memory: s is activated in place once the block has learnt, or by the next pool."""
    head, out = o.head.name, outputs_of(o)
    scaled = Samples(f"{o.name}_scaled", out.size) if o.kind == "dense" else out
    features = Samples(out.name if o.kind == "dense" else f"{o.name}_features", f"{head.upper()}_FEATURES")
    condense = "activate" if o.head_pool is None else "pool"
    work, learn_work = f"{o.name}_work", f", {o.name}_work" if o.kind == "dense" else ""
    learns_from = f"{source.name}, {scaled.name}" + (f", {features.name}" if o.sparse else "")
    each = [
        f"{o.name}_forward({scaled.at_b}, weights, {source.at_b}, {work});",
        f"{o.name}_{condense}({features.at_b}, {scaled.at_b});",
        f"{head}_error(scratch->error[b], weights, {features.at_b}, labels[b], {work});",
    ]
    then = [
        f"{o.name}_learn(weights, {learns_from}, count, schedule, scratch{learn_work});",
        f"{head}_learn(weights, {features.name}, count, schedule, scratch, {work});",
    ]
    activates = o.kind == "conv" and not o.pooled_first
    after = [f"{o.name}_activate({out.at_b}, {out.at_b});"] if activates else []
    comment = f"{o.name.capitalize()} learns; its head changes last, for the errors pass through it."
    return TrainingStep(comment, each, then, after)
