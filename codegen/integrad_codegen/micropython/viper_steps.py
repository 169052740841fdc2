"""The calls of an inference and of a training step, as the viper core makes them."""

from __future__ import annotations

from dataclasses import dataclass

from integrad_codegen.c.steps import TrainingStep
from integrad_codegen.operations import Operation
from integrad_codegen.plan import Plan


@dataclass(frozen=True)
class Place:
    """Where activations lie: a constant of the scratch, and the bytes of one sample among a batch's."""

    name: str
    stride: int = 0

    @property
    def at_b(self) -> str:
        """Address of sample b, or of the only one."""
        return f"{self.name} + b * {self.stride}" if self.stride else self.name


def inference_calls(plan: Plan) -> list[str]:
    """From the normalised input to the scores."""
    calls, source = [], Place("_X")
    for operation in plan.operations:
        out = Place(f"_ONE_{operation.name.upper()}")
        calls += _forward(plan, operation, out, source)
        source = out
    return [*calls, output_call(plan, source)]


def output_call(plan: Plan, source: Place) -> str:
    """The output layer's scores of one sample."""
    return _dense(plan, "output", "_SCORES", source.at_b, plan.output.features, plan.classes)


def last_place(plan: Plan) -> Place:
    """What the output layer sees in a training step."""
    return _batch(plan.operations[-1]) if plan.operations else Place("_X", plan.inputs)


def training_steps(plan: Plan) -> list[TrainingStep]:
    """Steps up to, but without, the output layer's: the order of the C module."""
    steps, source = [], Place("_X", plan.inputs)
    if operations := plan.prefix_operations:
        calls = []
        for operation in operations:
            single = Place(f"_ALL_{operation.name.upper()}")
            out = single if operation is not operations[-1] else _batch(operation)
            calls += _forward(plan, operation, out, source)
            source = out
        steps.append(TrainingStep("What comes before the first layer that learns.", calls))
    for operation in plan.suffix_operations:
        if operation.learns:
            steps.append(_learning_step(plan, operation, source))
        else:
            calls = _forward(plan, operation, _batch(operation), source)
            steps.append(TrainingStep(f"{operation.name.capitalize()} passes the batch on.", calls))
        source = _batch(operation)
    return steps


def _batch(operation: Operation) -> Place:
    return Place(f"_ALL_{operation.name.upper()}", operation.outputs)


def _forward(plan: Plan, o: Operation, out: Place, source: Place) -> list[str]:
    if o.pool:
        return [f"_pool(scratch, {out.at_b}, {source.at_b}, _{o.name.upper()})"]
    return [_scaled(plan, o, out, source), _activate(o, out, out)]


def _scaled(plan: Plan, o: Operation, out: Place, source: Place) -> str:
    if o.kind == "dense":
        return _dense(plan, o.name, out.at_b, source.at_b, o.inputs, o.outputs)
    buffer, at = _weights(plan, o.name)
    convolve = "_conv_groups" if o.groups > 1 else "_conv"
    return f"{convolve}({buffer}, scratch, {at}, {out.at_b}, {source.at_b}, _{o.name.upper()})"


def _activate(o: Operation, out: Place, source: Place) -> str:
    return f"_activate(scratch, {out.at_b}, {source.at_b}, {o.outputs}, {o.alpha_inv}, {o.mean})"


def _dense(plan: Plan, name: str, out: str, source: str, inputs: int, outputs: int) -> str:
    buffer, at = _weights(plan, name)
    return f"_dense({buffer}, scratch, {at}, {out}, {source}, {inputs}, {outputs})"


def _weights(plan: Plan, name: str) -> tuple[str, str]:
    """The buffer in which an array of weights lies, and the constant that says where."""
    learns = plan.batch and name not in {block.name for block in plan.frozen_blocks}
    return "learning" if learns else "weights", f"_{name.upper()}_WEIGHTS"


def _learning_step(plan: Plan, o: Operation, source: Place) -> TrainingStep:
    """As in C: a convolution's s is activated in place once the block has learnt."""
    name, head, out = o.name.upper(), o.head.name.upper(), _batch(o)
    scaled, features = Place(f"_ALL_{name}_SCALED", o.outputs), out
    if o.kind == "conv":
        scaled, features = out, Place(f"_ALL_{name}_FEATURES", o.head.features)
    condense = _activate(o, features, scaled)
    if o.head_pool:
        condense = f"_pool(scratch, {features.at_b}, {scaled.at_b}, _{head}_POOL)"
    each = [
        _scaled(plan, o, scaled, source),
        condense,
        _dense(plan, o.head.name, "_SCORES", features.at_b, o.head.features, o.head.classes),
        "_subtract_target(scratch, _SCORES, b, labels[first + b])",
    ]
    where = f"_{name}_WEIGHTS, _{head}_WEIGHTS, {source.name}, {scaled.name}, count"
    tables = f"_{name}_LEARNS" if o.kind == "dense" else f"_{name}, _{head}_POOL, _{name}_LEARNS"
    learn_head = f"buffers, _{head}_WEIGHTS, {features.name}, {o.head.features}, count, _{head}_LEARNS"
    then = [f"_learn_{o.kind}(buffers, {where}, {tables})", f"_learn_classifier({learn_head})"]
    after = [_activate(o, out, out)] if o.kind == "conv" else []
    comment = f"{o.name.capitalize()} learns; its head changes last, for the errors pass through it."
    return TrainingStep(comment, each, then, after)
