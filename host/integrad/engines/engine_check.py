"""Compares one small step of an engine with NumPy, to detect compiled code that computes wrong results."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from integrad.engines.engine import Engine
from integrad.engines.numpy_engine import NumpyEngine
from integrad.learners.nitro import NitroRule
from integrad.learners.step import Rule
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.network.parameter import Parameter

BATCH, CLASSES = 5, 3
LAYERS = [
    # One input channel and three: patches that are copied and patches that are read in place.
    {
        "type": "conv", "channels": 3, "kernel": [3, 3], "stride": [1, 1], "padding": [1, 1],
        "alpha_inv": 10, "head_features": 40, "head_pool": "max",
    },
    {"type": "max_pool", "size": [2, 2]},
    {
        "type": "conv", "channels": 3, "kernel": [3, 3], "stride": [1, 1], "padding": [1, 1],
        "alpha_inv": 5, "head_features": 40, "head_pool": "max", "groups": 3,
    },
    {
        "type": "conv", "channels": 17, "kernel": [2, 3], "stride": [1, 1], "padding": [1, 0],
        "alpha_inv": 3, "head_features": 40, "head_pool": "avg",
    },
    {"type": "dropout", "percent": 25},
    {"type": "dense", "units": 19, "alpha_inv": 4},
]  # fmt: skip


def agrees_with_numpy(make_engine: Callable[[Network], Engine]) -> bool:
    """Whether an engine computes the same scores and weights as the reference, for weights in their whole
    range."""
    network, rng = Network((1, 7, 9), CLASSES, LAYERS), np.random.default_rng(1)
    rule = NitroRule(2, 100, 30, 50, LearnSet.parse("all", len(network.blocks)))
    for parameter in network.parameters():
        fill(parameter, rng)
    return computes_alike(make_engine, network, rule, BATCH, rng)


def fill(parameter: Parameter, rng: np.random.Generator) -> None:
    """Draw weights in their whole range."""
    limit = parameter.limit
    parameter.array[...] = rng.integers(-limit, limit + 1, parameter.shape)


def computes_alike(
    make_engine: Callable[[Network], Engine],
    network: Network,
    rule: Rule,
    batch: int,
    rng: np.random.Generator,
) -> bool:
    """Whether a step on random samples, with dropout, has the same outcome as that of the reference."""
    x = rng.integers(-127, 128, (batch, *network.input_shape)).astype(np.int8)
    labels = rng.integers(0, network.classes, batch)
    dropouts = [stage for stage in network.stages if stage.kind == "dropout"]
    kept = [rng.integers(0, 4, (batch, *dropout.input_shape)) > 0 for dropout in dropouts]

    def outcome(engine: Engine) -> tuple:
        step = engine.step(x, labels, rule, kept)
        logits = engine.logits(x)
        engine.fetch()
        return step, engine.network.weights_crc(), logits.tobytes()

    return outcome(make_engine(network.copy())) == outcome(NumpyEngine(network))
