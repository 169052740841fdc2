"""Integer backpropagation: recorded vectors, an independent implementation, bounds and refusals."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrad.arithmetic import INT32_LIMIT
from integrad.errors import IntegradError
from integrad.learners import backprop_update as updates
from integrad.learners.backprop import BackpropRule, largest_batch
from integrad.learners.backprop_loss import CROSS_ENTROPY, LOSSES, cross_entropy_error
from integrad.learners.backprop_pass import BatchPass
from integrad.learners.table import LEARNERS
from integrad.network.backprop_blocks import ENCODINGS, BackpropDense, initial_exponent
from integrad.network.layers import columns
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.network.notation import parse_notation

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "parity"))
import plain_backprop
from plain_backprop import PlainBackprop, PlainLayer, with_bias

BACKPROP = LEARNERS["backprop"]
VECTORS = json.loads(Path(__file__).with_name("backprop_vectors.json").read_text())


def make_network(spec, shape, classes=3, seed=0, groups=1, output_bias=False, **options):
    """spec: in the short notation. options: of all layers with weights. seed: None for weights of 0.

    groups: of convolutions whose channels it divides.
    """
    layers, channels = parse_notation(spec, shape, "backprop"), shape[0]
    for layer in layers:
        if layer["type"].startswith("backprop"):
            layer |= options
        if "channels" in layer:
            if channels % groups == layer["channels"] % groups == 0:
                layer.setdefault("groups", groups)
            channels = layer["channels"]
    network = Network(shape, classes, layers, "backprop", output_bias=output_bias)
    if seed is not None:
        network.initialise(np.random.default_rng(seed))
    return network


def layers_of(network):
    return [*network.blocks, network.output]


def rule_for(network, learn="all", rate=64, loss="squared", update="exact", scaling="constant"):
    return BackpropRule(rate, loss, update, scaling, LearnSet.parse(learn, len(network.blocks)))


def step(network, x, labels, rule, kept=None):
    gradients, outcome = BACKPROP.gradients(network, x, labels, rule, kept)
    assert {name: g.shape for name, g in gradients.items()} == BACKPROP.gradient_shapes(network, rule)
    BACKPROP.descend(network, gradients, rule)
    return outcome


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['name']}, {v['spec']}")
def test_recorded_steps(vector):
    """Weights and scores of two steps. Recorded masters are rounded to weights half away from zero, where
    ours are rounded half up: the test checks that no such tie occurs."""
    options = {key: vector[key] for key in ("encoding", "leak")}
    network = make_network(vector["spec"], tuple(vector["input_shape"]), vector["classes"], None, **options)
    layers, weights = layers_of(network), [map(np.array, w) for w in vector["weights"]]
    for layer, values, scales in zip(layers, weights[0], vector["scales"], strict=True):
        layer.set_master(values)
        layer.scales[...] = scales
    rule = rule_for(
        network, "all", *(vector[key] for key in ("learning_rate_inv", "loss", "update", "scaling"))
    )
    x, labels = np.array(vector["x"], np.int8), np.array(vector["labels"])
    for scores, after in zip(vector["scores"], weights[1:], strict=True):
        assert BatchPass(network, vector["scaling"], 0).forward(x, None).tolist() == scores
        step(network, x, labels, rule)
        for layer, values in zip(layers, after, strict=True):
            assert np.array_equal(layer.master(), values)
            assert vector["encoding"] == "int8" or not (values % 256 == 128).any()


@pytest.mark.parametrize(
    "scores, exponent, label, expected",
    [
        ([100, 20, -30, 5], -5, 1, [1775, -1937, 53, 109]),
        ([100, 20, -30, 5], -8, 0, [-1372, 496, 408, 468]),
        ([3, -2, 0, 1], 0, 2, [1706, 25, -1942, 211]),
    ],
)
def test_published_errors_of_cross_entropy(scores, exponent, label, expected):
    found = cross_entropy_error(np.array([scores], np.int32), exponent, np.array([label]))
    assert found.tolist() == [expected]


@pytest.mark.parametrize("loss", LOSSES)
@given(
    scores=st.lists(st.integers(-127, 127), min_size=2, max_size=9),
    exponent=st.integers(-45, 40),
    label=st.integers(0, 1),
)
def test_losses_against_plain_integers(loss, scores, exponent, label):
    found = LOSSES[loss](np.array([scores], np.int32), exponent, np.array([label]))
    assert found.tolist() == [plain_backprop.LOSSES[loss](scores, exponent, label)]
    assert found.dtype == np.int32


def plain(network):
    """The same network in plain integers."""
    found, blocks = [], iter(network.blocks)
    for stage in network.stages:
        if stage.block is None:
            kind = {"max_pool": "max", "avg_pool": "average"}.get(stage.kind, stage.kind)
            found.append(PlainLayer(kind, window=stage.window, percent=stage.percent))
            continue
        block = next(blocks)
        conv = stage.kind == "backprop_conv"
        geometry = (block.stride, block.padding, block.groups) if conv else None
        found.append(plain_layer("conv" if conv else "dense", block, geometry))
    return PlainBackprop([*found, plain_layer("dense", network.output, None)])


def plain_layer(kind, layer, geometry):
    stride, padding, groups = geometry or ((1, 1), (0, 0), 1)
    weights, fraction = plain_weights(layer)
    exponent, out, back = layer.scales.tolist()
    return PlainLayer(
        kind,
        weights=weights,
        fraction=fraction,
        exponent=exponent,
        out=out,
        back=back,
        leak=layer.leak,
        biased=layer.bias is not None,
        stride=stride,
        padding=padding,
        groups=groups,
    )


def plain_weights(layer):
    """With biases as weights of a further input."""
    found = []
    for array, bias in ((layer.weights, layer.bias), (layer.fraction, layer.bias_fraction)):
        rows = None if array is None else (array if array.ndim == 4 else array[..., None, None]).tolist()
        found.append(rows if rows is None or bias is None else with_bias(rows, bias.tolist()))
    return found


def assert_same(network, twin):
    for layer, other in zip(layers_of(network), twin.learnable, strict=True):
        assert plain_weights(layer) == [other.weights, other.fraction]
        assert layer.scales.tolist() == [other.exponent, other.out, other.back]


def maps(x):
    """int8 samples as lists of maps; features are maps of one pixel."""
    return (x if x.ndim == 4 else x[..., None, None]).tolist()


SHAPES = {
    "mlp:": ((7,), ["mlp:5", "mlp:4,3", "mlp:6,x25,4,x50", "mlp:5,4,3"]),
    "cnn:": (
        (2, 6, 5),
        ["cnn:c3,p2,d4", "cnn:a2,c2,c3k1,d3", "cnn:c4s2,dw,x10,p2", "cnn:dw,c2k3s2,a2,d3,x25", "cnn:p2,d3"],
    ),
    "series": ((1, 1, 9), ["cnn:c3k5s2,p2,c2,d3"]),
}
NETWORKS = [(shape, spec) for shape, specs in SHAPES.values() for spec in specs]


@st.composite
def trainings(draw):
    shape, spec = draw(st.sampled_from(NETWORKS))
    update = draw(st.sampled_from(["exact", "normalised"]))
    scalings = ["constant"] if update == "exact" else ["constant", "delayed", "maximum"]
    return {
        "shape": shape,
        "spec": spec,
        "update": update,
        "scaling": draw(st.sampled_from(scalings)),
        "encoding": draw(st.sampled_from(["int8", "int16-master"])),
        "leak": draw(st.sampled_from([0, 2, 4, 8, 16])),
        "loss": draw(st.sampled_from(list(LOSSES))),
        "rate": 2 ** draw(st.integers(0, 9)),
        "learn": draw(st.sampled_from(["all", "all", "last:1", "last:2", "output", "none"])),
        "batch": draw(st.integers(1, 4)),
        "seed": draw(st.integers(0, 2**32)),
        "calibrated": draw(st.booleans()),
        "wild": draw(st.booleans()),
        "groups": draw(st.sampled_from([1, 2])),
        "bias": draw(st.booleans()),
        "output_bias": draw(st.booleans()),
    }


@settings(max_examples=150, deadline=None)
@given(trainings())
def test_against_plain_integers(case):
    rng = np.random.default_rng(case["seed"])
    shape, batch = case["shape"], case["batch"]
    network = make_network(
        case["spec"],
        shape,
        3,
        **{key: case[key] for key in ("seed", "groups", "leak", "encoding", "bias", "output_bias")},
    )
    x = rng.integers(-127, 128, (batch, *shape)).astype(np.int8)
    labels = rng.integers(0, 3, batch)
    if case["calibrated"]:
        BACKPROP.calibrate(network, x, labels, {"loss": case["loss"]})
    if case["wild"]:
        for layer in layers_of(network):
            for role in layer.learning:
                values = rng.integers(-127, 128, getattr(layer, role).shape)
                layer.set_master(values * (256 if case["encoding"] != "int8" else 1), role)
            layer.scales[...] = rng.integers((-12, 0, 0), (-3, 14, 14))
    twin = plain(network)
    rule = rule_for(network, *(case[key] for key in ("learn", "rate", "loss", "update", "scaling")))
    first = rule.learn_set.first_block if rule.learn_set.output_learns else len(network.blocks) + 1
    k = case["rate"].bit_length() - 1
    for _ in range(3):
        drops = [stage for stage in network.stages if stage.kind == "dropout"]
        kept = [rng.integers(0, 3, (batch, *stage.input_shape)) > 0 for stage in drops]
        outcome = step(network, x, labels, rule, kept)
        scores, loss = twin.step(
            maps(x),
            labels.tolist(),
            k,
            *(case[key] for key in ("loss", "update", "scaling")),
            first=first,
            masks=[maps(mask) for mask in kept],
        )
        assert_same(network, twin)
        assert outcome.loss == loss
        hits = [row.index(max(row)) == label for row, label in zip(scores, labels.tolist(), strict=True)]
        assert outcome.correct == sum(hits)
        x, labels = rng.integers(-127, 128, x.shape).astype(np.int8), rng.integers(0, 3, batch)


@pytest.mark.parametrize("numerator", [3, 6])
def test_initial_exponents(numerator):
    for fan_in in [*range(1, 200), 784, 1024, 133_144]:
        exponent = initial_exponent(numerator, fan_in) + 7
        assert 4.0**exponent >= numerator / fan_in > 4.0 ** (exponent - 1)


@pytest.mark.parametrize("encoding", ["int8", "int16-master"])
def test_initial_weights_in_a_part_of_their_range(encoding):
    """The exponents do not depend on the part; 100 % is what there is without the setting."""

    def initial(**setting):
        network = make_network("mlp:200,100", (784,), encoding=encoding)
        network.initialise(np.random.default_rng(4), **setting)
        return network

    usual, whole, part = initial(), initial(initial_weights=100), initial(initial_weights=33)
    for name, array in usual.arrays().items():
        assert np.array_equal(array, whole.arrays()[name])
    for before, after in zip(layers_of(usual), layers_of(part), strict=True):
        assert np.array_equal(before.scales, after.scales)
        largest, smaller = (np.abs(layer.master().astype(int)).max() for layer in (before, after))
        assert 0.3 * largest <= smaller <= 0.34 * largest


@pytest.mark.parametrize("encoding", ["int8", "int16-master"])
def test_initial_weights_fill_their_range(encoding):
    network = make_network("mlp:200,100", (784,), encoding=encoding)
    for layer, numerator in zip(layers_of(network), (6, 6, 3), strict=True):
        bound = (numerator / layer.fan_in) ** 0.5
        largest = np.abs(layer.master().astype(int)).max() * 2.0**layer.update_exponent
        assert 0.95 * bound < largest <= bound
        assert abs(layer.master().mean()) < 0.05 * np.abs(layer.master().astype(int)).max()


def test_weights_are_the_rounded_masters():
    layer = make_network("mlp:1", (65025,), encoding="int16-master").blocks[0]
    values = np.arange(-32512, 32513).reshape(1, -1)
    layer.set_master(values)
    assert np.array_equal(layer.master(), values)
    assert np.array_equal(layer.weights, np.floor(values / 256 + 0.5))
    assert layer.fraction.min() == -128 and layer.fraction.max() == 127


def test_scatter_is_the_transpose_of_gather():
    rng = np.random.default_rng(1)
    for kernel, stride, padding in (
        ((3, 3), (1, 1), (1, 1)),
        ((2, 3), (2, 1), (0, 2)),
        ((1, 4), (1, 2), (0, 0)),
    ):
        x = rng.integers(-127, 128, (2, 3, 6, 7))
        found = columns.gather(x.astype(np.int8), kernel, stride, padding)
        y = rng.integers(-127, 128, found.shape)
        back = columns.scatter(y, x.shape[1:], kernel, stride, padding)
        assert (found.astype(np.int64) * y).sum() == (x * back).sum()


def test_large_maps_are_processed_in_pieces(monkeypatch):
    from integrad.network import backprop_blocks

    def run():
        network = make_network("cnn:c4,c3s2", (2, 8, 8), seed=3)
        rng = np.random.default_rng(5)
        x = rng.integers(-127, 128, (7, 2, 8, 8)).astype(np.int8)
        step(network, x, rng.integers(0, 3, 7), rule_for(network, scaling="maximum", update="normalised"))
        return network.weights_crc()

    whole = run()
    monkeypatch.setattr(backprop_blocks, "COLUMN_ELEMENTS", 3 * 64 * 18)
    assert run() == whole


def test_calibrated_shifts_use_seven_bits_and_saturate_nothing():
    network = make_network("cnn:c4,p2,d9", (1, 8, 8), seed=2)
    rng = np.random.default_rng(0)
    x, labels = rng.integers(-127, 128, (50, 1, 8, 8)).astype(np.int8), rng.integers(0, 3, 50)
    BACKPROP.calibrate(network, x, labels, {"loss": CROSS_ENTROPY})
    found = x
    for stage in network.stages:
        if stage.block is not None:
            _, sums = stage.block.accumulate(
                found.reshape(len(x), -1) if stage.block.takes_features else found
            )
            largest = np.abs(sums).max() / 2**stage.block.output_shift
            assert 64 < largest <= 128
        found = stage.forward(found)
    before = network.arrays()["output.scales"].copy()
    BACKPROP.calibrate(network, x, labels, {"loss": CROSS_ENTROPY})
    assert np.array_equal(network.arrays()["output.scales"], before)


def test_parts_of_a_batch_add_up():
    """Gradients of parts of a batch, each with its own maximum, have the sum of the whole batch's."""
    network, rng = make_network("mlp:9,5", (20,)), np.random.default_rng(4)
    x, labels = rng.integers(-127, 128, (11, 20)).astype(np.int8), rng.integers(0, 3, 11)
    rule = rule_for(network, update="normalised", scaling="delayed")
    parts = [BACKPROP.gradients(network, x[rows], labels[rows], rule)[0] for rows in (slice(4), slice(4, 11))]
    both = {name: sum(part[name] for part in parts) for name in parts[0]}
    whole, _ = BACKPROP.gradients(network, x, labels, rule)
    other = network.copy()
    BACKPROP.descend(network, whole, rule)
    BACKPROP.descend(other, both, rule)
    assert network.weights_crc() == other.weights_crc()
    assert all(np.array_equal(both[name], whole[name]) for name in whole if not name.endswith("scales"))


def test_the_largest_batch():
    network = make_network("cnn:c2,p2,d3", (1, 32, 32))
    most = largest_batch(layers_of(network))
    assert most == (2**31 - 1) // (127 * 127 * 1024) == 130
    BACKPROP.check_batch(network, most)
    with pytest.raises(IntegradError, match=r"^a batch of 131: .* at most 130 samples"):
        BACKPROP.check_batch(network, most + 1)


def test_damaged_parameters_are_refused():
    network = make_network("mlp:3", (4,), encoding="int16-master")
    arrays = network.arrays()
    for name, index, value, words in (
        ("block1.scales", 1, 31, r"block1\.scales: a shift of 31 is not in 0 … 30"),
        ("output.scales", 2, -1, r"output\.scales: a shift of -1"),
        ("block1.scales", 0, 100, r"block1\.scales: .*100 exceeds the limit 64"),
        ("block1.weights", (0, 0), -128, r"block1\.weights: .*128 exceeds the limit 127"),
    ):
        wrong = {key: array.copy() for key, array in arrays.items()}
        wrong[name][index] = value
        with pytest.raises(IntegradError, match=words):
            network.load_parameters(wrong)
    arrays["block1.fraction"][0, 0] = -128
    network.load_parameters(arrays)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_longest_step_fits_32_bits_and_leads_across_all_weights(encoding):
    layer = BackpropDense(1, 1, encoding=encoding)
    limit = updates.limit(layer)
    gradient = np.array([INT32_LIMIT, -INT32_LIMIT], np.int32)
    for shift in (-15, -16, -100):
        step = updates.exact_step(layer, gradient, shift)
        assert step.tolist() == [2 * limit << 15, -(2 * limit << 15)] and step[0] + limit <= INT32_LIMIT
