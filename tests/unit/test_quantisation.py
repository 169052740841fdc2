"""The weights of float networks as integers: layouts, exponents, inputs, biases, accuracy."""

from fractions import Fraction

import numpy as np
import pytest

from integrad.datasets.dataset import build_dataset
from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import IntegradError, UsageError
from integrad.network.backprop_blocks import INT8, MASTER, BackpropConv, BackpropDense, output_exponent
from integrad.network.network import Network
from integrad.quantisation import InputScaling, Reading, quantise
from integrad.quantisation.assignment import assign
from integrad.quantisation.float_network import FloatNetwork
from integrad.quantisation.input_scaling import adapt
from integrad.quantisation.rounding import largest_exponent, round_weights
from integrad.quantisation.weight_layout import targets_of
from integrad.training.specification import load_spec
from integrad.training.stepper import Stepper

SHAPE, CLASSES = (2, 8, 6), 3
SPEC = "cnn:a2,c4,dw,p2,d5"


def network_of(spec=SPEC, shape=SHAPE, **options):
    return Network(shape, CLASSES, load_spec(spec, shape, "backprop", options).layers, "backprop")


def weights_of(network, seed=0):
    """Float weights in the shapes of the layers."""
    rng = np.random.default_rng(seed)
    return [rng.normal(0, 1, t.layer.weights.shape) / t.layer.fan_in**0.5 for t in targets_of(network)]


def as_keras(network, weights):
    """The same weights as Keras holds them, computed index by index."""
    found = []
    for target, w in zip(targets_of(network), weights, strict=True):
        if w.ndim == 4:
            out, inputs, kh, kw = w.shape
            turned = np.empty((kh, kw, inputs, out))
            for index in np.ndindex(*w.shape):
                turned[index[2], index[3], index[1], index[0]] = w[index]
            depthwise = inputs == 1 < target.layer.groups
            found.append(turned.reshape(kh, kw, out, 1) if depthwise else turned)
            continue
        shape = target.input_shape if len(target.input_shape) == 3 else (w.shape[1], 1, 1)
        turned = np.empty(w.shape[::-1])
        for place, (c, y, x) in enumerate(np.ndindex(*shape)):
            turned[(y * shape[2] + x) * shape[0] + c] = w[:, place]
        found.append(turned)
    return found


def numbered(arrays):
    return {f"arr_{i}": array for i, array in enumerate(arrays)}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    y = np.arange(180) % CLASSES
    centres = rng.integers(40, 216, (CLASSES, 8, 6, 2))
    x = np.clip(centres[y] + rng.integers(-40, 41, (180, 8, 6, 2)), 0, 255).astype(np.uint8)
    return build_dataset("made", x, y, test=np.arange(180) % 4 == 1, axes="HWC")


def test_both_layouts_give_the_same_weights():
    network = network_of()
    weights = weights_of(network)
    for arrays in (weights, as_keras(network, weights)):
        for one, other in zip(
            assign(numbered(arrays), network, Reading(), "w").weights, weights, strict=True
        ):
            np.testing.assert_array_equal(one, other)


def test_a_flattening_can_be_stated():
    network = network_of("mlp:5")
    weights = weights_of(network)
    arrays = numbered(w.T for w in weights)
    as_hwc, as_chw = (assign(arrays, network, Reading(flattening=f), "w").weights for f in ("hwc", "chw"))
    np.testing.assert_array_equal(as_chw[0], weights[0])
    assert not np.array_equal(as_hwc[0], weights[0])
    np.testing.assert_array_equal(as_hwc[1], weights[1])


def test_convolutions_over_time_have_two_axes_less_in_frameworks():
    network = network_of("cnn:c4,p2,d5", (2, 1, 12))
    weights = weights_of(network)
    torch = [weights[0][:, :, 0], *weights[1:]]
    keras = as_keras(network, weights)
    for arrays in (torch, [keras[0][0], *keras[1:]]):
        for one, other in zip(
            assign(numbered(arrays), network, Reading(), "w").weights, weights, strict=True
        ):
            np.testing.assert_array_equal(one, other)


def test_an_unclear_layout_must_be_stated():
    network = network_of("mlp:3", (3,))
    arrays = numbered(weights_of(network))
    with pytest.raises(UsageError, match=r"fit both .* --layout"):
        assign(arrays, network, Reading(), "w.npz")
    turned = assign(arrays, network, Reading(layout="keras"), "w.npz").weights
    np.testing.assert_array_equal(turned[0], arrays["arr_0"].T)


def test_names_come_before_order():
    network = network_of("mlp:5")
    first, last = weights_of(network)
    named = {"output.weights": last, "block1.weights": first}
    np.testing.assert_array_equal(assign(named, network, Reading(), "w").weights[0], first)
    other = {"z": last, "a": first}
    np.testing.assert_array_equal(assign(other, network, Reading(order=["a", "z"]), "w").weights[0], first)


def test_a_safetensors_file_is_ordered_by_numbers_only():
    network = network_of("mlp:5")
    first, last = weights_of(network)
    found = assign({"10.weight": last, "9.weight": first}, network, Reading(), "w.safetensors").weights
    np.testing.assert_array_equal(found[0], first)
    with pytest.raises(UsageError, match="not clear; give it with --arrays, such as --arrays head,body"):
        assign({"head": last, "body": first}, network, Reading(), "w.safetensors")


@pytest.mark.parametrize(
    "change, message",
    [
        ({"fc.weight": None}, "has 1 arrays of weights"),
        ({"bn.weight": np.ones((2, 2))}, "has 3 arrays of weights"),
        ({"fc.weight": np.full((5, 96), np.nan)}, "array fc.weight contains nan"),
        ({"fc.weight": np.full((5, 96), np.inf)}, "array fc.weight contains nan or infinity"),
        ({"fc.weight": np.zeros((5, 96))}, "array fc.weight is all zero"),
        ({"fc.weight": np.ones((5, 96), np.int8)}, "array fc.weight is int8; save floats"),
        ({"fc.weight": np.ones((5, 97))}, r"array fc.weight has shape \(5, 97\), but block1.weights is"),
        ({"out.weight": np.ones((5, 3))}, "array out.weight that of Keras|but out.weight"),
        ({"fc.bias": np.ones(6)}, r"array fc.bias has shape \(6,\), but block1 has 5 units; change SPEC"),
        ({"fc.bias": np.ones(5, np.int32)}, "array fc.bias is int32; save floats"),
        ({"fc.bias": np.full(5, np.nan)}, "array fc.bias contains nan"),
        ({"fc.bias": np.ones(5), "fc.bias2": np.ones(5)}, "array fc.bias is not zero, but is not the biases"),
        ({"fc.scale": np.ones(5)}, "array fc.scale is not zero, but is not the biases of a layer"),
        ({"out.bias": np.arange(4.0)}, r"array out.bias has shape \(4,\), but output has 3 units"),
        ({"bn.bias": np.ones(5)}, "array bn.bias is not zero, but is not the biases of a layer"),
        ({"fc.weight": np.full((5, 96), 1e-40)}, "fc.weight"),
    ],
)
def test_wrong_arrays(change, message, data):
    first, last = weights_of(network_of("mlp:5"))
    arrays = {"fc.weight": first, "out.weight": last} | change
    arrays = {name: array for name, array in arrays.items() if array is not None}
    with pytest.raises(IntegradError, match=rf"^w\.npz: .*({message}|weights are as large as 1e-40)"):
        quantise(arrays, "mlp:5", data, source="w.npz")


def test_biases_that_change_nothing_are_ignored():
    network = network_of("mlp:5")
    first, last = weights_of(network)
    arrays = {
        "fc.weight": first, "fc.bias": np.zeros(5), "out.weight": last, "out.bias": np.full(3, 0.7),
        "steps": np.array(0),
    }  # fmt: skip
    found = assign(arrays, network, Reading(), "w")
    np.testing.assert_array_equal(found.weights[1], last)
    assert found.biases == [None, None]


@pytest.mark.parametrize(
    "names, source, order",
    [
        (("0.weight", "0.bias", "2.weight"), "w.safetensors", None),
        (("a/fc/kernel:0", "a/fc/bias:0", "a/out/kernel:0"), "w.npz", None),
        (("arr_0", "arr_1", "arr_2"), "w.npz", None),
        (("body", "b", "head"), "w.safetensors", ("body", "b", "head")),
        (("fc.weight", "norm.bias", "out.weight"), "w.npz", ("fc.weight", "norm.bias", "out.weight")),
    ],
)
def test_biases_belong_to_a_layer_by_name_or_by_order(names, source, order):
    network = network_of("mlp:5")
    first, last = weights_of(network)
    arrays = dict(zip(names, (first, np.arange(5.0), last), strict=True)) | {"steps": np.zeros(1)}
    found = assign(arrays, network, Reading(order=order), source)
    np.testing.assert_array_equal(found.weights[0], first)
    np.testing.assert_array_equal(found.biases[0], np.arange(5))
    assert found.biases[1] is None


def test_biases_without_a_place_are_refused():
    network = network_of("mlp:5")
    first, last = weights_of(network)
    with pytest.raises(IntegradError, match=r"array b1 is not zero, .* state the order with --arrays"):
        assign({"w1": first, "w2": last, "b1": np.ones(5)}, network, Reading(), "w.safetensors")
    conv = network_of("cnn:c4,d5")
    arrays = numbered(weights_of(conv)) | {"arr_0b": np.ones(5)}
    order = ["arr_0", "arr_0b", "arr_1", "arr_2"]
    with pytest.raises(IntegradError, match=r"arr_0b has shape \(5,\), but block1 has 4 channels; change"):
        assign(arrays, conv, Reading(order=order), "w.npz")


@pytest.mark.parametrize("value, exponent", [(127.0, 0), (127.25, 1), (128, 1), (63.5, -1), (1.0, -6)])
def test_no_weight_exceeds_the_range_with_the_largest_exponent(value, exponent):
    assert largest_exponent(np.array([0.1, -value])) == exponent


@pytest.mark.parametrize("encoding", [INT8, MASTER])
@pytest.mark.parametrize("kind", ["dense", "conv", "biased", "biased conv"])
def test_rounding_against_fractions(encoding, kind):
    """Each candidate is computed in rational numbers; the best is the one that was chosen."""
    rng = np.random.default_rng(7)
    conv, biased = "conv" in kind, "biased" in kind
    layer = (
        BackpropConv((2, 4, 4), 4, (3, 3), (1, 1), (1, 1), groups=2, encoding=encoding, biased=biased)
        if conv
        else BackpropDense(20, 3, encoding=encoding, biased=biased)
    )
    weights = rng.normal(0, 0.2, layer.weights.shape)
    weights.flat[0] = 1.3  # an outlier
    x = rng.integers(-127, 128, (6, *((2, 4, 4) if conv else (20,)))).astype(np.int8)
    bias = np.array([4.9, -0.7, 0.01, 0.3][: len(weights)]) if biased else np.zeros(0)
    saturated, error = round_weights(layer, weights, x, bias if biased else None)
    chosen = layer.weight_exponent
    values = layer.master()

    def rounded(exponent, weights=weights):
        own = exponent - (8 if encoding == MASTER else 0)
        limit = 32512 if encoding == MASTER else 127
        scaled = [round(Fraction(w) / Fraction(2) ** own) for w in weights.flat]
        return np.clip(np.array(scaled, np.int64), -limit, limit).reshape(weights.shape)

    np.testing.assert_allclose(values, rounded(chosen), atol=1)
    if biased:
        np.testing.assert_allclose(layer.master("bias"), rounded(chosen, bias), atol=1)
    assert saturated == sum(abs(w) > 127.5 * 2.0**chosen for w in (*weights.flat, *bias))

    def sums(array, bias=bias):
        columns = x.reshape(len(x), -1).astype(float)
        if not conv:
            return columns @ array.T + 64 * (bias if biased else 0)
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))).astype(float)
        out = np.zeros((len(x), 4, 4, 4))
        for c, i, j in np.ndindex(4, 4, 4):
            seen = padded[:, c // 2 : c // 2 + 1, i : i + 3, j : j + 3]
            out[:, c, i, j] = (seen * array[c]).sum(axis=(1, 2, 3)) + (64 * bias[c] if biased else 0)
        return out

    def squared(exponent):
        found = (rounded(exponent, array) for array in (weights, bias))
        eights = [(v if encoding == INT8 else (v + 128) >> 8) * 2.0**exponent for v in found]
        return np.square(sums(weights) - sums(*eights)).sum()

    own = largest_exponent(weights)
    first = max(own, largest_exponent(bias)) if biased else own
    errors = {exponent: squared(exponent) for exponent in range(first, own - 3, -1)}
    assert len(errors) == (5 if biased else 3)
    assert min(errors, key=errors.get) == chosen
    assert error == pytest.approx((errors[chosen] / np.square(sums(weights)).sum()) ** 0.5, rel=0.01)


def test_outliers_are_clipped_where_that_is_better():
    """One weight of 1.01 costs all others a bit; its input is nearly always 0."""
    layer = BackpropDense(64, 1)
    weights = np.full((1, 64), 0.43)
    weights[0, 0] = 1.01
    x = np.full((8, 64), 100, np.int8)
    x[:, 0] = 0
    assert round_weights(layer, weights, x)[0] == 1
    assert layer.weight_exponent < largest_exponent(weights)


@pytest.mark.parametrize("kind", ["uint8", "int16", "float"])
@pytest.mark.parametrize("mean, divisor", [((100.0,), (255.0,)), ((90.0, 130.0), (40.0, 80.0))])
def test_stated_inputs(data, kind, mean, divisor):
    """The integers and the factor of a channel give what the float network was trained on."""
    x = {"uint8": data.x, "int16": data.x.astype(np.int16) - 3, "float": data.x / 1000}[kind]
    unit = 1000 if kind == "float" else 1
    scaling = InputScaling(tuple(m / unit for m in mean), tuple(d / unit for d in divisor))
    preprocessing, factors = adapt(Preprocessing.fit(x, "HWC"), scaling, x)
    inputs = preprocessing.apply(x) / 64 * factors.reshape(1, -1, 1, 1)
    wanted = scaling.apply(x, "HWC")
    step = factors.max() / 64
    assert np.abs(inputs - wanted).mean() < step
    assert step < 2.5 * np.abs(wanted).max() / 127


def test_inputs_that_make_no_sense(data):
    fitted = Preprocessing.fit(data.x, "HWC")
    for scaling, message in (
        (InputScaling((1.0, 2.0, 3.0)), "mean: has 3 values; the data has 2 channels"),
        (InputScaling(divisor=(0.0,)), "divisor: must be finite numbers above 0"),
        (InputScaling((float("nan"),)), "mean: must be finite numbers"),
        (InputScaling((300.0,)), "mean: lies outside of the range"),
        (InputScaling(divisor=(1e30,)), "divisor: is too large or too small"),
    ):
        with pytest.raises(UsageError, match=message):
            adapt(fitted, scaling, data.x)


@pytest.mark.parametrize("encoding", [INT8, MASTER])
@pytest.mark.parametrize(
    "spec, leak, biased",
    [(SPEC, 4, ""), ("mlp:7,5", 0, "012"), ("cnn:c4k3s2,d5", 8, "1"), (SPEC, 2, "0123"), ("mlp:7,6", 2, "2")],
)
def test_scores_are_those_of_the_float_network(data, encoding, spec, leak, biased):
    """biased: digits of the layers that have biases."""
    network = network_of(spec, leak=leak)
    weights = weights_of(network, seed=1)
    targets, rng = targets_of(network), np.random.default_rng(2)
    biases = [rng.normal(0, 2, w.shape[0]) if str(i) in biased else None for i, w in enumerate(weights)]
    arrays = {t.name: w for t, w in zip(targets, weights, strict=True)}
    arrays |= {f"{t.place}.bias": b for t, b in zip(targets, biases, strict=True) if b is not None}
    scaling = InputScaling((110.0, 120.0), (60.0, 70.0))
    result = quantise(arrays, spec, data, scaling=scaling, options={"leak": leak, "encoding": encoding})
    model = result.model
    assert [bool(layer.biases) for layer in result.layers] == [b is not None for b in biases]
    exact = FloatNetwork(network, weights, biases).scores(scaling.apply(data.x, "HWC"))
    layers = [*model.network.blocks, model.network.output]
    exponent = -6 + sum(layer.weight_exponent + layer.output_shift for layer in layers)
    scores = model.network.logits(model.preprocessing.apply(data.x)) * 2.0**exponent
    assert np.square(scores - exact).mean() < 0.03 * np.square(exact).mean()
    assert [layer.name for layer in result.layers] == [target.name for target in targets_of(network)]
    assert result.test.samples == data.test.sum()


def test_float_scores_by_hand():
    network = network_of("cnn:a2,c1,p2,d2", (1, 4, 4), leak=2)
    kernel = np.zeros((1, 1, 3, 3))
    kernel[0, 0, 1, 1] = -1
    weights = [kernel, np.array([[1.0], [-2.0]]), np.array([[1.0, 0], [0, 1], [2, 2]])]
    x = np.arange(16.0).reshape(1, 1, 4, 4)
    # averages 2.5 4.5 10.5 12.5; negated and halved -1.25 …; largest -1.25; dense -1.25/2 and 2.5
    np.testing.assert_allclose(FloatNetwork(network, weights).scores(x), [[-0.625, 2.5, 3.75]])
    # biases 3 and -4: 1.75, and -1.5 of which half remains
    biases = [None, np.array([3.0, -4.0]), np.array([1.0, 0, 0])]
    np.testing.assert_allclose(FloatNetwork(network, weights, biases).scores(x), [[2.75, -0.75, 2.0]])
    # 10 more: 7.5 is the largest, then 7.5 and half of -15
    biases = [np.array([10.0]), None, None]
    np.testing.assert_allclose(FloatNetwork(network, weights, biases).scores(x), [[7.5, -7.5, 0.0]])


def test_biases_of_the_description_are_zero_where_the_file_has_none(data, tmp_path):
    """Only the layers that the file names, or that have biases in WEIGHTS, have any."""
    (tmp_path / "net.toml").write_text(
        'learner = "backprop"\n[[layer]]\ntype = "backprop_dense"\nunits = 7\nbias = true\n'
        '[[layer]]\ntype = "backprop_dense"\nunits = 5\n[[layer]]\ntype = "backprop_dense"\nunits = 4\n'
    )
    arrays = numbered(weights_of(network_of("mlp:7,5,4")))
    arrays = {**dict(list(arrays.items())[:2]), "b": np.ones(5), **arrays}
    blocks = quantise(arrays, str(tmp_path / "net.toml"), data).model.network.blocks
    assert not blocks[0].bias.any() and blocks[1].bias.all() and blocks[2].bias is None


def test_a_convolutional_network_of_pytorch_with_biases(data):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    nn = torch.nn
    layers = nn.Conv2d(2, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(72, CLASSES)
    network, scaling = nn.Sequential(*layers), InputScaling(divisor=(255.0,))
    x = torch.tensor(scaling.apply(data.x, "HWC"), dtype=torch.float32)
    labels, training = torch.tensor(data.y.astype(np.int64)), torch.tensor(~data.test)
    optimiser = torch.optim.Adam(network.parameters(), 0.02)
    for _ in range(40):
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(x[training]), labels[training]).backward()
        optimiser.step()
    arrays = {name: value.numpy() for name, value in network.state_dict().items()}
    result = quantise(arrays, "cnn:c6,p2", data, scaling=scaling)
    assert [layer.biases for layer in result.layers] == [6, CLASSES]
    assert result.test_float.accuracy > 0.9 and result.test.accuracy > result.test_float.accuracy - 0.05
    model = result.model
    inputs = model.preprocessing.apply(data.x)
    exponent = output_exponent([*model.network.blocks, model.network.output])
    exact = network(x).detach().numpy()
    difference = model.network.logits(inputs) * 2.0**exponent - exact
    assert np.square(difference).mean() < 0.01 * np.square(exact).mean()


def test_the_model_keeps_what_later_training_needs(data):
    network = network_of("mlp:5")
    result = quantise(numbered(weights_of(network)), "mlp:5", data, source="w.npz", loss="squared", seed=3)
    record = result.model.training
    assert record["quantised_from"] == "w.npz" and record["data"] == "made" and record["seed"] == 3
    assert result.model.constants == {"loss": "squared"}
    assert result.model.schedule(4).learning_rate_inv == 64
    assert record["test_accuracy"] == result.test.accuracy


def test_by_default_a_model_goes_on_with_the_loss_of_most_float_trainings(data):
    """Large scores, as cross-entropy yields, survive the first steps with the usual rate of a device."""
    rng, scaling = np.random.default_rng(5), InputScaling((128.0,), (60.0,))
    inputs = scaling.apply(data.x, "HWC").reshape(len(data.x), -1)
    w1 = rng.normal(0, inputs.shape[1] ** -0.5, (12, inputs.shape[1]))
    hidden = np.maximum(inputs @ w1.T, 0)
    w2 = 12 * np.linalg.lstsq(hidden, np.eye(CLASSES)[data.y], rcond=None)[0].T
    result = quantise(numbered([w1, w2]), "mlp:12", data, scaling=scaling)
    assert result.model.constants == {"loss": "cross-entropy"} and result.test.accuracy > 0.95
    assert (
        result.squared_error
        > 1
        > quantise(numbered([w1, w2 / 12]), "mlp:12", data, scaling=scaling).squared_error
    )
    x = result.model.preprocessing.apply(data.x)
    stepper = Stepper(
        result.model.network, result.model.schedule(4).learning_rate_inv, **result.model.constants
    )
    for part in np.split(rng.permutation(len(x)), 45):
        stepper.step(x[part], data.y[part])
    assert (result.model.network.predict(x) == data.y).mean() > 0.95


def test_only_training_samples_count(data):
    """Shifts and exponents do not depend on the test samples."""
    weights = numbered(weights_of(network_of("mlp:5")))
    changed = data.x.copy()
    changed[data.test] = 255
    other = build_dataset("made", changed, data.y, test=data.test, axes="HWC")
    scaling = InputScaling((128.0,), (64.0,))
    one, two = (quantise(weights, "mlp:5", d, scaling=scaling).model for d in (data, other))
    assert one.network.weights_crc() == two.network.weights_crc()
    assert one.preprocessing == two.preprocessing
