"""Integer backpropagation with 8-bit weights.

A training step passes all samples forward and keeps what the layers that learn read. Then it goes back layer
by layer: the errors of the layer below are computed from the old weights before the layer learns. No gradient
outlives the few weights that it updates. A packed stash keeps 2 bits of what a layer reads, and its sign
where the activation below must know it.
"""

from __future__ import annotations

from dataclasses import replace

from integrad.errors import IntegradError
from integrad.learners.backprop_loss import LOSSES, SQUARED
from integrad.learners.table import learner_of
from integrad.network.backprop_stash import EXACT_STASH, PACKED_STASH, STASHES
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad_codegen.lowering.backprop_layers import backprop_operations, check_sums, with_packed_stash
from integrad_codegen.lowering.lowered import Lowered
from integrad_codegen.operations.backprop_conv import BackpropConv
from integrad_codegen.operations.backprop_dense import BackpropDense
from integrad_codegen.operations.backprop_layer import INT16, INT32, BackpropLayer
from integrad_codegen.operations.backprop_pool import BackpropPool
from integrad_codegen.operations.operation import Operation
from integrad_codegen.program import Call, Place, Step


def lower_backprop(
    network: Network, learn_set: LearnSet, batch: int, loss: str = SQUARED, stash: str = EXACT_STASH
) -> Lowered:
    """batch: 0 where nothing learns. loss: in LOSSES; stash: in STASHES. Raises IntegradError where they are
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
    check_sums([*operations, output], batch)
    x = Place("x", network.input_shape, ("", "inputs"), in_arena=False)
    training = _training([*operations, output], replace(x, batch=batch)) if batch else []
    return Lowered(operations, output, _inference([*operations, output], x), training)


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


def _forward(operation: Operation, out: Place, x: Place, batch: int = 0) -> Call:
    places = {"out": out, "x": x}
    if isinstance(operation, BackpropConv):
        size = operation.workspace("forward", batch)
        places["work"] = Place(f"{operation.name}_work", (-(-size // INT32),), bits=32)
        if batch:
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


def _training(operations: list[Operation], x: Place) -> list[Step]:
    """Layers before the first that learns leave nothing but what the next one reads of a sample."""
    inputs, batch, calls, back = x, x.batch, [], []
    first = next(number for number, operation in enumerate(operations) if operation.learns)
    pools_again = _pools_again(operations, first)
    below = None
    for number, operation in enumerate(operations[:-1]):
        reader = operations[number + 1]
        is_kept = number >= first - (not pools_again) and not _packs(reader)
        out = _outputs(operation, batch if is_kept else 0)
        calls.append(_forward(operation, out, x, batch))
        if _packs(reader):
            calls.append(Call(reader, "pack", {"x": out} | _packed(reader, batch)))
        if number == first and pools_again:
            back.append(_learn_from_pools(operations[: first + 1], inputs))
        elif number >= first:
            back.append(_back(operation, below, x, batch))
        below = operation if number >= first else None
        x = out
    output = operations[-1]
    calls.append(Call(output, "score", {"out": _errors(output, batch), "x": x}))
    back.append(_back(output, below, x, batch))
    steps = [Step("All samples are passed forward. The errors of the scores replace them.", calls)]
    return [*steps, *reversed(back)]


def _pools_again(operations: list[Operation], first: int) -> bool:
    """Whether the inputs of the first layer that learns are computed again when it does: what pools make of
    the samples takes little time, and would take memory while all other layers learn."""
    is_last = first == len(operations) - 1
    return first > 0 and not is_last and not any(operation.has_weights for operation in operations[:first])


def _learn_from_pools(operations: list[Operation], x: Place) -> Step:
    """operations: pools, and the layer that learns."""
    *pools, layer = operations
    batch, calls = x.batch, []
    for pool in pools:
        out = replace(_outputs(pool), name=f"{pool.name}_again")
        if pool is pools[-1]:
            out = replace(out, name=f"{layer.name}_inputs", batch=batch)
        calls.append(_forward(pool, out, x, batch))
        x = out
    return replace(_back(layer, None, x, batch), each=calls)


def _back(operation: Operation, below: Operation | None, x: Place, batch: int) -> Step:
    """below: the operation before it, None if errors end here. x: what the operation reads."""
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
