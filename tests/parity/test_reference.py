"""NumPy layers and learner against the plain-integer implementation in reference.py."""

from fixed import FIXED
from hypothesis import assume, given, settings
from networks import cases
from plain import is_small
from reference import Reference

from integrad.execute.session import Train
from integrad.network.learn_set import LearnSet
from integrad.training.stepper import Stepper


def compare(case):
    network = case.network()
    twin = Reference(case.layers, {name: w.tolist() for name, w in network.arrays().items()})
    preprocessing = case.model().preprocessing
    learn = LearnSet.parse(case.learn, len(network.blocks))
    for action in case.actions():
        if not isinstance(action, Train):
            continue
        x, s = preprocessing.apply(action.samples), action.schedule
        assert network.logits(x).tolist() == [twin.logits(sample) for sample in x.tolist()]
        learner = Stepper.on_device(network, s, case.learn)
        step = learner.step(x, action.labels)
        learning = len(network.blocks) - learn.first_block
        expected = twin.step(
            x.tolist(), action.labels.tolist(), s.learning_rate_inv, s.decay_inv, s.head_decay_inv, learning
        )
        assert (step.loss, step.correct) == expected
        rows = twin.rows()
        for name, weights in network.arrays().items():
            assert weights.reshape(len(weights), -1).tolist() == rows[name], name


@settings(max_examples=25)
@given(cases())
def test_drawn(case):
    assume(is_small(case) and case.learn != "none")
    compare(case)


def test_fixed():
    for name in ("mlp", "wide", "frozen"):
        compare(FIXED[name])


def test_the_reference_agrees_with_a_step_worked_out_by_hand():
    """One input, one unit, two classes: s, h, scores, errors and updates on paper."""
    weights = {"block1.weights": [[1000]], "block1.head": [[500], [-500]], "output.weights": [[256], [-256]]}
    twin = Reference([{"type": "dense", "units": 1, "alpha_inv": 4}], weights)
    # z = 100·1000, s = tdiv(100000, 256) = 390 → 127, h = 127 - 36 = 91
    assert twin.logits([100]) == [91, -91]
    # head: 91·500/256 = 177 → 127 and -127; label 1: errors 127 and -159; s = 127 blocks the gradient
    loss, correct = twin.step([[100]], [1], 10, 100, 0, 1)
    assert (loss, correct) == (91**2 + 123**2, 0)
    assert twin.rows() == {
        "block1.weights": [[990]],  # decay alone: 1000 - 1000/100
        "block1.head": [[500 - 127 * 91 // 10], [-500 + 159 * 91 // 10]],
        "output.weights": [[256 - 91 * 91 // 10], [-256 + 123 * 91 // 10]],
    }
