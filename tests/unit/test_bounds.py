"""Proved widths: worst cases reach their bounds and never exceed them; types change exactly at the limit."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrad.arithmetic import (
    ERROR_LIMIT,
    INT8_LIMIT,
    INT16_WEIGHT_LIMIT,
    INT32_LIMIT,
    SCALE,
    activation_limit,
    weight_limit,
)
from integrad.errors import IntegradError
from integrad.network.blocks import DenseBlock, classifier_gradient, classify
from integrad.network.layers import conv, linear
from integrad.network.network import Network
from integrad_codegen import bounds
from integrad_codegen.bounds import INT64_LIMIT, bits_for
from integrad_codegen.c.runtime import runtime_files
from integrad_codegen.micropython.viper_memory import Limbs
from integrad_codegen.plan import make_plan

CONV = {
    "type": "conv",
    "channels": 1,
    "stride": [1, 1],
    "padding": [0, 0],
    "alpha_inv": 4,
    "head_pool": "max",
}


def dense(units):
    return {"type": "dense", "units": units, "alpha_inv": 4}


# Types


def test_types_change_exactly_at_the_border():
    assert bits_for(INT32_LIMIT, "x") == 32
    assert bits_for(INT32_LIMIT + 1, "x") == 64
    assert bits_for(INT64_LIMIT, "x") == 64
    with pytest.raises(IntegradError, match=r"^block 7 .*does not fit in 64 bits; use smaller batches"):
        bits_for(INT64_LIMIT + 1, "block 7 (conv)")


def test_sums_of_32_bits_end_exactly_at_the_border():
    bounds.check_sum("a sum", INT32_LIMIT)
    with pytest.raises(IntegradError, match=r"^a sum may reach 2,147,483,648"):
        bounds.check_sum("a sum", INT32_LIMIT + 1)
    most = INT32_LIMIT // (INT8_LIMIT * ERROR_LIMIT)
    bounds.check_classifier("output", most)
    with pytest.raises(IntegradError, match=r"^output: batches of 106,348 are too large"):
        bounds.check_classifier("output", most + 1)


@pytest.mark.parametrize(
    ("layers", "inputs", "expected"), [([], 518, 32), ([], 519, 64), ([723], 1, 32), ([724], 1, 64)]
)
def test_the_width_of_scores_follows_from_what_the_layer_before_can_give(layers, inputs, expected):
    network = Network((inputs,), 2, [dense(units) for units in layers], sums=64)
    assert make_plan(network, "model", "none", 1).output.sum_bits == expected


def test_parts_of_wide_sums_fit_32_bits():
    """In C and, where 64-bit integers would hide a mistake in the tests of the host, in viper."""
    assert bounds.PART * INT8_LIMIT * INT16_WEIGHT_LIMIT <= INT32_LIMIT
    assert f"INTEGRAD_PART = {bounds.PART} }};" in runtime_files()["integrad/scaled_wide.h"]
    network = Network((600,), 2, [dense(3)], sums=64)
    plan = make_plan(network, "model", "none", 1)
    assert [o.sum_bits for o in (*plan.operations, plan.output)] == [64, 32]
    assert [o.limit for o in (*plan.operations, plan.output)] == [INT16_WEIGHT_LIMIT] * 2


@given(st.integers(1, 4096), st.integers(1, INT32_LIMIT))
def test_widths_of_gradients(terms, error):
    wide = terms * INT8_LIMIT * error > INT32_LIMIT
    assert bounds.gradient_bits("block 1", terms, error) == (64 if wide else 32)


@pytest.mark.parametrize("units", [1, 600, 3000, 8000])
@pytest.mark.parametrize("classes", [2, 10])
def test_a_plan_changes_type_at_the_batch_that_its_bound_says(units, classes):
    network = Network((3,), classes, [dense(units)])
    error = ERROR_LIMIT * classes * weight_limit(units, activation_limit(4))
    border = INT32_LIMIT // (INT8_LIMIT * error)
    for batch, expected in ((border, 32), (border + 1, 64)):
        if batch:
            block = make_plan(network, "model", "all", batch).learning_blocks[0]
            assert block.gradient_bits == expected, batch


def test_a_convolution_counts_its_positions():
    """One error for each position; with a max-pooled head, one for each window."""
    for features, errors in ((9999, 36), (9, 9), (1, 1)):
        network = Network((1, 6, 6), 2, [CONV | {"kernel": [1, 1], "head_features": features}])
        head = network.blocks[0].head_features
        error = ERROR_LIMIT * 2 * weight_limit(head, activation_limit(4))
        narrow = errors * INT8_LIMIT * error <= INT32_LIMIT
        block = make_plan(network, "model", "all", 1).learning_blocks[0]
        assert block.gradient_bits == (32 if narrow else 64)


def test_an_average_pooled_head_sends_errors_to_every_position():
    network = Network((1, 6, 6), 2, [CONV | {"kernel": [1, 1], "head_features": 1, "head_pool": "avg"}])
    assert network.blocks[0].head_features == 1
    assert make_plan(network, "model", "all", 1).learning_blocks[0].gradient_bits == 64


# Worst cases


@pytest.mark.parametrize("fan_in", [1, 7, 518, 519, 784, 5000])
def test_the_largest_pre_activation_is_reached_and_fits(fan_in):
    x = np.full((1, fan_in), -INT8_LIMIT, np.int8)
    w = np.full((1, fan_in), -weight_limit(fan_in), np.int16)
    z = int(linear.forward(x, w)[0, 0])
    assert z == INT8_LIMIT * fan_in * weight_limit(fan_in) <= INT32_LIMIT
    assert bounds.sum_bits("block 1", fan_in, weight_limit(fan_in)) == 32
    assert bounds.sum_bits("block 1", fan_in, INT16_WEIGHT_LIMIT) == (64 if fan_in > 518 else 32)


def test_the_largest_pre_activation_of_a_convolution():
    x = np.full((1, 2, 3, 3), INT8_LIMIT, np.int8)
    w = np.full((1, 2, 3, 3), weight_limit(18), np.int16)
    assert conv.forward(x, w, (1, 1), (0, 0)).max() == INT8_LIMIT * 18 * weight_limit(18)


def test_the_largest_gradient_of_the_output_is_reached():
    """Every sample is of class 0, and every prediction of it as wrong as can be."""
    x = np.full((9, 4), INT8_LIMIT, np.int8)
    weights = np.full((3, 4), -weight_limit(4), np.int16)
    error = classify(x, weights).astype(int) - np.array([32, 0, 0])
    gradient = classifier_gradient(error, x)
    assert np.abs(gradient).max() == 9 * INT8_LIMIT * ERROR_LIMIT


def test_brute_force_over_all_extremes_of_a_tiny_block_stays_within_the_bound():
    """All signs of weights, errors and inputs at their limits; the label's error alone reaches 159."""
    limit, worst = weight_limit(1), 0
    block = DenseBlock(1, 1, 2, 4)
    for w, h0, h1, x0, x1 in itertools.product((-limit, limit), repeat=5):
        block.weights[...], block.head[...] = np.sign(w) * 9, [[h0], [h1]]
        x = np.array([[np.sign(x0) * INT8_LIMIT], [np.sign(x1) * INT8_LIMIT]], np.int8)
        cache = block.forward(x)
        for errors in itertools.product((-ERROR_LIMIT, INT8_LIMIT), repeat=4):
            error = np.array(errors).reshape(2, 2)
            delta = linear.input_gradient(error, block.head)
            assert np.abs(delta).max() <= bounds.block_error("block 1", 2, limit)
            gradient = abs(int(block.weight_gradient(error, cache)[0, 0]))
            worst = max(worst, gradient)
    bound = 2 * INT8_LIMIT * bounds.block_error("block 1", 2, limit)
    assert worst == bound, "with every class as wrong as a labelled one, the bound is reached"


def test_an_error_of_a_block_must_fit_32_bits():
    assert bounds.block_error("block 1", 413, 32639) == 159 * 413 * 32639 <= INT32_LIMIT
    with pytest.raises(IntegradError, match=r"^block 3: .*use fewer classes$"):
        bounds.block_error("block 3", 414, 32639)


@pytest.mark.parametrize("batch", [1, 16, 4096])
@pytest.mark.parametrize("positions", [1, 49, 1024])
@pytest.mark.parametrize("error", [2**20, INT32_LIMIT])
def test_limbs_of_wide_gradients_leave_half_of_the_range_for_carries(batch, positions, error):
    block = SimpleNamespace(gradient_bits=64, positions=positions, error_bound=error)
    limbs, terms = Limbs.of(block, batch), batch * positions * INT8_LIMIT
    assert terms * 2**limbs.bits <= INT32_LIMIT // 2
    assert terms * ((error >> limbs.bits * (limbs.count - 1)) + 1) <= INT32_LIMIT // 2


def test_refusals_name_the_layer():
    widest = INT32_LIMIT // SCALE
    assert bounds.sum_bits("block 2 (dense)", widest, 2) == 32
    with pytest.raises(IntegradError, match=r"^block 2 \(dense\): fan-in .* is too large"):
        bounds.sum_bits("block 2 (dense)", widest + 1, 1)
    with pytest.raises(IntegradError, match=r"^head1 gradient: .*use smaller batches"):
        bounds.gradient_bits("head1", 2**40, 2**30)


# Input


@pytest.mark.parametrize(
    ("low", "high", "centre", "expected"),
    [
        (0, 255, 128, 32),
        (-(2**15), 2**15 - 1, 2**15 - 1, 32),
        (0, 2**16 - 1, 0, 32),
        (-(2**31), 2**31 - 1, 0, 64),
        (0, INT32_LIMIT // 51, 0, 32),
        (0, INT32_LIMIT // 51 + 1, 0, 64),
        (-1, INT32_LIMIT // 51, -1, 64),
        (-(INT32_LIMIT // 51), 0, 0, 32),
        (-(INT32_LIMIT // 51) - 1, 0, 0, 64),
    ],
)
def test_widths_of_the_normalisation(low, high, centre, expected):
    assert bounds.normalisation_bits(low, high, centre) == expected
    middle = (low + high) // 2
    assert bounds.normalisation_bits(low, high, centre, middle) == expected, "the widest channel counts"
