"""PocketNN: the publication's vectors, an independent implementation, bounds and refusals."""

import sys
from pathlib import Path

import numpy as np
import pytest

from integrad.arithmetic import INT32_LIMIT
from integrad.engines.choice import make_engine
from integrad.errors import IntegradError, UsageError
from integrad.learners.pocket import Pocket, PocketRule, largest_batch
from integrad.model_file import Model, load_model, save_model
from integrad.network.layers import pocket_activation
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.network.pocket_blocks import (
    BIAS_LIMIT,
    ERROR_LIMIT,
    PocketOutput,
    feedback_limit,
    pocket_weight_limit,
)
from integrad.network.xorshift32 import Xorshift32
from integrad.training.specification import load_spec
from integrad.training.stepper import Stepper
from integrad.training.trainer import Trainer

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "parity"))
from plain_pocket import PlainPocket, pocket_sigmoid, pocket_tanh

X = [-200, -128, -127, -100, -75, -74, -50, -33, -32, -31, -1, 0, 1, 31, 32, 33, 50, 74, 75, 100, 127, 128]
TANH_VALUES = [
    *[-127, -127, -119, -113, -106, -106, -82, -65, -64, -62, -2],
    *[0, 2, 62, 64, 65, 82, 106, 106, 113, 119, 127],
]
SIGMOID_VALUES = [1, 1, 5, 8, 11, 11, 23, 32, 32, 33, 63, 64, 65, 95, 96, 96, 105, 117, 117, 120, 123, 127]


def dense(units, activation="tanh"):
    return {"type": "pocket_dense", "units": units, "activation": activation}


def make_network(layers, inputs=6, classes=3, seed=None):
    """seed: of weights and biases all over their ranges; None: as training starts."""
    network = Network((inputs,), classes, layers, "pocket")
    network.initialise(np.random.default_rng(0))
    if seed is not None:
        rng = np.random.default_rng(seed)
        for parameter in network.parameters():
            if parameter.trainable:
                parameter.array[...] = rng.integers(-parameter.limit, parameter.limit + 1, parameter.shape)
    return network


def plain(network):
    layers = []
    for block in [*network.blocks, network.output]:
        feedback = None if block is network.output else block.feedback.tolist()
        layers.append((block.activation, block.weights.tolist(), block.bias.tolist(), feedback))
    return PlainPocket(layers)


def samples(count, inputs=6, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(-127, 128, (count, inputs)).astype(np.int8), rng.integers(0, classes, count)


def assert_same(network, twin):
    for block, (_, weights, bias, _) in zip([*network.blocks, network.output], twin.layers, strict=True):
        assert block.weights.tolist() == weights
        assert block.bias.tolist() == bias


@pytest.mark.parametrize(
    "name, published, plain_one, scale",
    [("tanh", TANH_VALUES, pocket_tanh, 256 * 9), ("sigmoid", SIGMOID_VALUES, pocket_sigmoid, 256)],
)
def test_activations(name, published, plain_one, scale):
    values, _ = pocket_activation.forward(np.array(X) * scale, name, 9)
    assert values.tolist() == published
    everything = np.arange(-300, 301)
    found = pocket_activation.forward(everything * scale, name, 9)
    assert np.transpose(found).tolist() == [list(plain_one(x)) for x in everything.tolist()]


@pytest.mark.parametrize("name, divisor", [("tanh", 256 * 9), ("sigmoid", 256)])
def test_pre_activations_are_truncated_and_not_floored(name, divisor):
    z = np.array([-2 * divisor + 1, -1, divisor - 1, INT32_LIMIT, -INT32_LIMIT])
    at_pieces = pocket_activation.forward(np.array([-1, 0, 0, 128, -128]) * divisor, name, 9)
    assert np.array_equal(pocket_activation.forward(z, name, 9), at_pieces)


def test_published_training_steps():
    """Two samples of raw pixels, all in one batch, diverging on purpose."""
    network = Network((4,), 2, [dense(3)], "pocket")
    network.blocks[0].feedback[...] = [[7, -11, 3], [-5, 9, -2]]
    x = np.array([[200, 10, 0, 90], [5, 180, 220, 30]], np.int16)
    stepper, seen = Stepper(network, 20), []
    for _ in range(6):
        seen.append(network.logits(x).tolist())
        stepper.step(x, np.array([0, 1]))
    assert seen[0] == seen[1] == [[0, 0], [0, 0]]
    assert seen[2] == [[75, -76], [-76, 76]]
    assert seen[3] == [[-127, 127], [108, -108]]
    assert seen[4] == [[-127, 127], [127, -127]]
    assert network.output.weights.T.tolist() == [[-224, 211], [224, -211], [-331, 338]]
    assert network.output.bias.tolist() == [0, 0]
    assert network.blocks[0].bias.tolist() == [1, -1, 19]
    assert network.blocks[0].weights.T.tolist() == [
        [1324, -2141, 6916],
        [-859, 1562, -2214],
        [-1133, 2046, -3135],
        [453, -706, 2717],
    ]


@pytest.mark.parametrize("seed", [None, 1, 2])
@pytest.mark.parametrize(
    "layers",
    [[], [dense(5)], [dense(4, "sigmoid"), dense(3, "sigmoid")], [dense(7), dense(2, "sigmoid"), dense(4)]],
)
def test_against_plain_integers(layers, seed):
    network = make_network(layers, seed=seed)
    twin = plain(network)
    stepper = Stepper(network, 7)
    for step in range(5):
        x, labels = samples(4, seed=step)
        expected = network.logits(x)
        outcome = stepper.step(x, labels)
        scores = twin.step(x.tolist(), labels.tolist(), 7)
        assert scores == expected.tolist()
        assert_same(network, twin)
        pairs = list(zip(scores, labels.tolist(), strict=True))
        errors = [y - 15 * (c == label) for row, label in pairs for c, y in enumerate(row)]
        assert outcome.loss == sum(e * e for e in errors)
        assert outcome.correct == sum(row.index(max(row)) == label for row, label in pairs)


def test_saturation_at_the_limits_against_plain_integers():
    """Weights at both ends that cancel out, so that the units are not flat, and steps of thousands."""
    network = make_network([dense(3)], inputs=700)
    limit = pocket_weight_limit(700)
    assert limit < 32639
    network.blocks[0].weights[...] = limit * (-1) ** np.arange(700)
    network.output.weights[...] = [[0, 300, 0], [200, 0, 0], [0, 0, -400]]
    twin, stepper = plain(network), Stepper(network, 100)
    for step in range(3):
        x = np.full((40, 700), 127, np.int8)
        labels = samples(40, seed=step)[1]
        stepper.step(x, labels)
        twin.step(x.tolist(), labels.tolist(), 100)
        assert_same(network, twin)
        if step == 0:
            held = np.abs(network.blocks[0].weights) == limit
            assert held.any(), "pushed outward, held by saturation"
            assert not held.all(), "pushed inward"


@pytest.mark.parametrize(
    "learn, changed", [("none", []), ("output", [2]), ("last:1", [1, 2]), ("all", [0, 1, 2])]
)
def test_what_does_not_learn_stays(learn, changed):
    network = make_network([dense(5), dense(4)], seed=5)
    before = network.copy()
    twin = plain(network)
    x, labels = samples(6)
    Stepper(network, 1, learn=learn).step(x, labels)
    twin.step(x.tolist(), labels.tolist(), 1, first=3 - len(changed))
    assert_same(network, twin)
    pairs = zip([*network.blocks, network.output], [*before.blocks, before.output], strict=True)
    assert [n for n, (a, b) in enumerate(pairs) if (a.weights != b.weights).any()] == changed
    for now, then in zip(network.blocks, before.blocks, strict=True):
        assert np.array_equal(now.feedback, then.feedback)


def test_gradients_of_parts_sum_to_those_of_the_batch():
    network = make_network([dense(5), dense(4)], seed=7)
    learner, rule = Pocket(), PocketRule(9, LearnSet.parse("all", 2))
    x, labels = samples(8)
    whole, step = learner.gradients(network, x, labels, rule)
    one, other = (learner.gradients(network, x[s], labels[s], rule) for s in (slice(3), slice(3, 8)))
    assert all(np.array_equal(one[0][name] + other[0][name], whole[name]) for name in whole)
    assert step.loss == one[1].loss + other[1].loss


# Widths


@pytest.mark.parametrize("fan_in", [1, 2, 784, 65_537, 8_388_607])
def test_pre_activations_fit_32_bits(fan_in):
    limit = pocket_weight_limit(fan_in)
    assert limit >= 1
    assert 127 * fan_in * limit + BIAS_LIMIT <= INT32_LIMIT
    assert limit == 32639 or 127 * fan_in * (limit + 1) + BIAS_LIMIT > INT32_LIMIT


def test_the_largest_batch_fits_32_bits_and_one_more_is_refused():
    network = Network((784,), 10, [dense(100), dense(50)], "pocket")
    most = largest_batch(network)
    worst = ERROR_LIMIT * 10 * feedback_limit(100, 50) * 127
    assert most * worst <= INT32_LIMIT < (most + 1) * worst
    Pocket().check_batch(network, most)
    with pytest.raises(IntegradError, match=f"at most {most}"):
        Pocket().check_batch(network, most + 1)
    with pytest.raises(IntegradError, match="32 bits"):
        Stepper(network, 1).step(np.zeros((most + 1, 784), np.int8), np.zeros(most + 1, int))
    with pytest.raises(IntegradError, match="32 bits"):
        Trainer("pocket", batch_size=most + 1).check_network(network)


def test_one_sample_fits_however_small_the_layer():
    network = Network((1,), 255, [dense(1)], "pocket")
    assert largest_batch(network) >= 1


# The generator and the feedback


def test_xorshift32():
    """Marsaglia's triple 13, 17, 5 from his own seed, and from 1."""
    generator = Xorshift32()
    assert [generator.next() for _ in range(3)] == [723471715, 2497366906, 2064144800]
    generator = Xorshift32(1)
    assert [generator.next() for _ in range(4)] == [270369, 67634689, 2647435461, 307599695]
    with pytest.raises(ValueError):
        Xorshift32(0)


def test_draws_beyond_the_last_whole_multiple_are_thrown_away():
    generator = Xorshift32()
    generator.next = iter([2**32 - 1, 2**32 - 2, 1, 3]).__next__
    assert generator.below(2**31) == 0, "draws of 2**31 and more have no partner"
    assert generator.below(3) == 2


def test_feedback_of_a_network():
    network = Network((784,), 10, [dense(100), dense(50)], "pocket")
    network.initialise(np.random.default_rng(1))
    again = Network((784,), 10, [dense(100), dense(50)], "pocket")
    again.initialise(np.random.default_rng(2))
    first, second = (block.feedback for block in network.blocks)
    assert first[0, :6].tolist() == FIRST_FEEDBACK
    assert (np.abs(first).max(), np.abs(second).max()) == (21, 51)
    assert first.all() and second.all()
    assert set(np.unique(first)) == set(range(-21, 22)) - {0}
    for ours, theirs in zip(network.blocks, again.blocks, strict=True):
        assert np.array_equal(ours.feedback, theirs.feedback), "the generator of training has no part in it"
    assert not any(parameter.array.any() for parameter in network.parameters() if parameter.trainable)


FIRST_FEEDBACK = [-21, 13, 11, 3, 8, 17]
"""The first draw, 723,471,715, is 0 modulo 42 once 1 is taken off, and so on."""

# Files, notation, engines


def test_description_and_model_file(tmp_path):
    from toy import make_run

    _, network = make_run()
    assert "learner" not in network.describe()
    model = pocket_model()
    assert model.network.describe()["learner"] == "pocket"
    save_model(model, tmp_path / "a.model")
    loaded = load_model(tmp_path / "a.model")
    assert loaded.network.describe() == model.network.describe()
    assert loaded.network.weights_crc() == model.network.weights_crc()
    names = ["block1.weights", "block1.bias", "block1.feedback", "output.weights", "output.bias"]
    assert list(loaded.network.arrays()) == names
    assert [p.member for p in loaded.network.parameters()] == [
        *["block1", "bias1", "feedback1"],
        *["output", "output_bias"],
    ]


def pocket_model():
    from integrad.datasets.preprocessing import Preprocessing

    network = make_network([dense(5)], seed=2)
    preprocessing = Preprocessing("F", "int8", (6,), 0, (0,) * 6, (1,) * 6)
    return Model(network, preprocessing, ["a", "b", "c"])


def test_an_unknown_learner_is_one_clear_line():
    description = {"input_shape": [6], "classes": 3, "layers": [], "learner": "oracle"}
    with pytest.raises(IntegradError, match="'oracle' is unknown; expected nitro-d or pocket"):
        Network.from_description(description)


@pytest.mark.parametrize(
    "layer, words",
    [
        (
            {"type": "dense", "units": 2, "alpha_inv": 4},
            "learner pocket supports only pocket_dense, dropout",
        ),
        (dense(0), "units"),
        (dense(2, "relu"), "activation must be tanh or sigmoid"),
        ({"type": "pocket_dense", "units": 2}, "must have exactly the keys activation, type, units"),
    ],
)
def test_layers_that_cannot_be(layer, words):
    with pytest.raises(IntegradError, match=words):
        Network((6,), 3, [layer], "pocket")


def test_layers_of_pocket_are_not_for_nitro():
    with pytest.raises(
        IntegradError, match=r"layers\[0\] \(pocket_dense\): the learner nitro-d supports only"
    ):
        Network((6,), 3, [dense(2)])


def test_notation():
    assert load_spec("mlp:5,x10,d4", (6,), "pocket").layers == [
        dense(5),
        {"type": "dropout", "percent": 10},
        dense(4),
    ]
    with pytest.raises(UsageError, match="the learner pocket supports only mlp"):
        load_spec("cnn:c8", (1, 8, 8), "pocket")


def test_presets():
    spec = load_spec("pocket:mlp-1", (1, 28, 28))
    assert (spec.learner, spec.layers) == ("pocket", [dense(100), dense(50)])
    assert load_spec("pocket:mlp-2", (1, 28, 28)).layers == [dense(200), dense(100), dense(50)]
    with pytest.raises(UsageError, match="is for the learner pocket, not for nitro-d"):
        load_spec("pocket:mlp-1", (1, 28, 28), "nitro-d")
    with pytest.raises(UsageError, match="unknown preset 'mlp-9'; known presets: mlp-1, mlp-2"):
        load_spec("pocket:mlp-9", (1, 28, 28))


def test_network_file(tmp_path):
    path = tmp_path / "network.toml"
    path.write_text(
        'learner = "pocket"\nactivation = "sigmoid"\n[[layer]]\ntype = "pocket_dense"\nunits = 5\n'
        '[[layer]]\ntype = "pocket_dense"\nunits = 4\nactivation = "tanh"\n'
        "[learning]\nlearning_rate_inv = 77\n"
    )
    spec = load_spec(str(path), (6,))
    assert (spec.learner, spec.layers) == ("pocket", [dense(5, "sigmoid"), dense(4)])
    assert spec.learning == {"learning_rate_inv": 77}


@pytest.mark.parametrize(
    "text, words",
    [
        ('learner = ["pocket"]', "learner must be one of nitro-d, pocket, backprop, not"),
        ('learner = "oracle"', "learner must be one of nitro-d, pocket, backprop, not 'oracle'"),
        ('learner = "pocket"\nalpha_inv = 4', "unknown key 'alpha_inv'"),
        ('learner = "pocket"\n[learning]\ndecay_inv = 4', "unknown key 'decay_inv'"),
        (
            'learner = "pocket"\n[[layer]]\ntype = "max_pool"\nsize = 2',
            "the learner pocket supports only pocket_dense",
        ),
        ('learner = "pocket"\nactivation = "relu"', 'activation must be "tanh" or "sigmoid"'),
    ],
)
def test_mistakes_in_a_network_file(tmp_path, text, words):
    path = tmp_path / "network.toml"
    path.write_text(text)
    with pytest.raises(IntegradError, match=words):
        load_spec(str(path), (6,))


def test_engines_that_do_not_know_the_learner():
    network = make_network([dense(5)])
    assert make_engine("auto", network).name == "numpy"
    for engine in ("native", "torch"):
        with pytest.raises(IntegradError, match=f"the {engine} engine does not support the learner pocket"):
            make_engine(engine, network)


def test_settings_of_another_learner_are_refused():
    with pytest.raises(IntegradError, match="decay_inv: the learner pocket has no such setting"):
        Trainer("pocket", decay_inv=3)
    with pytest.raises(IntegradError, match="the network's learner is pocket, not nitro-d"):
        Trainer().check_network(make_network([]))


def test_schedule_follows_the_batch():
    model = pocket_model()
    assert model.schedule(20).words() == (Pocket().usual_learning_rate_inv(20), 0, 0)
    model.training = {"hyper_parameters": {"batch_size": 20, "learning_rate_inv": 4000}}
    assert model.schedule(5).words() == (1000, 0, 0)


def test_output_layer_takes_the_activation_before_it():
    assert make_network([dense(2, "sigmoid")]).output.activation == "sigmoid"
    assert make_network([]).output.activation == "tanh"
    assert isinstance(make_network([]).output, PocketOutput)
