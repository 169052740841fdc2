"""Sums of 64 bits whose partial sums leave 32 bits and come back: all engines against plain int64."""

import numpy as np
import pytest

from integrad.arithmetic import INT16_WEIGHT_LIMIT, INT32_LIMIT, SCALE
from integrad.engines.choice import make_engine
from integrad.network.network import Network
from integrad.training.specification import parse_spec

FAN_IN = 3 * 8192 + 5
"""More than lanes may sum at once, and no whole number of vectors."""


def one_layer() -> Network:
    """Output layers of the patterns below. The sums that they leave are small enough not to saturate."""
    network = Network((FAN_IN,), 6, [], sums=64)
    place, weights = np.arange(FAN_IN), network.output.weights
    weights[0] = np.where(place < FAN_IN // 2, INT16_WEIGHT_LIMIT, -INT16_WEIGHT_LIMIT)
    weights[1] = np.where(place % 2, INT16_WEIGHT_LIMIT, -INT16_WEIGHT_LIMIT)
    weights[2] = np.where(place < 2 * FAN_IN // 3, INT16_WEIGHT_LIMIT // 2, -INT16_WEIGHT_LIMIT)
    weights[3] = INT16_WEIGHT_LIMIT
    weights[4] = -weights[0]
    weights[5] = np.random.default_rng(1).choice([-INT16_WEIGHT_LIMIT, INT16_WEIGHT_LIMIT], FAN_IN)
    return network


@pytest.mark.parametrize("engine", ["numpy", "native", "torch"])
def test_partial_sums_beyond_32_bits(engine):
    network = one_layer()
    x = np.repeat([[127], [-127], [1]], FAN_IN, axis=1).astype(np.int8)
    x[2] = np.random.default_rng(2).integers(-127, 128, FAN_IN)
    wide = x.astype(np.int64) @ network.output.weights.astype(np.int64).T
    assert np.abs(wide).max() > 40 * INT32_LIMIT
    partial = 127 * np.cumsum(network.output.weights.astype(np.int64), axis=1)
    assert np.abs(partial[0]).max() > 20 * INT32_LIMIT > np.abs(partial[0, -1])
    divisor = SCALE * FAN_IN
    expected = np.clip(np.sign(wide) * (np.abs(wide) // divisor), -127, 127)
    assert np.array_equal(make_engine(engine, network, 1).logits(x), expected)


@pytest.mark.parametrize("engine", ["numpy", "native", "torch"])
def test_maps_whose_partial_sums_leave_32_bits(engine):
    shape = (512, 3, 3)
    network = Network(shape, 2, parse_spec("cnn:c2", shape), sums=64)
    block = network.blocks[0]
    signs = np.where(np.arange(512) % 2 == 0, 1, -1)[:, None, None]
    block.weights[0] = INT16_WEIGHT_LIMIT * signs
    block.weights[1] = INT16_WEIGHT_LIMIT * np.where(np.arange(512) < 256, 1, -1)[:, None, None]
    network.output.weights[:, :] = np.random.default_rng(3).integers(
        -9000, 9001, network.output.weights.shape
    )
    x = np.full((2, *shape), 127, np.int8)
    x[1, ::7] = -90
    assert block.bounds.bits == 64
    assert np.array_equal(make_engine(engine, network, 1).logits(x), network.logits(x))
