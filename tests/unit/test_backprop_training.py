"""Training runs of integer backpropagation: rates, shifts, checkpoints, network files and model files."""

import numpy as np
import pytest

from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import IntegradError
from integrad.learners.table import LEARNERS
from integrad.model_file import Model, load_model, save_model
from integrad.network.layer_types.backprop_conv import backprop_conv_layer
from integrad.network.network import Network
from integrad.network.notation import parse_notation
from integrad.training.progress import Silent
from integrad.training.specification import load_spec
from integrad.training.trainer import Trainer, TrainingInterrupted

SHAPE = (1, 6, 6)


def make_network(spec="cnn:c4,p2,x10,d7", learner="backprop", **options):
    layers = parse_notation(spec, SHAPE, learner)
    layers = [layer | options if layer["type"].startswith("backprop") else layer for layer in layers]
    network = Network(SHAPE, 3, layers, learner)
    network.initialise(np.random.default_rng(0))
    return network


def samples(count, seed=0):
    """Three kinds of patterns with noise."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, count)
    centres = np.random.default_rng(9).integers(-80, 81, (3, *SHAPE))
    return (centres[y] + rng.integers(-45, 46, (count, *SHAPE))).astype(np.int8), y


def fit(network, trainer, **options):
    return trainer.fit(network, *samples(150), *samples(60, 1), **options)


@pytest.mark.parametrize("update", ["normalised", "exact"])
@pytest.mark.parametrize("encoding", ["int8", "int16-master"])
def test_training_learns(update, encoding):
    network = make_network(encoding=encoding, leak=4)
    trainer = Trainer("backprop", epochs=9, update=update)
    history = fit(network, trainer)
    assert history.best.validation_accuracy > 0.9
    rates = [epoch.learning_rate_inv for epoch in history.epochs]
    assert rates == ([256] * 9 if update == "exact" else [1, 1, 1, 2, 2, 4, 4, 8, 8])


@pytest.mark.parametrize("epochs", [1, 2, 4, 5])
def test_the_rate_doubles_after_each_quarter(epochs):
    def rate(epoch):
        return LEARNERS["backprop"].learning_rate_inv_in(epoch, epochs, 8, {"update": "normalised"})

    expected = {1: [8], 2: [8, 32], 4: [8, 16, 32, 64], 5: [8, 8, 16, 32, 64]}
    assert [rate(epoch) for epoch in range(1, epochs + 1)] == expected[epochs]


class Interrupter(Silent):
    """Asks the trainer to stop after some batches."""

    def __init__(self, trainer, batches):
        self.trainer, self.batches = trainer, batches

    def batch(self, position):
        self.batches -= 1
        if self.batches == 0:
            self.trainer.interrupt()


@pytest.mark.parametrize("batches", [1, 13, 25, 37])
def test_a_resumed_run_ends_with_the_same_bits(tmp_path, batches):
    whole, parted, path = make_network(), make_network(), tmp_path / "checkpoint"
    settings = {"epochs": 5, "batch_size": 12, "seed": 3}
    fit(whole, Trainer("backprop", **settings))
    trainer = Trainer("backprop", **settings)
    with pytest.raises(TrainingInterrupted):
        fit(parted, trainer, checkpoint=path, progress=Interrupter(trainer, batches))
    again = make_network()
    fit(again, Trainer("backprop", **settings), checkpoint=path, resume=True)
    assert again.weights_crc() == whole.weights_crc()


def test_the_shifts_of_the_result_are_calibrated():
    network = make_network()
    fit(network, Trainer("backprop", epochs=2))
    x, _ = samples(150)
    sums = network.blocks[0].accumulate(x)[1]
    assert 60 < np.abs(sums).max() / 2 ** network.blocks[0].output_shift <= 128


def test_a_model_of_another_learner_is_refused():
    with pytest.raises(IntegradError, match="the network's learner is backprop, not nitro-d"):
        fit(make_network(), Trainer())
    with pytest.raises(IntegradError, match="the network's learner is nitro-d, not backprop"):
        fit(make_network(learner="nitro-d"), Trainer("backprop"))


def test_a_batch_that_is_too_large_is_refused():
    with pytest.raises(IntegradError, match=r"^a batch of 4,000: .* at most 3,698 samples are possible"):
        fit(make_network(), Trainer("backprop", batch_size=4000))


TEXT = """
learner = "backprop"
leak = 4
encoding = "int16-master"

[[layer]]
type = "backprop_conv"
channels = 4
groups = 1

[[layer]]
type = "max_pool"
size = 2

[[layer]]
type = "backprop_dense"
units = 7
bias = true
leak = 0
encoding = "int8"

[learning]
loss = "squared"
update = "exact"
"""


def test_a_network_file(tmp_path):
    path = tmp_path / "network.toml"
    path.write_text(TEXT)
    spec = load_spec(str(path), SHAPE)
    assert spec.learner == "backprop" and spec.learning == {"loss": "squared", "update": "exact"}
    conv, _, dense = spec.layers
    assert (conv["leak"], conv["encoding"]) == (4, "int16-master")
    assert dense == {"type": "backprop_dense", "units": 7, "bias": True}
    assert not spec.output_bias
    other = load_spec(str(path), SHAPE, options={"leak": 8})
    assert other.layers[0]["leak"] == 8 and other.layers[2] == dense


def test_biases_of_all_layers_and_of_the_output_layer(tmp_path):
    path = tmp_path / "network.toml"

    def biased(head, spec=str(path), options=None):
        text = TEXT.replace("bias = true\n", "").replace("leak = 4", f"leak = 4\n{head}")
        path.write_text(text)
        found = load_spec(spec, SHAPE, "backprop", options)
        network = found.network(SHAPE, 3)
        assert Network.from_description(network.describe()).describe() == network.describe()
        return [layer.bias is not None for layer in [*network.blocks, network.output]]

    assert biased("") == [False] * 3
    assert biased("bias = true") == [True] * 3
    assert biased("bias = true\noutput_bias = false") == [True, True, False]
    assert biased("output_bias = true") == [False, False, True]
    assert biased("bias = true", options={"bias": False}) == [False] * 3
    assert biased("", "cnn:p2,c2,c3,d4", {"bias": "first"}) == [True, False, False, False]
    assert biased("", "cnn:p2,c2,d4", {"bias": True}) == [True] * 3


@pytest.mark.parametrize(
    "text, words",
    [
        ("leak = 3", "leak must be one of 0, 2, 4, 8, 16"),
        ('encoding = "int4"', 'encoding must be "int8" or "int16-master"'),
        ("bias = 1", "bias must be true or false"),
        ("output_bias = 1", "output_bias must be true or false"),
        ("alpha_inv = 4", "unknown key 'alpha_inv'"),
        ('[[layer]]\ntype = "dense"\nunits = 3', "the learner backprop supports only"),
        ('[learning]\nloss = "hinge"', "loss must be squared or cross-entropy"),
        ("[learning]\ndecay_inv = 4", "unknown key 'decay_inv'"),
    ],
)
def test_mistakes_in_a_network_file(tmp_path, text, words):
    path = tmp_path / "network.toml"
    path.write_text(f'learner = "backprop"\n{text}\n')
    with pytest.raises(IntegradError, match=words):
        load_spec(str(path), SHAPE)


@pytest.mark.parametrize(
    "layer, words",
    [
        ({"type": "backprop_dense", "units": 3, "leak": 5}, "leak must be one of"),
        ({"type": "backprop_dense", "units": 3, "encoding": 8}, "encoding must be int8 or int16-master"),
        ({"type": "backprop_dense", "units": 3, "bias": 1}, "bias must be true or false"),
        (backprop_conv_layer(3, 3, 1, False) | {"bias": 1}, "bias must be true or false"),
        ({"type": "backprop_dense", "units": 3, "alpha_inv": 4}, "must have exactly the keys"),
        ({"type": "dense", "units": 3, "alpha_inv": 4}, "the learner backprop supports only"),
    ],
)
def test_mistakes_in_a_description(layer, words):
    with pytest.raises(IntegradError, match=words):
        Network(SHAPE, 3, [layer], "backprop")


def test_biases_let_a_network_tell_distances_apart():
    """Without them, its scores at all multiples of a point would be multiples."""
    rng = np.random.default_rng(0)
    angle, far = rng.uniform(0, 6.3, 200), rng.integers(0, 2, 200)
    points = np.stack([np.cos(angle), np.sin(angle)], 1) * np.where(far, 110, 40)[:, None]
    hits = []
    for bias in (False, True):
        layers = [{"type": "backprop_dense", "units": 24, "bias": bias}]
        network, trainer = Network((2,), 2, layers, "backprop"), Trainer("backprop", steps=1000)
        network.initialise(trainer.rng)
        assert not any(p.array.any() for p in network.parameters() if p.role == "bias")
        x = np.rint(points).astype(np.int8)
        trainer.fit(network, x, far)
        hits.append((network.predict(x) == far).mean())
    assert hits[0] < 0.7 and hits[1] > 0.95


WIDEST = backprop_conv_layer(2, 3, 1, False) | {"kernel": [187, 89], "padding": [0, 0]}


@pytest.mark.parametrize(
    "shape, layers, words",
    [
        ((65536,), [], None),
        ((3, 256, 256), [], "output layer has 196,608 inputs, more than the 133,144"),
        (
            (3, 256, 256),
            [{"type": "backprop_dense", "units": 2}],
            "196,608 inputs, more than the 133,144 supported",
        ),
        ((88, 17, 89), [{"type": "backprop_dense", "units": 2}], None),
        ((88, 17, 89), [{"type": "backprop_dense", "units": 2, "bias": True}], "more than the 133,143"),
        ((8, 187, 89), [WIDEST], None),
        ((8, 187, 89), [WIDEST | {"bias": True}], "more than the 133,143"),
        (
            (1, 400, 400),
            parse_notation("cnn:c2,p4", (1, 400, 400), "backprop"),
            "160,000 positions, more than the 133,144",
        ),
        (
            (1, 155, 859),
            parse_notation("cnn:c2k1,p4", (1, 155, 859), "backprop"),
            "133,145 positions, more than the 133,144",
        ),
    ],
)
def test_sums_that_could_exceed_32_bits_are_refused(shape, layers, words):
    if words is None:
        assert Network(shape, 3, layers, "backprop")
        return
    with pytest.raises(IntegradError, match=words):
        Network(shape, 3, layers, "backprop")


def test_biases_of_the_output_layer_count_as_an_input():
    assert Network((88, 17, 89), 3, [], "backprop").output.summands == 133_144
    with pytest.raises(IntegradError, match="output layer has 133,144 inputs, more than the 133,143"):
        Network((88, 17, 89), 3, [], "backprop", output_bias=True)


def test_usual_settings_are_left_out_of_descriptions():
    layer = {"type": "backprop_dense", "units": 3}
    network = Network((4,), 3, [layer | {"leak": 0, "encoding": "int8"}], "backprop")
    assert network.describe()["layers"] == [layer]
    full = layer | {"leak": 2, "encoding": "int16-master"}
    assert Network((4,), 3, [full], "backprop").describe()["layers"] == [full]


def test_a_model_file_holds_scales_and_fractions(tmp_path):
    network = make_network(encoding="int16-master")
    preprocessing = Preprocessing("HW", "uint8", SHAPE[1:], 128, (0,), (90,))
    save_model(Model(network, preprocessing, ["a", "b", "c"]), tmp_path / "a.model")
    loaded = load_model(tmp_path / "a.model").network
    assert loaded.weights_crc() == network.weights_crc()
    assert loaded.describe() == network.describe()
    for name, array in network.arrays().items():
        assert array.dtype == np.int8 and np.array_equal(loaded.arrays()[name], array)
    assert loaded.output.fraction is not None and loaded.output.scales.any()
