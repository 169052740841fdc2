"""NITRO-D: blocks that each learn from a head of their own.

Blocks exchange no gradients, so each is updated immediately after its forward pass and that of its head.
Only one block's activations are stored at a time, and the results are bit-identical to updating at the end.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from integrad.arithmetic import SCALE, SLOPES
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network, Stage
from integrad.network.parameter import Parameter
from integrad.network.sum_bounds import SumBounds
from integrad_codegen import bounds
from integrad_codegen.encodings import encoding_of
from integrad_codegen.lowering.lowered import Lowered
from integrad_codegen.operations.block import Block
from integrad_codegen.operations.classifier import Classifier
from integrad_codegen.operations.kinds import KINDS
from integrad_codegen.operations.operation import Operation
from integrad_codegen.program import Call, Place, Step

Parameters = dict[str, Parameter]
"""Member of the struct of weights → its parameter."""


def lower_nitro(network: Network, learn_set: LearnSet, batch: int) -> Lowered:
    """batch: 0 if nothing learns. Raises IntegradError if a bound is exceeded."""
    parameters = {parameter.member: parameter for parameter in network.parameters()}
    operations = _operations(network, learn_set, batch, parameters)
    output = _classifier(parameters["output"], "output", network.output.bounds, batch)
    x = Place("x", network.input_shape, ("", "inputs"), in_arena=False)
    training = _training(operations, output, replace(x, batch=batch)) if batch else []
    return Lowered(operations, output, _inference(operations, output, x), training)


# Operations


def _operations(network: Network, learn_set: LearnSet, batch: int, parameters: Parameters) -> list[Operation]:
    operations: list[Operation] = []
    blocks, others = 0, Counter()
    for stage in network.stages:
        if stage.kind == "dropout":  # inference and devices never drop values
            continue
        if stage.block is None:
            template = KINDS[stage.kind].template
            others[template] += 1
            _append(operations, KINDS[stage.kind].of(f"{template}{others[template]}", stage))
        else:
            blocks += 1
            operations.append(_block(stage, blocks, learn_set.block_learns(blocks - 1), batch, parameters))
    return operations


def _append(operations: list[Operation], operation: Operation) -> None:
    """Append an operation without weights; a convolution leaves its activation to the pool behind it."""
    if operations:
        before = operations[-1] = operations[-1].followed_by(operation)
        if before.is_block and not before.activates:
            operation = replace(operation, alpha_inv=before.alpha_inv, mean=before.mean)
    operations.append(operation)


def _block(stage: Stage, number: int, learns: bool, batch: int, parameters: Parameters) -> Block:
    block, where = stage.block, f"block {number} ({stage.kind})"
    weights = parameters[f"block{number}"]
    common = {
        "number": number,
        "weights": weights.array,
        "encoding": encoding_of(weights),
        "alpha_inv": block.alpha_inv,
        "mean": SLOPES[block.alpha_inv].mean,
        "scale": SCALE * block.fan_in,
        "limit": weights.limit,
        "sum_bits": bounds.sum_bits(where, block.fan_in, weights.limit, block.input_limit),
    }
    operation = KINDS[stage.kind].of(f"block{number}", stage, **common)
    if not learns:
        return operation
    head = _classifier(parameters[f"head{number}"], "head", block.head_bounds, batch)
    error = bounds.block_error(where, head.classes, head.limit)
    bits = bounds.gradient_bits(where, batch * operation.gradient_terms, error)
    return replace(operation, head=head, proved_bits=bits)


def _classifier(weights: Parameter, role: str, sums: SumBounds, batch: int) -> Classifier:
    name, (classes, features) = weights.member, weights.shape
    bounds.check_classifier(name, batch)
    return Classifier(
        name,
        (features,),
        (classes,),
        role,
        weights.array,
        encoding_of(weights),
        scale=SCALE * features,
        limit=weights.limit,
        sum_bits=bounds.sum_bits(name, features, weights.limit, sums.input_limit),
        updated=batch > 0,
    )


# Calls


def _call(operation: Operation, action: str, batch: int, owner: str = "", **places: Place) -> Call:
    """owner: owner of the workspace, if not the operation itself."""
    if size := operation.workspace(action, batch):
        work = Place(f"{owner or operation.name}_work", (-(-size // 2),), bits=16)
        places["work"] = work
    return Call(operation, action, places)


def _outputs(operation: Operation, batch: int = 0) -> Place:
    """The outputs of an operation."""
    return Place(operation.name, operation.output_shape, (operation.name, "outputs"), batch)


def _forward(operation: Operation, out: Place, x: Place, batch: int = 0) -> list[Call]:
    calls = [_call(operation, "forward", batch, out=out, x=x)]
    if operation.is_block and operation.activates:
        calls.append(_call(operation, "activate", batch, out=out, x=out))
    return calls


def _inference(operations: list[Operation], output: Classifier, x: Place) -> list[Call]:
    calls = []
    for operation in operations:
        out = _outputs(operation)
        calls += _forward(operation, out, x)
        x = out
    logits = Place("logits", output.output_shape, ("", "classes"), in_arena=False)
    return [*calls, _call(output, "forward", 0, out=logits, x=x)]


def _training(operations: list[Operation], output: Classifier, x: Place) -> list[Step]:
    batch, steps = x.batch, []
    first = next((i for i, o in enumerate(operations) if o.learns), len(operations))
    if first:
        steps.append(
            Step("Computes the layers before the first one that learns.", _prefix(operations[:first], x))
        )
        x = _outputs(operations[first - 1], batch)
    for operation in operations[first:]:
        if operation.learns:
            steps.append(_learning_step(operation, x))
        else:
            calls = _forward(operation, _outputs(operation, batch), x, batch)
            steps.append(Step(f"Computes {operation.name}, which does not learn.", calls))
        x = _outputs(operation, batch)
    comment = "Updates the output layer and counts the samples classified correctly."
    score, learn = _call(output, "score", batch, x=x), _call(output, "learn", batch, x=x)
    return [*steps, Step(comment, [score], [learn])]


def _prefix(operations: list[Operation], x: Place) -> list[Call]:
    """Sample by sample: only the outputs of the last operation are kept for the whole batch."""
    calls, batch = [], x.batch
    for operation in operations:
        out = _outputs(operation, batch if operation is operations[-1] else 0)
        calls += _forward(operation, out, x, batch)
        x = out
    return calls


def _learning_step(block: Block, x: Place) -> Step:
    batch, head, out, places = x.batch, block.head, _outputs(block, x.batch), {}
    scaled = replace(out, name=f"{block.name}_scaled") if block.keeps_scaled else out
    features = out
    if not block.keeps_scaled:
        features = Place(f"{block.name}_features", head.input_shape, (head.name, "features"), batch)
    if block.learns_from_features:
        places["features"] = features
    each = [
        _call(block, "forward", batch, out=scaled, x=x),
        _call(block, block.condense, batch, out=features, x=scaled),
        _call(head, "error", batch, block.name, x=features),
    ]
    then = [
        _call(block, "learn", batch, x=x, scaled=scaled, **places),
        _call(head, "learn", batch, block.name, x=features),
    ]
    after = []
    if block.activates and not block.keeps_scaled:
        after.append(_call(block, "activate", batch, out=out, x=out))
    comment = f"Updates {block.name}, then its head: the block's errors depend on the head's old weights."
    return Step(comment, each, then, after)
