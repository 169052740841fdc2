"""Compares small steps of an engine of backpropagation with NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from integrad.engines.engine import Engine
from integrad.engines.engine_check import computes_alike, fill
from integrad.learners.backprop import Backprop, BackpropRule
from integrad.learners.backprop_loss import CROSS_ENTROPY, SQUARED
from integrad.learners.backprop_scaling import CONSTANT, DELAYED
from integrad.learners.backprop_update import EXACT, NORMALISED
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.network.parameter import SCALES, Parameter

BATCH, CLASSES = 5, 3
LAYERS = [
    {
        "type": "backprop_conv", "channels": 9, "kernel": [3, 3], "stride": [1, 1], "padding": [1, 1],
        "leak": 4, "bias": True,
    },
    {"type": "max_pool", "size": [2, 2]},
    {
        "type": "backprop_conv", "channels": 9, "kernel": [3, 2], "stride": [1, 1], "padding": [1, 1],
        "groups": 3, "encoding": "int16-master", "bias": True,
    },
    {"type": "avg_pool", "size": [1, 2]},
    {"type": "dropout", "percent": 25},
    {"type": "backprop_dense", "units": 19, "encoding": "int16-master", "bias": True},
    {"type": "backprop_dense", "units": 7, "bias": True},
]  # fmt: skip
EXPONENT, OUTPUT_SHIFT, ERROR_SHIFT = -9, 9, 8
"""Scales with which neither most of the sums saturate nor all vanish."""

RULES = ((16, SQUARED, NORMALISED, DELAYED), (64, CROSS_ENTROPY, EXACT, CONSTANT))
"""learning_rate_inv, loss, update and scaling of the steps."""


def agrees_with_numpy(make_engine: Callable[[Network], Engine]) -> bool:
    """Whether an engine computes the same scores and weights as the reference."""
    for number, settings in enumerate(RULES):
        network = Network((1, 7, 9), CLASSES, LAYERS, Backprop.id, output_bias=True)
        rng = np.random.default_rng(number)
        rule = BackpropRule(*settings, LearnSet.parse("all", len(network.blocks)))
        for parameter in network.parameters():
            _fill(parameter, rng)
        if not computes_alike(make_engine, network, rule, BATCH, rng):
            return False
    return True


def _fill(parameter: Parameter, rng: np.random.Generator) -> None:
    if parameter.role == SCALES:
        parameter.array[...] = EXPONENT, OUTPUT_SHIFT, ERROR_SHIFT
    else:
        fill(parameter, rng)
