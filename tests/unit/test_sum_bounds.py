"""The ranges of sums: what a layer's inputs can be, and the limits of weights that follow from it."""

import numpy as np
import pytest

from integrad.arithmetic import (
    INT8_LIMIT,
    INT16_WEIGHT_LIMIT,
    INT32_LIMIT,
    MAX_FAN_IN,
    SCALE,
    SLOPES,
    WIDE_MAX_FAN_IN,
    activation_limit,
    saturate,
    sum_bits,
    tdiv,
    weight_limit,
)
from integrad.errors import IntegradError
from integrad.network.layers import dropout, nitro_relu, pool
from integrad.network.network import Network
from integrad.network.notation import parse_notation
from integrad.network.sum_bounds import SumBounds

ALL = np.arange(-INT8_LIMIT, INT8_LIMIT + 1).astype(np.int8)


def network(spec: str, shape=(1, 28, 28), sums=32) -> Network:
    return Network(shape, 10, parse_notation(spec, shape), sums=sums)


def limits(net: Network) -> list[int]:
    return [block.input_limit for block in net.blocks] + [net.output.input_limit]


@pytest.mark.parametrize("alpha_inv", SLOPES)
def test_the_largest_activation_is_reached(alpha_inv):
    h = nitro_relu.forward(ALL, alpha_inv).astype(int)
    assert np.abs(h).max() == activation_limit(alpha_inv) < INT8_LIMIT
    low, high = -(127 // alpha_inv) - SLOPES[alpha_inv].mean, 127 - SLOPES[alpha_inv].mean
    assert (h.min(), h.max()) == (low, high)


def test_the_range_for_slope_4():
    assert activation_limit(4) == 91
    assert weight_limit(1152) == 14_678 and weight_limit(1152, 91) == 20_485


@pytest.mark.parametrize("percent", dropout.KEEP_SCALE)
def test_dropout_stays_within_its_limit_in_training_and_in_inference(percent):
    for limit in (1, 51, activation_limit(4), 127):
        h = ALL[np.abs(ALL.astype(int)) <= limit]
        kept = dropout.forward(h, percent, np.ones(h.shape, bool)).astype(int)
        assert np.abs(kept).max() == dropout.output_limit(limit, percent) >= limit


def test_pools_keep_the_range():
    x = np.full((1, 1, 4, 4), -91, np.int8)
    assert pool.max_forward(x, (2, 2)).min() == pool.average_forward(x, (2, 2)).min() == -91


def test_each_layer_knows_what_its_predecessor_can_give():
    assert limits(network("cnn:c4,p2,c4,a2,d5")) == [127, 91, 91, 91]
    assert limits(network("cnn:p2,c4,x10,p2,d5,x95")) == [127, 101, 127]
    assert limits(network("mlp:5,x25,5", (9,))) == [127, 121, 91]
    steep = [{"type": "dense", "units": 3, "alpha_inv": a} for a in (3, 20, 8)]
    assert limits(Network((9,), 2, steep)) == [127, 96, 82, 85]


def test_heads_learn_from_the_activations_of_their_block():
    block = Network((2000,), 2, [{"type": "dense", "units": 900, "alpha_inv": 10}]).blocks[0]
    assert block.bounds == SumBounds(2000) and block.head_bounds == SumBounds(900, 84)
    weights, head = block.parameters(0)
    assert (weights.limit, head.limit) == (weight_limit(2000), weight_limit(900, 84))


@pytest.mark.parametrize("fan_in", [1, 518, 519, 723, 724, 4608, WIDE_MAX_FAN_IN])
@pytest.mark.parametrize("input_limit", [82, 91, 127])
def test_the_width_that_a_layer_needs(fan_in, input_limit):
    narrow, wide = (SumBounds(fan_in, input_limit, sums) for sums in (32, 64))
    assert narrow.bits == 32 and narrow.largest <= INT32_LIMIT
    assert wide.weight_limit == INT16_WEIGHT_LIMIT
    assert wide.bits == sum_bits(fan_in, input_limit, 64) == (64 if wide.largest > INT32_LIMIT else 32)
    assert (wide.bits == 32) == (narrow.weight_limit == INT16_WEIGHT_LIMIT)


def test_the_width_changes_at_the_first_sum_that_32_bits_cannot_hold():
    most = INT32_LIMIT // INT16_WEIGHT_LIMIT
    assert (sum_bits(most, 1, 64), sum_bits(most + 1, 1, 64)) == (32, 64)


def test_64_bits_suffice_for_every_fan_in():
    assert MAX_FAN_IN * INT8_LIMIT * INT16_WEIGHT_LIMIT < 2**45


@pytest.mark.parametrize("fan_in", [1, 2000, WIDE_MAX_FAN_IN - 1, WIDE_MAX_FAN_IN])
def test_a_sum_may_be_saturated_to_32_bits_before_it_is_divided(fan_in):
    divisor = SCALE * fan_in
    near = [q * divisor + r for q in range(-130, 131) for r in (-1, 0, 1)]
    z = np.array([*near, *(s * (INT32_LIMIT + d) for s in (-1, 1) for d in range(-2, 3)), 2**44, -(2**44)])
    direct = saturate(tdiv(z, divisor), INT8_LIMIT)
    assert (saturate(tdiv(saturate(z, INT32_LIMIT), divisor), INT8_LIMIT) == direct).all()


def test_one_more_input_would_be_wrong():
    divisor, z = SCALE * (WIDE_MAX_FAN_IN + 1), 2**40
    assert saturate(tdiv(z, divisor), 127) == 127 > tdiv(saturate(z, INT32_LIMIT), divisor)


def test_wide_sums_are_part_of_the_description():
    wide = network("cnn:c4,p2,d300", sums=64)
    assert wide.describe()["sums"] == 64 and "sums" not in network("cnn:c4", sums=32).describe()
    again = Network.from_description(wide.describe())
    assert again.describe() == wide.describe() and again.sums == 64
    assert [b.sums for b in again.blocks] == [64, 64] and again.output.sums == 64
    assert [b.bounds.bits for b in again.blocks] == [32, 64], "nine inputs fit in 32 bits"
    assert "sums" not in Network.from_description(network("mlp:3").describe() | {"sums": 32}).describe()


def test_all_weights_at_their_limits_give_the_sums_that_are_proved():
    net = network("mlp:800,800", (1000,), sums=64)
    for parameter in net.parameters():
        parameter.array[...] = parameter.limit
    x = np.full((2, 1000), 127, np.int8)
    x[1] = -127
    first = net.blocks[0].forward(x)
    assert first.s.tolist() == [[127] * 800, [-127] * 800]
    assert net.blocks[0].bounds.largest == 127 * 1000 * 32_639 > INT32_LIMIT
    assert net.blocks[1].forward(first.h).s[:, 0].tolist() == [127, -127]


@pytest.mark.parametrize("sums", [16, 0, True, "64", 64.0, None])
def test_other_widths_are_refused(sums):
    with pytest.raises(IntegradError, match=r"^network: sums must be 32 or 64 \(bits\) with the learner"):
        Network.from_description(network("mlp:3").describe() | {"sums": sums})


def test_other_learners_have_no_wide_sums():
    layer = {"type": "pocket_dense", "units": 3, "activation": "tanh"}
    with pytest.raises(IntegradError, match=r"sums must be 32 \(bits\) with the learner pocket"):
        Network((3,), 2, [layer], "pocket", 64)


def test_a_layer_that_is_too_wide_for_64_bit_sums_is_refused():
    layer = {"type": "dense", "units": 1, "alpha_inv": 4}
    Network((WIDE_MAX_FAN_IN // 4, 2, 2), 2, [layer], sums=64)
    shape = (3, 150, 150)
    assert WIDE_MAX_FAN_IN < 3 * 150 * 150
    Network(shape, 2, [layer])
    with pytest.raises(IntegradError, match="block 1 has 67,500 inputs, more than the 66,052 supported"):
        Network(shape, 2, [layer], sums=64)
    with pytest.raises(IntegradError, match="output layer has 67,500 inputs"):
        Network(shape, 2, [], sums=64)
