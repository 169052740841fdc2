"""Parameters: their names in files and in generated code, who learns, what an array must be."""

import numpy as np
import pytest

from integrad.errors import IntegradError
from integrad.network.learn_set import LearnSet
from integrad.network.network import Network
from integrad.network.parameter import Parameter

NITRO = [{"type": "dense", "units": units, "alpha_inv": 4} for units in (5, 4)]
POCKET = [{"type": "pocket_dense", "units": units, "activation": "tanh"} for units in (5, 4)]

BACKPROP = [
    {"type": "backprop_dense", "units": 5},
    {"type": "backprop_dense", "units": 4, "encoding": "int16-master", "bias": True},
]
LAYERS = {"nitro-d": NITRO, "pocket": POCKET, "backprop": BACKPROP}

NAMES = {
    "nitro-d": {
        "block1.weights": "block1",
        "block1.head": "head1",
        "block2.weights": "block2",
        "block2.head": "head2",
        "output.weights": "output",
    },
    "pocket": {
        "block1.weights": "block1",
        "block1.bias": "bias1",
        "block1.feedback": "feedback1",
        "block2.weights": "block2",
        "block2.bias": "bias2",
        "block2.feedback": "feedback2",
        "output.weights": "output",
        "output.bias": "output_bias",
    },
    "backprop": {
        "block1.weights": "block1",
        "block1.scales": "scales1",
        "block2.weights": "block2",
        "block2.fraction": "fraction2",
        "block2.bias": "bias2",
        "block2.bias_fraction": "bias_fraction2",
        "block2.scales": "scales2",
        "output.weights": "output",
        "output.fraction": "output_fraction",
        "output.scales": "output_scales",
    },
}


def make_network(learner):
    return Network((6,), 3, LAYERS[learner], learner)


@pytest.mark.parametrize("learner", NAMES)
def test_names_and_members(learner):
    found = {p.name: p.member for p in make_network(learner).parameters()}
    assert found == NAMES[learner] and list(found) == list(NAMES[learner])


@pytest.mark.parametrize(
    "learner, learn, learning, needed",
    [
        ("nitro-d", "none", "", "block1 block2 output"),
        ("nitro-d", "output", "output", "block1 block2 output"),
        ("nitro-d", "last:1", "block2 head2 output", "block1 block2 head2 output"),
        ("pocket", "none", "", "block1 bias1 block2 bias2 output output_bias"),
        ("pocket", "output", "output output_bias", "block1 bias1 block2 bias2 output output_bias"),
        (
            *("pocket", "last:1"),
            *("block2 bias2 output output_bias", "block1 bias1 block2 bias2 feedback2 output output_bias"),
        ),
        ("backprop", "none", "", "block1 block2 bias2 output"),
        ("backprop", "output", "output output_fraction", "block1 block2 bias2 output output_fraction"),
        (
            *("backprop", "last:1", "block2 fraction2 bias2 bias_fraction2 output output_fraction"),
            "block1 block2 fraction2 bias2 bias_fraction2 output output_fraction",
        ),
    ],
)
def test_what_learns_and_what_a_device_needs(learner, learn, learning, needed):
    learn_set = LearnSet.parse(learn, 2)
    parameters = make_network(learner).parameters()
    assert [p.member for p in parameters if p.learns(learn_set)] == learning.split()
    assert [p.member for p in parameters if p.is_needed(learn_set)] == needed.split()


def test_the_array_is_the_owner_s():
    network = make_network("nitro-d")
    head = network.parameters()[1]
    head.array = np.full(head.shape, 7, np.int16)
    assert (network.blocks[0].head == 7).all()
    assert head.array is network.blocks[0].head


@pytest.mark.parametrize(
    "array, words",
    [
        (np.zeros((5, 6), np.int32), "block1.weights: dtype is int32, expected int16"),
        (np.zeros((6, 5), np.int16), r"block1.weights: shape is \(6, 5\), expected \(5, 6\)"),
        (np.full((5, 6), -32640, np.int16), "block1.weights: .*32640 exceeds"),
    ],
)
def test_arrays_that_do_not_fit(array, words):
    parameter: Parameter = make_network("pocket").parameters()[0]
    with pytest.raises(IntegradError, match=words):
        parameter.check(array)
