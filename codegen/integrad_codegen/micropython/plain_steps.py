"""The statements of an inference and of a training step, as the plain Python core makes them.

x is what flows through an inference, xs the same of every sample of a batch.
"""

from __future__ import annotations

from integrad_codegen.c.steps import TrainingStep
from integrad_codegen.operations import Operation
from integrad_codegen.plan import Plan
from integrad_codegen.weights_file import HEADER_BYTES, members


def inference_lines(plan: Plan) -> list[str]:
    """From the normalised input to the scores."""
    return [*(f"x = {_forward(plan, o)}" for o in plan.operations), f"x = {output_expression(plan)}"]


def output_expression(plan: Plan) -> str:
    """The output layer's scores of one sample x."""
    return f"_dense({weights_at(plan, 'output')}, x, CLASSES)"


def weights_at(plan: Plan, name: str) -> str:
    """An array of weights: the buffer and the byte where it begins."""
    member = next(m for m in members(plan) if m.name == name)
    return f"learning, {member.offset}" if member.learns else f"weights, {HEADER_BYTES + member.offset}"


def training_steps(plan: Plan) -> list[TrainingStep]:
    """Steps up to, but without, the output layer's; all their lines are in `then`."""
    steps = []
    if plan.prefix_operations:
        lines = [f"xs = [{_forward(plan, o)} for x in xs]" for o in plan.prefix_operations]
        steps.append(TrainingStep("What comes before the first layer that learns.", [], lines))
    for o in plan.suffix_operations:
        if o.learns:
            comment = f"{o.name.capitalize()} learns; its head changes last, for the errors pass through it."
            steps.append(TrainingStep(comment, [], _learning_lines(plan, o)))
        else:
            comment = f"{o.name.capitalize()} passes the batch on."
            steps.append(TrainingStep(comment, [], [f"xs = [{_forward(plan, o)} for x in xs]"]))
    return steps


def _forward(plan: Plan, o: Operation) -> str:
    if o.pool:
        return f"_pool(x, _{o.name.upper()})"
    return f"_activate({_scaled(plan, o)}, {o.alpha_inv}, {o.mean})"


def _scaled(plan: Plan, o: Operation) -> str:
    where = weights_at(plan, o.name)
    if o.kind == "dense":
        return f"_dense({where}, x, {o.outputs})"
    convolve = "_conv_groups" if o.groups > 1 else "_conv"
    return f"{convolve}({where}, x, _{o.name.upper()})"


def _learning_lines(plan: Plan, o: Operation) -> list[str]:
    name, head = o.name.upper(), o.head.name.upper()
    shapes = f"_{name}, _{head}_POOL, " if o.kind == "conv" else ""
    at, head_at = (weights_at(plan, name).split(", ")[1] for name in (o.name, o.head.name))
    lines = [
        f"scaled = [{_scaled(plan, o)} for x in xs]",
        f"activated = [_activate(s, {o.alpha_inv}, {o.mean}) for s in scaled]",
    ]
    features = "activated"
    if o.head_pool:
        features = "features"
        lines.append(f"features = [_pool(s, _{head}_POOL) for s in scaled]")
    return [
        *lines,
        f"scores = [_dense(learning, {head_at}, h, CLASSES) for h in {features}]",
        "errors = [_error(s, label) for s, label in zip(scores, labels)]",
        f"_learn_{o.kind}(buffers, {at}, {head_at}, xs, scaled, errors, {shapes}_{name}_LEARNS)",
        f"_learn_rows(buffers, {head_at}, errors, {features}, _{head}_LEARNS)",
        "xs = activated",
    ]
