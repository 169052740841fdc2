"""NITRO-D: what a step changes, what it does not change, and what it reports."""

from dataclasses import replace

import numpy as np
import pytest

from integrad.arithmetic import weight_limit
from integrad.errors import UsageError
from integrad.network.network import Network
from integrad.training.stepper import Stepper

CONV = {
    "type": "conv",
    "channels": 3,
    "kernel": [2, 2],
    "stride": [1, 1],
    "padding": [1, 1],
    "alpha_inv": 4,
    "head_features": 12,
    "head_pool": "avg",
}
LAYERS = [
    CONV,
    {"type": "max_pool", "size": [2, 2]},
    {"type": "dropout", "percent": 50},
    {"type": "dense", "units": 6, "alpha_inv": 3},
]


def make_network(seed=1):
    network = Network((1, 5, 5), 3, LAYERS)
    rng = np.random.default_rng(seed)
    for array in network.arrays().values():
        array[...] = rng.integers(-20000, 20001, array.shape)
    return network


def batch(count, seed=2):
    rng = np.random.default_rng(seed)
    return rng.integers(-127, 128, (count, 1, 5, 5)).astype(np.int8), rng.integers(0, 3, count)


def changed(learn):
    """Names of the parameters that a step changes."""
    network = make_network()
    before = {name: array.copy() for name, array in network.arrays().items()}
    Stepper(network, 1, decay_inv=50, head_decay_inv=50, learn=learn).step(*batch(6))
    return {name for name, array in network.arrays().items() if (array != before[name]).any()}


BLOCK1, BLOCK2 = {"block1.weights", "block1.head"}, {"block2.weights", "block2.head"}


@pytest.mark.parametrize(
    ("learn", "expected"),
    [
        ("none", set()),
        ("output", {"output.weights"}),
        ("last:1", {"output.weights"} | BLOCK2),
        ("last:2", {"output.weights"} | BLOCK1 | BLOCK2),
        ("all", {"output.weights"} | BLOCK1 | BLOCK2),
    ],
)
def test_only_the_learn_set_changes(learn, expected):
    assert changed(learn) == expected


def test_an_unknown_learn_set_is_refused():
    with pytest.raises(UsageError, match="some"):
        Stepper(make_network(), 8, learn="some")


def test_loss_and_correct_are_those_from_before_the_step():
    network = make_network()
    x, labels = batch(40)
    logits = network.logits(x).astype(int)
    targets = 32 * np.eye(3, dtype=int)[labels]
    step = Stepper(network, 1).step(x, labels)
    assert step.loss == ((logits - targets) ** 2).sum() > 127**2, "it would overflow in int8 or int16"
    assert step.correct == (logits.argmax(axis=1) == labels).sum()
    assert (network.logits(x) != logits).any()


def test_a_block_learns_the_same_whatever_the_others_do():
    """Blocks exchange no gradients, and each forward pass uses the weights from before the batch."""
    x, labels = batch(6)
    together, last = make_network(), make_network()
    Stepper(together, 4).step(x, labels)
    Stepper(last, 4, learn="last:1").step(x, labels)
    assert (together.blocks[1].weights == last.blocks[1].weights).all()
    assert (together.output.weights == last.output.weights).all()
    assert (together.blocks[0].weights != last.blocks[0].weights).any()


def test_a_batch_is_a_sum_whose_order_does_not_matter():
    x, labels = batch(7)
    order = np.random.default_rng(0).permutation(7)
    networks = make_network(), make_network()
    Stepper(networks[0], 4).step(x, labels)
    Stepper(networks[1], 4).step(x[order], labels[order])
    assert networks[0].weights_crc() == networks[1].weights_crc()


def test_decay_is_decoupled_from_the_learning_rate():
    network = make_network()
    before = {name: array.astype(int) for name, array in network.arrays().items()}
    Stepper(network, 2**31 - 1, decay_inv=7, head_decay_inv=900).step(*batch(4))
    for name, array in network.arrays().items():
        decay = 7 if name in ("block1.weights", "block2.weights") else 900
        expected = before[name] - np.sign(before[name]) * (np.abs(before[name]) // decay)
        assert (array == expected).all(), name


def test_without_gradient_and_decay_nothing_changes():
    network = make_network()
    before = network.weights_crc()
    Stepper(network, 2**31 - 1).step(*batch(4))
    assert network.weights_crc() == before


def test_blocks_learn_64_times_classes_slower_than_heads():
    """A divisor of 1·192 for blocks is one of 192 without amplification."""
    x, labels = batch(6)
    networks = make_network(), make_network()
    Stepper(networks[0], 1).step(x, labels)
    unamplified = Stepper(networks[1], 64 * 3)
    unamplified.rule = replace(unamplified.rule, amplification=1)
    unamplified.step(x, labels)
    for ours, theirs in zip(networks[0].blocks, networks[1].blocks, strict=True):
        assert (ours.weights == theirs.weights).all()
        assert (ours.head != theirs.head).any()


def test_weights_saturate_at_the_limit_of_their_fan_in():
    network = Network((2000,), 2, [{"type": "dense", "units": 2, "alpha_inv": 4}])
    limit = weight_limit(2000)
    assert limit < 32639
    rng = np.random.default_rng(1)
    for array in network.arrays().values():
        array[...] = rng.integers(-100, 101, array.shape)
    x = np.full((200, 2000), 127, np.int8)
    for labels in (0, 1):
        learner = Stepper(network, 1)
        learner.rule = replace(learner.rule, amplification=1)
        learner.step(x, np.full(200, labels))
        learner.step(x, np.full(200, 1 - labels))
    assert {-limit, limit} & set(np.unique(network.blocks[0].weights).tolist())
    for array in network.arrays().values():
        assert np.abs(array.astype(int)).max() <= weight_limit(array[0].size)


def test_dropout_needs_a_generator_and_depends_on_nothing_else():
    x, labels = batch(6)

    def crc(rng):
        network = make_network()
        Stepper(network, 1).step(x, labels, rng)
        return network.weights_crc()

    assert crc(None) == crc(None)
    assert crc(np.random.default_rng(1)) == crc(np.random.default_rng(1)) != crc(np.random.default_rng(2))
    assert crc(None) != crc(np.random.default_rng(1))


def test_what_is_dropped_reaches_the_next_block_but_not_the_own_head():
    x, labels = batch(6)
    dropped, kept = make_network(), make_network()
    Stepper(dropped, 1).step(x, labels, np.random.default_rng(1))
    Stepper(kept, 1).step(x, labels)
    assert (dropped.blocks[0].weights == kept.blocks[0].weights).all()
    assert (dropped.blocks[0].head == kept.blocks[0].head).all()
    assert (dropped.blocks[1].weights != kept.blocks[1].weights).any()
