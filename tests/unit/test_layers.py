"""Individual layers: shapes, limits, and properties of the published algorithm."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrad.arithmetic import INT32_LIMIT, SLOPES, weight_limit
from integrad.network.blocks import ConvBlock, DenseBlock, HeadPooling, random_weights
from integrad.network.layers import conv, dropout, flatten, linear, nitro_relu, pool, scaling

RNG = np.random.default_rng(7)


def int8(*shape):
    return RNG.integers(-127, 128, shape).astype(np.int8)


# Scaling


def test_scaling_truncates_and_saturates():
    fan_in = 3
    unit = 256 * fan_in
    z = np.array([0, unit - 1, unit, 1 - unit, -unit, 127 * unit, 128 * unit, -200 * unit, INT32_LIMIT])
    assert scaling.forward(z, fan_in).tolist() == [0, 0, 1, 0, -1, 127, 127, -127, 127]
    assert scaling.forward(z, fan_in).dtype == np.int8


def test_scaling_passes_its_gradient_straight_through():
    delta = np.array([[5, -(2**40)]])
    assert scaling.backward(delta) is delta


# NITRO-ReLU


@pytest.mark.parametrize("alpha_inv", SLOPES)
def test_nitro_relu_on_its_whole_range(alpha_inv):
    s = np.arange(-127, 128).astype(np.int8)
    expected = [(v if v >= 0 else -(-v // alpha_inv)) - SLOPES[alpha_inv].mean for v in s.tolist()]
    h = nitro_relu.forward(s, alpha_inv)
    assert h.tolist() == expected and h.dtype == np.int8
    assert (np.diff(h.astype(int)) >= 0).all(), "it never decreases, so that a maximum may come first"


def test_nitro_relu_of_the_usual_slope_has_the_published_range():
    h = nitro_relu.forward(np.arange(-127, 128).astype(np.int8), 4)
    assert (h.min(), h.max()) == (-67, 91)


@pytest.mark.parametrize("alpha_inv", SLOPES)
def test_nitro_relu_backward(alpha_inv):
    s = np.array([-127, -1, 0, 126, 127], np.int8)
    for d in (1000, -1000, 2**31 - 1, -(2**31 - 1), alpha_inv - 1, 1 - alpha_inv):
        part = abs(d) // alpha_inv * (1 if d > 0 else -1)
        for dtype in (np.int32, np.int64):
            delta = np.full(5, d, dtype)
            passed = nitro_relu.backward(delta, s, alpha_inv)
            assert passed.tolist() == [part, part, d, d, 0], "saturation stops it at +127, not at -127"
            assert passed.dtype == dtype


# Linear and flatten


def test_linear_forward_and_gradients():
    x, w = int8(3, 4), RNG.integers(-1000, 1000, (2, 4)).astype(np.int16)
    delta = RNG.integers(-(10**6), 10**6, (3, 2))
    assert (linear.forward(x, w) == x.astype(int) @ w.T.astype(int)).all()
    assert (linear.input_gradient(delta, w) == delta @ w.astype(int)).all()
    assert (linear.weight_gradient(delta, x) == delta.T @ x.astype(int)).all()


def test_flatten_keeps_channel_row_column_order():
    x = np.arange(24).reshape(1, 2, 3, 4)
    assert flatten.forward(x).tolist() == [list(range(24))]
    assert (flatten.backward(flatten.forward(x), (2, 3, 4)) == x).all()


# Convolution


@st.composite
def convolutions(draw):
    size, kernel, stride, padding = [], [], [], []
    for _ in range(2):
        k = draw(st.integers(1, 5))
        padding.append(draw(st.integers(0, k - 1)))
        size.append(draw(st.integers(max(1, k - 2 * padding[-1]), 8)))
        kernel.append(k)
        stride.append(draw(st.integers(1, 3)))
    return tuple(size), tuple(kernel), tuple(stride), tuple(padding)


def naive_conv(x, w, stride, padding):
    """Sums over every window, one by one."""
    height, width = conv.output_size(x.shape[2:], w.shape[2:], stride, padding)
    out = np.zeros((len(x), len(w), height, width), np.int64)
    for n, o, r, c in np.ndindex(*out.shape):
        for k, i, j in np.ndindex(*w.shape[1:]):
            y, z = r * stride[0] - padding[0] + i, c * stride[1] - padding[1] + j
            if 0 <= y < x.shape[2] and 0 <= z < x.shape[3]:
                out[n, o, r, c] += int(w[o, k, i, j]) * int(x[n, k, y, z])
    return out


@settings(max_examples=50)
@given(convolutions(), st.integers(0, 2**31))
def test_conv_forward(shape, seed):
    size, kernel, stride, padding = shape
    rng = np.random.default_rng(seed)
    x = rng.integers(-127, 128, (2, 2, *size)).astype(np.int8)
    w = rng.integers(-32639, 32640, (3, 2, *kernel)).astype(np.int16)
    assert (conv.forward(x, w, stride, padding) == naive_conv(x, w, stride, padding)).all()


@settings(max_examples=25)
@given(convolutions(), st.integers(0, 2**31))
def test_conv_gradient_is_that_of_the_forward_pass(shape, seed):
    """Forward is linear in the weights: <delta, conv(x, w)> = <gradient, w> for every w."""
    size, kernel, stride, padding = shape
    rng = np.random.default_rng(seed)
    x = rng.integers(-127, 128, (2, 2, *size)).astype(np.int8)
    delta = rng.integers(-1000, 1001, (2, 3, *conv.output_size(size, kernel, stride, padding)))
    gradient = conv.weight_gradient(delta, x, kernel, stride, padding)
    assert gradient.shape == (3, 2, *kernel)
    for place in np.ndindex(*gradient.shape):
        unit = np.zeros(gradient.shape, np.int16)
        unit[place] = 1
        assert (naive_conv(x, unit, stride, padding) * delta).sum() == gradient[place]


@settings(max_examples=25)
@given(convolutions(), st.sampled_from([(2, 4, 6), (3, 3, 3), (4, 4, 8), (2, 6, 2)]), st.integers(0, 2**31))
def test_groups_are_convolutions_with_zeros_between_groups(shape, counts, seed):
    (size, kernel, stride, padding), (groups, inputs, channels) = shape, counts
    rng = np.random.default_rng(seed)
    x = rng.integers(-127, 128, (2, inputs, *size)).astype(np.int8)
    whole = rng.integers(-32639, 32640, (channels, inputs, *kernel)).astype(np.int16)
    group = np.arange(channels) // (channels // groups)
    seen = group[:, None] == np.arange(inputs) // (inputs // groups)
    whole *= seen[:, :, None, None]
    w = whole[seen].reshape(channels, inputs // groups, *kernel)
    z = conv.forward(x, w, stride, padding, groups)
    assert z.dtype == np.int64 and (z == conv.forward(x, whole, stride, padding)).all()
    delta = rng.integers(-1000, 1001, z.shape)
    gradient = conv.weight_gradient(delta, x, kernel, stride, padding, groups)
    expected = conv.weight_gradient(delta, x, kernel, stride, padding)
    assert (gradient == expected[seen].reshape(w.shape)).all()


def test_conv_works_through_chunks(monkeypatch):
    """A batch whose patches exceed the limit gives the same sums."""
    x, w = int8(5, 2, 6, 5), RNG.integers(-99, 99, (3, 2, 3, 3)).astype(np.int16)
    z = conv.forward(x, w, (1, 1), (1, 1))
    gradient = conv.weight_gradient(z, x, (3, 3), (1, 1), (1, 1))
    monkeypatch.setattr(conv, "PATCH_ELEMENTS", 700)
    assert (conv.forward(x, w, (1, 1), (1, 1)) == z).all()
    assert (conv.weight_gradient(z, x, (3, 3), (1, 1), (1, 1)) == gradient).all()


# Pools


def test_max_pool_drops_windows_that_do_not_fit():
    x = np.array([[[[1, 2, 9], [3, 4, 9], [9, 9, 9]]]], np.int8)
    assert pool.max_forward(x, (2, 2)).tolist() == [[[[4]]]]


def test_padding_is_zero_and_may_win():
    x = np.array([[[[-5, -6], [-7, 3]]]], np.int8)
    assert pool.max_forward(x, (2, 2), (1, 1)).tolist() == [[[[0, 0], [0, 3]]]]
    delta = np.array([[[[10, 20], [30, 40]]]])
    assert pool.max_backward(delta, x, (2, 2), (1, 1)).tolist() == [[[[0, 0], [0, 40]]]]


def test_the_first_maximum_gets_the_whole_gradient():
    x = np.array([[[[7, 7], [1, 7]], [[1, 2], [2, 2]]]], np.int8)
    delta = np.array([[[[5]], [[-9]]]])
    assert pool.max_backward(delta, x, (2, 2)).tolist() == [[[[5, 0], [0, 0]], [[0, -9], [0, 0]]]]


def test_a_padding_that_comes_first_wins_a_tie_and_a_later_one_loses_it():
    zero = np.zeros((1, 1, 2, 2), np.int8)
    delta = np.array([[[[1, 2], [3, 4]]]])
    # In the last window the map's own 0 comes before the padding's.
    assert pool.max_backward(delta, zero, (2, 2), (1, 1)).tolist() == [[[[0, 0], [0, 4]]]]


def test_average_pool_truncates_both_ways():
    x = np.array([[[[-1, -2], [-4, -4]]]], np.int8)
    assert pool.average_forward(x, (2, 2)).tolist() == [[[[-2]]]]
    delta = np.array([[[[-7]]]])
    assert pool.average_backward(delta, x, (2, 2)).tolist() == [[[[-1, -1], [-1, -1]]]]


def test_average_pool_of_a_whole_map_does_not_overflow():
    x = np.full((1, 1, 64, 64), -127, np.int8)
    assert pool.average_forward(x, (64, 64)).tolist() == [[[[-127]]]]


# Heads

# (channels, side, limit) → window, padding, features; of the networks in NITRO-D's paper.
PUBLISHED_HEADS = {
    (128, 28, 4096): ((8, 4), (4, 0), 3584),
    (256, 28, 4096): ((8, 8), (4, 4), 4096),
    (256, 14, 4096): ((4, 4), (2, 2), 4096),
    (512, 14, 4096): ((8, 4), (4, 2), 4096),
    (512, 7, 4096): ((4, 2), (2, 1), 4096),
    (512, 3, 4096): ((2, 1), (1, 0), 3072),
    (128, 32, 4096): ((8, 4), (0, 0), 4096),
    (256, 32, 4096): ((8, 8), (0, 0), 4096),
    (512, 16, 4096): ((8, 4), (0, 0), 4096),
    (512, 8, 4096): ((4, 2), (0, 0), 4096),
    (512, 4, 4096): ((2, 1), (0, 0), 4096),
    (3, 6, 16): ((4, 4), (2, 2), 12),
    (4, 3, 16): ((2, 2), (1, 1), 16),
}


@pytest.mark.parametrize("head", PUBLISHED_HEADS)
def test_published_heads(head):
    channels, side, limit = head
    pooling = HeadPooling.fit(channels, (side, side), limit, "max")
    features = channels * pooling.size[0] * pooling.size[1]
    assert (pooling.window, pooling.padding, features) == PUBLISHED_HEADS[head]


@given(st.integers(1, 40), st.tuples(st.integers(1, 40), st.integers(1, 40)), st.integers(1, 3000))
def test_heads_have_as_few_features_as_asked_if_that_is_possible(channels, size, limit):
    pooling = HeadPooling.fit(channels, size, limit, "avg")
    features = channels * pooling.size[0] * pooling.size[1]
    assert min(pooling.size) >= 1
    assert features <= max(limit, channels)
    if channels * size[0] * size[1] <= limit:
        assert pooling.window == (1, 1)
    h = np.zeros((1, channels, *size), np.int8)
    assert pooling.forward(h).shape == (1, channels, *pooling.size)
    delta = np.ones((1, channels, *pooling.size), np.int64)
    assert pooling.backward(delta, h).shape == h.shape


# Dropout


@pytest.mark.parametrize("percent", dropout.KEEP_SCALE)
def test_dropout_keeps_int8_and_its_expectation(percent):
    h = np.tile(np.arange(-127, 128).astype(np.int8), (400, 1))
    out = dropout.forward(h, percent, dropout.draw(h.shape, percent, np.random.default_rng(3)))
    assert out.dtype == np.int8 and np.abs(out.astype(int)).max() <= 127
    kept = out[:, h[0] != 0] != 0
    assert abs(1 - kept.mean() - percent / 100) < 0.01
    scale = dropout.KEEP_SCALE[percent]
    for column, value in enumerate(h[0].tolist()):
        scaled = abs(value) * scale // 1000 * (1 if value >= 0 else -1)
        assert set(out[:, column].tolist()) <= {0, max(-127, min(127, scaled))}


def test_up_to_25_percent_no_activation_saturates():
    """So that the result is the published one, which lets activations leave int8."""
    reach = max(max(127 - s.mean, 127 // a + s.mean) for a, s in SLOPES.items())
    assert reach * dropout.KEEP_SCALE[25] // 1000 <= 127
    assert {p: 100_000 // (100 - p) for p in range(5, 100, 5)} == dropout.KEEP_SCALE


def test_dropout_is_drawn_from_its_generator():
    first, again, other = (dropout.draw((10, 50), 50, np.random.default_rng(s)) for s in (1, 1, 2))
    assert (first == again).all() and (first != other).any()


# Blocks


def test_random_weights_fill_their_range_and_nothing_else():
    weights = random_weights((400, 100), 4, np.random.default_rng(0))
    assert weights.dtype == np.int16
    assert set(np.unique(weights)) == set(range(-30, 31))
    assert weight_limit(10**7) == 1
    wide = random_weights((1, 10**7), 4, np.random.default_rng(0))
    assert np.abs(wide).max() <= 1, "the bound of the width holds from the start"


def test_what_follows_from_the_fan_in_of_a_group():
    block = ConvBlock((6, 5, 5), 9, (3, 2), (1, 1), (1, 1), 4, 4, 64, "max", groups=3)
    assert block.weights.shape == (9, 2, 3, 2) and block.fan_in == 2 * 3 * 2
    block.weights[...] = weight_limit(block.fan_in)
    full = block.forward(np.full((1, 6, 5, 5), 127, np.int8))
    assert full.s[0, :, 2, 2].tolist() == [127] * 9
    block.weights[...] = 256
    one = block.forward(np.full((1, 6, 5, 5), 9, np.int8))
    assert one.s[0, :, 2, 2].tolist() == [9] * 9, "divided by 256 * 12"


def test_dense_and_1x1_convolution_are_the_same_block():
    dense = DenseBlock(6, 5, 3, 4)
    maps = ConvBlock((6, 1, 1), 5, (1, 1), (1, 1), (0, 0), 3, 4, 5, "max")
    dense.weights = RNG.integers(-9999, 9999, (5, 6)).astype(np.int16)
    dense.head = RNG.integers(-9999, 9999, (3, 5)).astype(np.int16)
    maps.weights, maps.head = dense.weights.reshape(5, 6, 1, 1), dense.head
    x, error = int8(4, 6), RNG.integers(-159, 128, (4, 3))
    a, b = dense.forward(x), maps.forward(x.reshape(4, 6, 1, 1))
    assert (a.h == b.h.reshape(4, 5)).all()
    gradients = dense.weight_gradient(error, a), maps.weight_gradient(error, b)
    assert (gradients[0] == gradients[1].reshape(5, 6)).all()


@pytest.mark.parametrize("window", [(1, 1), (2, 2), (3, 1), (2, 4)])
def test_small_windows_are_pooled_like_all_others(window, monkeypatch):
    rng = np.random.default_rng(sum(window))
    x = rng.integers(-3, 4, (2, 3, 7, 9)).astype(np.int8)
    delta = rng.integers(-99, 100, (2, 3, 7 // window[0], 9 // window[1])).astype(np.int16)
    found = [
        [pool.max_forward(x, window), pool.average_forward(x, window), pool.max_backward(delta, x, window)]
        for most in (16, 0)
        if not monkeypatch.setattr(pool, "FEW_CELLS", most)
    ]
    for fast, slow in zip(*found, strict=True):
        assert fast.dtype == slow.dtype and np.array_equal(fast, slow)
