"""Integer backpropagation with 8-bit weights.

A training step passes all samples forward and keeps what the layers that learn read. Then it goes back layer
by layer: the errors of the layer below are computed from the old weights before the layer learns. No gradient
outlives the few weights that it updates. A packed stash keeps 2 bits of what a layer reads, and its sign
where the activation below must know it. What is computed again comes from the same old weights: all layers
below one that goes back have not learnt yet.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial

from integrad.errors import IntegradError
from integrad.learners.backprop_loss import LOSSES, SQUARED
from integrad.learners.memory_options import NO, YES
from integrad.learners.table import learner_of
from integrad.network.backprop_stash import EXACT_STASH, PACKED_STASH, STASHES
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad_codegen.lowering.backprop_layers import backprop_operations, check_sums, with_packed_stash
from integrad_codegen.lowering.lowered import Lowered
from integrad_codegen.lowering.recomputation import OUTPUTS, WINNERS, Choice, Value, choose, repeated
from integrad_codegen.operations.backprop_conv import BackpropConv
from integrad_codegen.operations.backprop_dense import BackpropDense
from integrad_codegen.operations.backprop_layer import INT16, INT32, BackpropLayer
from integrad_codegen.operations.backprop_pool import BackpropPool
from integrad_codegen.operations.operation import Operation
from integrad_codegen.program import Call, Place, Step


def lower_backprop(
    network: Network,
    learn_set: LearnSet,
    batch: int,
    loss: str = SQUARED,
    stash: str = EXACT_STASH,
    recompute: str = NO,
) -> Lowered:
    """batch: 0 where nothing learns. loss: in LOSSES; stash: in STASHES; recompute: YES or NO, whether values
    are computed again where this takes less memory than keeping them. Raises IntegradError where they are
    not, and where a bound fails."""
    if loss not in LOSSES:
        raise IntegradError(f"the loss {loss!r} is unknown; known are {', '.join(LOSSES)}")
    if stash not in STASHES:
        raise IntegradError(f"the stash {stash!r} is unknown; known are {', '.join(STASHES)}")
    if batch:
        learner_of(network).check_batch(network, batch)
    found = backprop_operations(network, learn_set, loss)
    if batch and stash == PACKED_STASH:
        found = with_packed_stash(found)
    *operations, output = found
    check_sums(found, batch)
    x = Place("x", network.input_shape, ("", "inputs"), in_arena=False)
    inference = _inference(found, x)
    if not batch:
        return Lowered(operations, output, inference, [])
    choose_again = _choice if recompute == YES else _usually_again
    x = replace(x, batch=batch)
    training = _training(found, x, choose_again(found, x))
    return Lowered(operations, output, inference, training, repeated(training))


# Places


def _outputs(operation: Operation, batch: int = 0) -> Place:
    """What an operation leaves for the next."""
    is_output = isinstance(operation, BackpropDense) and operation.is_output
    extent = ("", "classes") if is_output else (operation.name, "outputs")
    return Place(operation.name, operation.output_shape, extent, batch)


def _errors(operation: Operation, batch: int) -> Place:
    """The errors of its outputs."""
    return replace(_outputs(operation, batch), name=f"{operation.name}_error")


def _winners(operation: Operation, batch: int) -> dict[str, Place]:
    """Where the maxima of a convolution that learns come from."""
    if not (isinstance(operation, BackpropConv) and operation.learns and operation.is_pooled):
        return {}
    name, shape = f"{operation.name}_winners", (operation.winners_bytes,)
    return {"winners": Place(name, shape, (operation.name, "winners"), batch, unsigned=True)}


def _packs(operation: Operation) -> bool:
    return isinstance(operation, BackpropLayer | BackpropPool) and operation.packs


def _packed(operation: Operation, batch: int) -> dict[str, Place]:
    """What a packed stash keeps of the inputs of an operation."""
    sizes = {"packed": operation.packed_bytes, "signs": operation.signs_bytes}
    return {
        role: Place(f"{operation.name}_{role}", (size,), (operation.name, role), batch, unsigned=True)
        for role, size in sizes.items()
        if size
    }


# Calls


def _forward(
    operation: Operation, out: Place, x: Place, batch: int = 0, has_winners: bool = True, again: str = ""
) -> Call:
    """again: distinguishes the workspace of a call that is repeated later in a training step."""
    places = {"out": out, "x": x}
    if isinstance(operation, BackpropConv):
        size = operation.workspace("forward", batch)
        places["work"] = Place(f"{operation.name}_work{again}", (-(-size // INT32),), bits=32)
        if batch and has_winners:
            places |= _winners(operation, batch)
    return Call(operation, "forward", places)


def _inference(operations: list[Operation], x: Place) -> list[Call]:
    calls = []
    for operation in operations[:-1]:
        out = _outputs(operation)
        calls.append(_forward(operation, out, x))
        x = out
    scores = Place("logits", operations[-1].output_shape, ("", "classes"), in_arena=False)
    return [*calls, _forward(operations[-1], scores, x)]


def _training(operations: list[Operation], x: Place, again: Choice) -> list[Step]:
    """Layers before the first that learns leave nothing but what the next one reads of a sample."""
    first, batch = _first(operations), x.batch
    kept, calls, times = {-1: x}, [], Counter()
    for number, operation in enumerate(operations[:-1]):
        reader = operations[number + 1]
        is_needed = number >= first - 1 and Value(number, OUTPUTS) not in again
        is_kept = is_needed and not _packs(reader)
        out = _outputs(operation, batch if is_kept else 0)
        calls.append(_forward(operation, out, x, batch, Value(number, WINNERS) not in again))
        if is_needed and _packs(reader):
            calls.append(Call(reader, "pack", {"x": out} | _packed(reader, batch)))
        if is_kept:
            kept[number] = out
        x = out
    output = operations[-1]
    calls.append(Call(output, "score", {"out": _errors(output, batch), "x": x}))
    steps = [Step("All samples are passed forward. The errors of the scores replace them.", calls)]
    for number in reversed(range(first, len(operations))):
        wanted = [value for value, before in again.items() if before == number]
        each = _passed_again(operations, kept, wanted, times)
        below = operations[number - 1] if number > first else None
        step = _back(operations[number], below, kept.get(number - 1), batch)
        comment = f"{step.comment} What it reads is computed again." if each else step.comment
        steps.append(replace(step, comment=comment, each=each))
    return steps


def _passed_again(
    operations: list[Operation], kept: dict[int, Place], wanted: list[Value], times: Counter
) -> list[Call]:
    """The forward calls of a sample that compute values again, from the last outputs before them that are
    kept. The outputs among them are kept from then on.

    kept: number of an operation → its outputs, -1: the samples. times: how often operations were passed
    again, for the names of what they leave.
    """
    needed = set()
    for value in wanted:
        number = value.number
        while number not in needed and (number == value.number or number not in kept):
            needed.add(number)
            number -= 1
    calls, batch, x = [], kept[-1].batch, kept[-1]
    for number in sorted(needed):
        operation = operations[number]
        times[number] += 1
        again = f"_again{times[number] if times[number] > 1 else ''}"
        x = kept.get(number - 1, x)
        out = replace(_outputs(operation), name=f"{operation.name}{again}")
        reader = operations[number + 1] if Value(number, OUTPUTS) in wanted else None
        if reader and not _packs(reader):
            out = kept[number] = replace(out, name=f"{reader.name}_inputs", batch=batch)
        calls.append(_forward(operation, out, x, batch, Value(number, WINNERS) in wanted, again))
        if reader and _packs(reader):
            calls.append(Call(reader, "pack", {"x": out} | _packed(reader, batch)))
        x = out
    return calls


def _first(operations: list[Operation]) -> int:
    """Number of the first operation that learns."""
    return next(number for number, operation in enumerate(operations) if operation.learns)


def _usually_again(operations: list[Operation], _: Place | None = None) -> Choice:
    """The inputs of the first layer that learns are computed again when it does if pools make them of the
    samples, which takes little time, and would take memory while all other layers learn."""
    first = _first(operations)
    is_last = first == len(operations) - 1
    if first == 0 or is_last or any(operation.has_weights for operation in operations[:first]):
        return {}
    return {Value(first - 1, OUTPUTS): first}


def _choice(operations: list[Operation], x: Place) -> Choice:
    """What is computed again if memory is to be saved."""
    first, last = _first(operations), len(operations) - 1
    outputs = [Value(number, OUTPUTS) for number in range(max(0, first - 1), last)]
    winners = [Value(number, WINNERS) for number in range(first, last) if _winners(operations[number], 1)]
    values = sorted([*outputs, *winners])
    return choose(values, _usually_again(operations), partial(_training, operations, x))


def _back(operation: Operation, below: Operation | None, x: Place | None, batch: int) -> Step:
    """below: the operation before it, None if errors end here. x: what the operation reads, unless packed."""
    errors, calls = _errors(operation, batch), []
    kept = _packed(operation, batch) if _packs(operation) else {"x": x}
    places = kept | {"error": errors} | _winners(operation, batch)
    if isinstance(operation, BackpropPool):
        calls.append(Call(operation, "back", {"out": _errors(below, batch)} | places))
        return Step(f"Errors are passed back through {operation.name}.", [], calls)
    if below is not None:
        work = _sums(operation, "back", batch)
        calls.append(Call(operation, "back", {"out": _errors(below, batch)} | places | work))
    calls.append(Call(operation, "learn", places | _sums(operation, "learn", batch)))
    name = operation.name.capitalize() if operation.is_block else "The output layer"
    passes = "passes its errors back and " if below is not None else ""
    return Step(f"{name} {passes}learns.", [], calls)


def _sums(operation: Operation, action: str, batch: int) -> dict[str, Place]:
    """Workspace of one direction: sums with a few bytes, and the numbers of errors that are not 0."""
    sums, index = operation.sums_bytes(action, batch), operation.index_bytes(action, batch)
    places = {"sums": Place(f"{operation.name}_sums", (-(-sums // INT32),), bits=32)}
    if index:
        name = f"{operation.name}_index"
        places["index"] = Place(name, (index // INT16,), bits=16, unsigned=True)
    return places
