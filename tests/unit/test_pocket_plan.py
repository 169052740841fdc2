"""Plans of PocketNN's networks: what learns, what is kept, what is proved."""

import numpy as np
import pytest

from integrad.errors import IntegradError
from integrad.learners import pocket
from integrad.learners.pocket import largest_batch
from integrad.network import pocket_blocks
from integrad.network.network import Network
from integrad_codegen.costs import layer_rows
from integrad_codegen.operations.pocket_dense import PocketDense
from integrad_codegen.plan import make_plan


def make(*units, inputs=20, classes=4):
    layers = [{"type": "pocket_dense", "units": n, "activation": "tanh"} for n in units]
    network = Network((inputs,), classes, layers, "pocket")
    network.initialise(np.random.default_rng(0))
    return network


def members(parameters):
    return [parameter.member for parameter in parameters]


def test_feedback_is_a_constant_of_hidden_layers_that_learn():
    plan = make_plan(make(9, 7), "model", "all", 4)
    assert members(plan.parameters()) == ["block1", "bias1", "block2", "bias2", "output", "output_bias"]
    assert members(plan.frozen_parameters()) == ["feedback1", "feedback2"]
    plan = make_plan(make(9, 7), "model", "last:1", 4)
    assert members(plan.parameters()) == ["block2", "bias2", "output", "output_bias"]
    assert members(plan.frozen_parameters()) == ["block1", "bias1", "feedback2"]
    for learn in ("none", "output"):
        plan = make_plan(make(9, 7), "model", learn, 4)
        assert not any(
            "feedback" in name for name in members([*plan.parameters(), *plan.frozen_parameters()])
        )


def test_all_layers_are_passed_before_any_learns():
    plan = make_plan(make(9, 7), "model", "all", 4)
    calls = [(call.operation.name, call.action) for step in plan.training for call in step.calls]
    passed = [("block1", "forward"), ("block2", "forward"), ("output", "score")]
    assert calls == [*passed, ("block1", "learn"), ("block2", "learn"), ("output", "learn")]


def test_buffers_live_until_their_layer_has_learnt():
    plan = make_plan(make(9, 7), "model", "all", 4)
    lives = {buffer.name: (buffer.size, buffer.first, buffer.last) for buffer in plan.training_arena.buffers}
    assert lives["block1_slopes"] == (36, 0, 3) and lives["block2_slopes"] == (28, 0, 4)
    assert lives["output_slopes"] == (16, 0, 5)
    assert lives["block1"] == (36, 0, 4) and lives["block2"] == (28, 0, 5)
    assert lives["block1_work"][1:] == (0, 0) and lives["block1_learns"][1:] == (3, 3)


def test_layers_before_the_first_that_learns_keep_one_sample():
    plan = make_plan(make(9, 7, 5), "model", "last:1", 4)
    sizes = {buffer.name: buffer.size for buffer in plan.training_arena.buffers}
    assert sizes["block1"] == 9 and sizes["block2"] == 4 * 7 and sizes["block3"] == 4 * 5
    assert not {"block1_slopes", "block2_slopes", "block1_learns"} & set(sizes)
    assert plan.training_arena.bytes < make_plan(make(9, 7, 5), "model", "all", 4).training_arena.bytes


def test_no_gradient_is_stored():
    plan = make_plan(make(9, 7), "model", "all", 4)
    assert plan.scratch.gradients == plan.scratch.wide_gradients == 0
    assert all(operation.gradient_bits == 32 for operation in plan.all_operations)


def test_a_batch_whose_gradients_may_exceed_32_bits_is_refused():
    network = make(100, 50, inputs=784, classes=10)
    most = largest_batch(network)
    assert most == 233
    make_plan(network, "model", "all", most)
    with pytest.raises(IntegradError, match=r"234.*at most 233"):
        make_plan(network, "model", "all", most + 1)


def test_the_report_names_activations():
    rows = layer_rows(make_plan(make(9), "model", "all", 4))
    assert "dense tanh, 20 -> 9" in rows[1] and "output tanh, 9 -> 4" in rows[2]
    assert isinstance(make_plan(make(9), "model").output, PocketDense)


@pytest.mark.parametrize(
    ("where", "name", "wrong", "what"),
    [
        (pocket_blocks, "pocket_weight_limit", lambda fan_in: 2**31 // (127 * fan_in), "a pre-activation"),
        (pocket.Pocket, "check_batch", lambda *_: None, "a gradient"),
    ],
)
def test_the_generator_checks_sums_by_itself(monkeypatch, where, name, wrong, what):
    """Even if a network has weights or batches that are too large."""
    network = make(5, inputs=599)
    most = largest_batch(network)
    make_plan(network, "model", "all", most)
    monkeypatch.setattr(where, name, wrong)
    with pytest.raises(IntegradError, match=f"^block1: {what} may reach 2,1"):
        make_plan(network, "model", "all", most + (where is pocket.Pocket))
