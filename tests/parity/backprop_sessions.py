"""Training sessions of backpropagation on which an engine must give NumPy's bits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from integrad.learners.backprop import Backprop, BackpropRule
from integrad.learners.backprop_loss import CROSS_ENTROPY, SQUARED
from integrad.learners.backprop_scaling import CONSTANT, DELAYED, MAXIMUM
from integrad.learners.backprop_update import EXACT, NORMALISED
from integrad.learners.table import learner_of
from integrad.network.backprop_blocks import MASTER, MASTER_LIMIT, MAX_SHIFT
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.training.stepper import draw_dropouts

NORMAL = (1, CROSS_ENTROPY, NORMALISED, DELAYED)
"""learning_rate_inv, loss, update and scaling: see BackpropRule."""


@dataclass(frozen=True)
class BackpropSession:
    """A network, its learn set and the rules of its steps; batches: sizes of the steps of each rule.

    weights: "calibrated" as training starts; "any" in their whole range; "extreme" at its ends. The last two
    come with shifts drawn from a plausible range and from the whole one. inputs: "any", "extreme" or
    "constant".
    """

    shape: tuple[int, ...]
    classes: int
    layers: tuple[dict, ...]
    rules: tuple[tuple, ...] = (NORMAL,)
    batches: tuple[int, ...] = (5, 3)
    learn: str = "all"
    weights: str = "calibrated"
    inputs: str = "any"
    drops: bool = True
    seed: int = 0
    output_bias: bool = False

    def network(self) -> Network:
        options = {"output_bias": self.output_bias}
        network = Network(self.shape, self.classes, list(self.layers), Backprop.id, **options)
        rng = np.random.default_rng(self.seed)
        network.initialise(rng)
        for layer in [*network.blocks, network.output] if self.weights != "calibrated" else []:
            _fill(layer, self.weights, rng)
        if self.weights == "calibrated":
            x, labels = self.inputs_of(network, 9, rng), rng.integers(0, self.classes, 9)
            learner_of(network).calibrate(network, x, labels, {})
        return network

    def steps(self, network: Network) -> Iterator[tuple]:
        """x, labels, rule and what the dropouts keep, for every training step."""
        rng = np.random.default_rng(self.seed + 1)
        learn_set = LearnSet.parse(self.learn, len(network.blocks))
        for settings in self.rules:
            for batch in self.batches:
                x = self.inputs_of(network, batch, rng)
                kept = draw_dropouts(network, batch, rng if self.drops else None)
                yield x, rng.integers(0, network.classes, batch), BackpropRule(*settings, learn_set), kept

    def inputs_of(self, network: Network, count: int, rng: np.random.Generator) -> np.ndarray:
        shape = (count, *network.input_shape)
        if self.inputs == "constant":
            return np.full(shape, 127, np.int8)
        if self.inputs == "extreme":
            return rng.choice(np.array([-127, 127], np.int8), shape)
        return rng.integers(-127, 127, shape, np.int8, endpoint=True)


def _fill(layer, weights: str, rng: np.random.Generator) -> None:
    extreme, limit = weights == "extreme", MASTER_LIMIT if layer.encoding == MASTER else 127
    for role in layer.learning:
        values = rng.integers(-limit, limit, getattr(layer, role).shape, endpoint=True)
        layer.set_master((np.where(values < 0, -limit, limit) if extreme else values).astype(np.int16), role)
    exponent, shift = (64, MAX_SHIFT) if extreme else (12, 13)
    layer.scales[...] = (
        rng.integers(-exponent, exponent // 2, 1)[0],
        *rng.integers(0, shift, 2, endpoint=True),
    )


def dense(units: int, **options) -> dict:
    return {"type": "backprop_dense", "units": units} | options


def conv(channels: int, kernel=(3, 3), padding=(1, 1), stride=(1, 1), **options) -> dict:
    shape = {"kernel": list(kernel), "stride": list(stride), "padding": list(padding)}
    return {"type": "backprop_conv", "channels": channels} | shape | options


def pool(kind: str, height: int, width: int) -> dict:
    return {"type": f"{kind}_pool", "size": [height, width]}


DROPOUT = {"type": "dropout", "percent": 50}
MASTERS, BIAS = {"encoding": MASTER}, {"bias": True}
RULES = (
    NORMAL,
    (16, SQUARED, EXACT, CONSTANT),
    (4, CROSS_ENTROPY, EXACT, DELAYED),
    (2, SQUARED, *NORMAL[2:]),
)

SESSIONS = {
    "backprop, dense": BackpropSession(
        (70,), 5, (dense(35), DROPOUT, dense(64, leak=4, **MASTERS), dense(7, **MASTERS)), RULES, (13, 6, 1)
    ),
    "backprop, maps": BackpropSession(
        (3, 9, 10),
        4,
        (
            conv(21, leak=8),
            pool("max", 2, 2),
            DROPOUT,
            conv(34, (3, 4), (2, 1), (2, 1), **MASTERS, **BIAS),
            pool("avg", 1, 2),
            conv(5, (1, 1), (0, 0), **BIAS),
            conv(9, (2, 2), (1, 0), leak=2),
            dense(40),
        ),
        RULES,
        (7, 2),
        seed=1,
    ),
    "backprop, groups": BackpropSession(
        (4, 9, 8),
        4,
        (
            conv(4, groups=4),
            conv(70, (2, 3), (0, 1), (2, 1), groups=2, leak=16, **BIAS),
            conv(140, (3, 3), (1, 1), (1, 2), groups=70, **MASTERS, **BIAS),
            pool("max", 3, 1),
            conv(6, (1, 2), (0, 1), groups=2),
            DROPOUT,
        ),
        RULES,
        (9, 4),
        seed=2,
    ),
    # More units than are summed together, in several tiles of samples.
    "backprop, biases": BackpropSession(
        (3,), 4, (dense(67, **BIAS), dense(33, leak=8, **MASTERS, **BIAS)), RULES, (21, 1), seed=9,
        output_bias=True,
    ),
    # Several turns of collected errors, none of which vanish.
    "backprop, many positions": BackpropSession(
        (2, 40, 30), 3, (conv(3, leak=2), conv(9, (2, 3), (1, 2), leak=2)), (NORMAL,), (7,), seed=3
    ),
    "backprop, extremes": BackpropSession(
        (2, 6, 7), 3, (conv(4, padding=(2, 2)), pool("max", 2, 3), dense(33, **MASTERS)), RULES, (9, 3),
        weights="extreme", inputs="extreme", seed=4,
    ),
    "backprop, constant inputs": BackpropSession(
        (33,), 255, (dense(17, leak=4),), RULES, (301, 2), weights="any", inputs="constant", seed=5
    ),
    "backprop, last layers": BackpropSession(
        (1, 8, 8), 6, (conv(8), pool("avg", 2, 2), conv(9, **MASTERS), dense(5)), RULES, (8,), "last:2",
        seed=6,
    ),
    "backprop, maximum scaling": BackpropSession(
        (1, 8, 8), 6, (conv(8), dense(5)), ((1, SQUARED, NORMALISED, MAXIMUM),), (8, 3), seed=7
    ),
    "backprop, no block": BackpropSession((3, 5, 4), 2, (), RULES, (3, 2), "output", seed=8),
}  # fmt: skip
