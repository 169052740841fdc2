"""Networks, weights and samples that drive accumulators to the bounds that are proved for them.

Bounds follow from widths alone, so that not all of them can be attained: for example, a prediction is further
from its target for the class of the label than for others. Each case says what share of a bound it reaches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from cases import Case

from integrad.arithmetic import INT8_LIMIT, INT32_LIMIT, WIDE_MAX_FAN_IN, weight_limit
from integrad.datasets import axes as layouts
from integrad.execute.session import Action, Predict, Reset, Train, Weights
from integrad.learners.pocket import largest_batch
from integrad.learners.table import LEARNERS
from integrad.network.backprop_blocks import MASTER_LIMIT, MAX_SUMMANDS
from integrad.network.network import Network
from integrad.network.pocket_blocks import BIAS_LIMIT, pocket_weight_limit
from integrad_codegen.bounds import block_error

SIDE = 51
"""Inputs are samples·51/51."""

Fill = Callable[[Network], None]


@dataclass(frozen=True)
class Extreme(Case):
    """fill: sets the weights. x, labels: of the training steps, of which there is one for each schedule.
    least: share of the bounds that is reached at least, name → per cent; others are not of interest."""

    fill: Fill | None = None
    x: np.ndarray | None = None
    labels: np.ndarray | None = None
    least: dict[str, float] | None = None

    def network(self) -> Network:
        shape = layouts.input_shape(self.axes, self.raw_shape)
        network = Network(shape, self.classes, self.layers, self.learner, self.sums)
        self.fill(network)
        for parameter in network.parameters():
            parameter.check(parameter.array)
        return network

    def actions(self) -> list[Action]:
        make, found = LEARNERS[self.learner].schedule_class, []
        for schedule in self.schedules:
            if self.learn != "none":
                found += [Reset(), Train(self.x, self.labels, make(*schedule)), Weights()]
        return [*found, Predict(self.x[:2]), Weights()]


def case(layers=(), *, x, least, fill, axes="T", classes=2, labels=None, **options) -> Extreme:
    """A case with inputs that are the samples themselves."""
    x = np.asarray(x, np.int8)
    channels = x.shape[1] if axes == "CHW" else 1
    labels = np.zeros(len(x), int) if labels is None else np.asarray(labels)
    return Extreme(
        axes, "int8", x.shape[1:], (0,) * channels, (SIDE,) * channels, classes, list(layers), batch=len(x),
        fill=fill, x=x, labels=labels, least=least, **options,
    )  # fmt: skip


def full(value: int, *shape: int) -> np.ndarray:
    return np.full(shape, value, np.int8)


def signs(*shape: int) -> np.ndarray:
    """Two samples: all inputs +127, all -127."""
    return np.stack([full(INT8_LIMIT, *shape), full(-INT8_LIMIT, *shape)])


def nearest(bound: Callable[[int], int], numbers: range) -> int:
    """The number whose bound is the largest that 32 bits can hold."""
    return max((n for n in numbers if bound(n) <= INT32_LIMIT), key=bound)


# NITRO-D


def _gradient(features: int) -> int:
    """Bound of what a sample adds to a gradient, for a head with so many features and two classes."""
    return INT8_LIMIT * block_error("", 2, weight_limit(features, 91))


NARROW_INPUTS = nearest(lambda n: INT8_LIMIT * n * weight_limit(n), range(519, 700))
HIDDEN = nearest(lambda n: 91 * n * weight_limit(n, 91), range(724, 900))
NARROW_UNITS = nearest(lambda n: 2 * _gradient(n), range(724, 1000))
MAP_INPUTS = 9 * nearest(lambda n: INT8_LIMIT * 9 * n * weight_limit(9 * n), range(58, 90))
MAP_CHANNELS = nearest(lambda n: 2 * _gradient(2 * n), range(400, 600))


def dense(units: int) -> dict:
    return {"type": "dense", "units": units, "alpha_inv": 4}


def maps(channels: int, kernel: int, features: int) -> dict:
    return {
        "type": "conv", "channels": channels, "kernel": [kernel, kernel], "stride": [1, 1], "padding": [0, 0],
        "alpha_inv": 4, "head_features": features, "head_pool": "max",
    }  # fmt: skip


def highest(network: Network) -> None:
    """All weights at their limits, of the second class with the other sign."""
    for parameter in network.parameters():
        parameter.array[...] = parameter.limit
        if parameter.layer is None or parameter.role == "head":
            parameter.array[1::2] *= -1


def wrong(network: Network) -> None:
    """The score of the first class is as low as can be, that of the second as high, and no activation stops
    an error: with inputs of 127, the scaled sum of each unit is 125."""
    for block in network.blocks:
        block.weights[...] = 253
    for rows, limit in _classifiers(network):
        rows[0], rows[1] = -limit, limit


def _classifiers(network: Network):
    for parameter in network.parameters():
        if parameter.layer is None or parameter.role == "head":
            yield parameter.array, parameter.limit


NITRO = {
    "sums of 32 bits": case(
        x=signs(NARROW_INPUTS), fill=highest, least={"output sum": 99.999}, schedules=((1, 0, 0), (1, 2, 1)),
    ),
    "sums of activations": case(
        [dense(HIDDEN)], x=full(INT8_LIMIT, 1, 3), fill=highest, schedules=((1, 2, 1),),
        least={"output sum": 99.999, "head sum": 99.999},
    ),
    "sums of maps": case(
        [maps(3, 3, 9)], axes="CHW", x=signs(MAP_INPUTS // 9, 3, 3), fill=highest, least={"sum": 99.999},
        schedules=((1, 2, 1),),
    ),
    "gradients of 32 bits": case(
        [dense(NARROW_UNITS)], x=full(INT8_LIMIT, 2, 3), fill=wrong, least={"error": 89, "gradient": 89},
        schedules=((1, 2, 1), (1, 0, 0)),
    ),
    "gradients of 64 bits": case(
        [dense(NARROW_UNITS - 1)], x=full(INT8_LIMIT, 2, 3), fill=wrong, least={"gradient": 89},
        schedules=((1, 2, 1),),
    ),
    "gradients of maps": case(
        [maps(MAP_CHANNELS, 1, 9999)], axes="CHW", x=full(INT8_LIMIT, 1, 1, 1, 2), fill=wrong,
        least={"gradient": 89}, schedules=((1, 2, 1),),
    ),
    "a whole batch": case(
        x=full(INT8_LIMIT, 4096, 1), fill=wrong, least={"output gradient": 100}, schedules=((1, 0, 1),),
    ),
    "sums of 64 bits": case(
        axes="HW", x=signs(196, WIDE_MAX_FAN_IN // 196), fill=highest, sums=64,
        least={"output sum": 100}, schedules=((1, 0, 1),),
    ),
}  # fmt: skip


# PocketNN

POCKET_INPUTS = nearest(lambda n: INT8_LIMIT * n * pocket_weight_limit(n) + BIAS_LIMIT, range(519, 700))


def pocket(units: int) -> dict:
    return {"type": "pocket_dense", "units": units, "activation": "tanh"}


def pocket_wrong(network: Network) -> None:
    """As `wrong`; the scaled sum of the hidden unit is 31, where the slope of its activation is 1."""
    hidden, output = network.blocks[0], network.output
    hidden.weights[...] = hidden.bias[...] = 62
    feedback = hidden.parameters(0)[2].limit
    hidden.feedback[0], hidden.feedback[1] = -feedback, feedback
    output.weights[0], output.weights[1] = -BIAS_LIMIT, BIAS_LIMIT


POCKET_BATCH = largest_batch(Network((1,), 2, [pocket(1)], "pocket"))

POCKET = {
    "pocket sums": case(
        x=signs(POCKET_INPUTS), fill=highest, learner="pocket", least={"sum": 99.999}, schedules=((1,),),
    ),
    "pocket gradients": case(
        [pocket(1)], x=full(INT8_LIMIT, POCKET_BATCH, 1), fill=pocket_wrong, learner="pocket",
        least={"error": 94, "gradient": 94, "bias gradient": 94}, schedules=((1,), (2**31 - 1,)),
    ),
}  # fmt: skip


# Integer backpropagation


def backprop(*scales: tuple[int, int, int]) -> Fill:
    """All weights 127, and those of the second class -127; scales of each layer."""

    def fill(network: Network) -> None:
        for layer, row in zip([*network.blocks, network.output], scales, strict=True):
            layer.scales[...] = row
            layer.weights[...] = INT8_LIMIT
        network.output.weights[0] = -INT8_LIMIT

    return fill


def masters(network: Network) -> None:
    """Of both signs; each exponent makes steps as long as they get."""
    for layer in [*network.blocks, network.output]:
        layer.scales[...] = (-64, 0, 0)
        limit = np.where(np.arange(layer.weights.size) % 2, MASTER_LIMIT, -MASTER_LIMIT)
        layer.set_master(limit.reshape(layer.weights.shape), "weights")


def hidden(units: int, **options) -> dict:
    return {"type": "backprop_dense", "units": units, **options}


POINT = {"type": "backprop_conv", "channels": 1, "kernel": [1, 1], "stride": [1, 1], "padding": [0, 0]}
MASTER = {"encoding": "int16-master"}
LEARNS = {"learner": "backprop", "loss": "squared", "schedules": ((1,), (2**30,))}

BACKPROP = {
    "backprop sums": case(
        axes="HW", x=signs(89, MAX_SUMMANDS // 89), fill=backprop((0, 24, 0)), least={"sum": 100}, **LEARNS,
    ),
    "backprop sums that all shifts leave": case(
        axes="HW", x=signs(89, MAX_SUMMANDS // 89), least={"sum": 100},
        fill=backprop((-64, 30, 30)), **LEARNS,
    ),
    "backprop errors": case(
        [POINT, POINT | {"channels": MAX_SUMMANDS // 9, "kernel": [3, 3], "padding": [2, 2]}], axes="HW",
        x=full(INT8_LIMIT, 1, 1, 1), fill=backprop((0, 6, 0), (0, 6, 30), (0, 24, 7)),
        least={"sum": 100, "error": 99.99}, **LEARNS,
    ),
    "backprop gradients": case(
        [POINT], axes="HW", x=full(INT8_LIMIT, 1024, 10, 13), least={"gradient": 99.9},
        fill=backprop((-10, 7, 0), (0, 14, 7)), **LEARNS,
    ),
    "backprop steps": case(
        x=np.tile([INT8_LIMIT, -INT8_LIMIT], (10, 1)), labels=[0, 1] * 5, fill=masters, least={},
        layers=[hidden(2, leak=2, **MASTER)], **LEARNS,
    ),
    **{
        f"cross-entropy of 255 classes, 2^{exponent}": case(
            x=full(INT8_LIMIT, 2, 1), classes=255, least={}, fill=backprop((exponent, 6, 0)),
            learner="backprop", loss="cross-entropy", schedules=((1,),),
        )
        for exponent in (-24, -9, -7, 0, 30)
    },
}  # fmt: skip


# Inputs

NORMALISATION = {
    f"normalisation of {dtype}": Extreme(
        "T", dtype, (3,), (mean,), (mad,), 2, [], learn="none", fill=highest, least={},
        x=np.array([[low, high, mean], [high, high, low]], dtype), schedules=((1, 0, 0),),
    )
    for dtype, low, high, mean, mad in (
        ("int32", -(2**31), 2**31 - 1, -(2**31), 2**31 - 1),
        ("int16", -(2**15), 2**15 - 1, 2**15 - 1, 65535),
    )
}  # fmt: skip

CASES = NITRO | POCKET | BACKPROP | NORMALISATION

SHORT = ("sums of 32 bits", "gradients of 32 bits", "pocket sums", "pocket gradients", "backprop sums")
