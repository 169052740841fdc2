"""PocketNN: all layers learn from the errors of the output layer, which fixed feedback brings to them.

Each layer's gradients depend on activations and errors of the step alone, so that layers learn one after the
other once all of them have been passed: no gradient outlives the few rows of weights that it updates.
"""

from __future__ import annotations

from dataclasses import replace

from integrad.arithmetic import INT8_LIMIT
from integrad.learners.pocket import largest_delta
from integrad.learners.table import learner_of
from integrad.network.layers.pocket_activation import divisor
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.network.parameter import BIAS, FEEDBACK, WEIGHTS
from integrad.network.pocket_blocks import (
    ERROR_LIMIT,
    PocketLayer,
)
from integrad_codegen import bounds
from integrad_codegen.encodings import encoding_of
from integrad_codegen.lowering.lowered import Lowered
from integrad_codegen.operations.pocket_dense import PocketDense
from integrad_codegen.program import Call, Place, Step


def lower_pocket(network: Network, learn_set: LearnSet, batch: int) -> Lowered:
    """batch: 0 where nothing learns. Raises IntegradError where a bound fails."""
    if batch:
        learner_of(network).check_batch(network, batch)
    hidden = [
        _layer(f"block{number}", block, learn_set.block_learns(number - 1), network, batch)
        for number, block in enumerate(network.blocks, 1)
    ]
    output = _layer("output", network.output, learn_set.output_learns, network, batch)
    x = Place("x", network.input_shape, ("", "inputs"), in_arena=False)
    inference = _inference([*hidden, output], x)
    training = _training([*hidden, output], replace(x, batch=batch)) if batch else []
    return Lowered(hidden, output, inference, training)


# Operations


def _layer(name: str, layer: PocketLayer, learns: bool, network: Network, batch: int) -> PocketDense:
    parameters = {p.role: p for p in network.parameters() if p.owner is layer}
    operation = PocketDense(
        name,
        (layer.fan_in,),
        layer.output_shape,
        bias=parameters[BIAS].member,
        feedback=parameters[FEEDBACK].member if FEEDBACK in parameters else "",
        activation=layer.activation,
        encoding=encoding_of(parameters[WEIGHTS]),
        scale=divisor(layer.activation, layer.fan_in),
        limit=parameters[WEIGHTS].limit,
        bias_limit=parameters[BIAS].limit,
        classes=network.classes,
        updated=learns,
    )
    bounds.check_sum(
        f"{name}: a pre-activation", INT8_LIMIT * layer.fan_in * operation.limit + operation.bias_limit
    )
    if learns:
        hidden_delta = largest_delta(layer.fan_in, layer.units, network.classes)
        delta = ERROR_LIMIT if operation.is_output else hidden_delta
        bounds.check_sum(f"{name}: a gradient", batch * INT8_LIMIT * delta)
    return operation


# Calls


def _call(layer: PocketDense, verb: str, batch: int, **places: Place) -> Call:
    size = layer.workspace(verb, batch)
    work = Place(f"{layer.name}_{'learns' if verb == 'learn' else 'work'}", (-(-size // 2),), bits=16)
    return Call(layer, verb, {**places, "work": work})


def _outputs(layer: PocketDense, batch: int = 0) -> Place:
    """What a layer leaves for the next."""
    return Place(layer.name, layer.output_shape, (layer.name, "units"), batch)


def _slopes(layer: PocketDense, batch: int) -> Place:
    """The inverse slopes of its activation."""
    return replace(_outputs(layer, batch), name=f"{layer.name}_slopes")


def _inference(layers: list[PocketDense], x: Place) -> list[Call]:
    calls = []
    for layer in layers[:-1]:
        out = _outputs(layer)
        calls.append(_call(layer, "forward", 0, out=out, x=x))
        x = out
    scores = Place("logits", layers[-1].output_shape, ("", "classes"), in_arena=False)
    return [*calls, _call(layers[-1], "forward", 0, out=scores, x=x)]


def _training(layers: list[PocketDense], x: Place) -> list[Step]:
    """Layers before the first that learns leave nothing but what the next one reads of a sample."""
    batch, calls, learning = x.batch, [], []
    for layer, following in zip(layers, [*layers[1:], None], strict=True):
        slopes = {"slopes": _slopes(layer, batch)} if layer.learns else {}
        if layer.learns:
            learning.append(_call(layer, "learn", batch, x=x, **slopes))
        if layer.is_output:
            calls.append(_call(layer, "score", batch, x=x, **slopes))
        else:
            out = _outputs(layer, batch if following.learns else 0)
            calls.append(_call(layer, "forward", batch, out=out, x=x, **slopes))
            x = out
    steps = [Step("All layers are passed before any of them learns.", calls)]
    for call in learning:
        steps.append(Step(f"{call.operation.name.capitalize()} learns.", [], [call]))
    steps[-1] = replace(steps[-1], comment="The output layer learns.")
    return steps
