"""Plans: lowering of networks, and sizes."""

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrad.arithmetic import INT32_LIMIT, learning_rate_limit
from integrad.errors import UsageError
from integrad.learners.nitro import NitroSchedule
from integrad.model_file import Model
from integrad.network.network import Network
from integrad_codegen.names import RESERVED_NAMES, check_name
from integrad_codegen.plan import MAX_BATCH, make_plan

LAYERS = [
    {"type": "max_pool", "size": [2, 2]},
    {
        "type": "conv",
        "channels": 4,
        "kernel": [3, 3],
        "stride": [1, 1],
        "padding": [1, 1],
        "alpha_inv": 4,
        "head_features": 24,
        "head_pool": "max",
    },
    {"type": "dropout", "percent": 20},
    {"type": "avg_pool", "size": [2, 1]},
    {"type": "dense", "units": 6, "alpha_inv": 10},
    {"type": "dense", "units": 5, "alpha_inv": 4},
]


def make_network():
    network = Network((2, 9, 8), 3, LAYERS)
    network.initialise(np.random.default_rng(1))
    return network


def plan_for(learn, batch=4):
    return make_plan(make_network(), "model", learn, batch)


def test_operations_follow_the_network_without_its_dropouts():
    operations = plan_for("all").operations
    assert [(o.name, o.kind, o.input_shape, o.output_shape) for o in operations] == [
        ("pool1", "max_pool", (2, 9, 8), (2, 4, 4)),
        ("block1", "conv", (2, 4, 4), (4, 4, 4)),
        ("pool2", "avg_pool", (4, 4, 4), (4, 2, 4)),
        ("block2", "dense", (32,), (6,)),
        ("block3", "dense", (6,), (5,)),
    ]
    block = operations[1]
    assert (block.head.features, block.head_pooling.window, block.scale) == (16, (2, 2), 256 * 18)


def test_multiply_accumulates_are_counted_by_hand():
    plan = plan_for("output")
    forward = 4 * 16 * 18 + 32 * 6 + 6 * 5
    assert plan.macs == forward + 5 * 3
    assert plan.training_macs == forward + 2 * 5 * 3, "forward pass and one gradient of the output"
    block3 = 3 * 5 * 3 + 2 * 6 * 5  # head: scores, its gradient, the block's error; block: twice
    assert plan_for("last:1").training_macs == 4 * 16 * 18 + 32 * 6 + block3 + 2 * 5 * 3
    assert plan_for("none").training_macs == 0


# learn → members of the struct that learns, members of the constant one
STRUCTS = {
    "none": (["block1", "block2", "block3", "output"], []),
    "output": (["output"], ["block1", "block2", "block3"]),
    "last:1": (["block3", "head3", "output"], ["block1", "block2"]),
    "last:2": (["block2", "head2", "block3", "head3", "output"], ["block1"]),
    "all": (["block1", "head1", "block2", "head2", "block3", "head3", "output"], []),
}


@pytest.mark.parametrize("learn", STRUCTS)
def test_what_learns_and_what_stays_in_flash(learn):
    plan = plan_for(learn)
    assert ([p.member for p in plan.parameters()], [p.member for p in plan.frozen_parameters()]) == STRUCTS[
        learn
    ]
    sizes = {p.member: p.array for p in [*plan.parameters(), *plan.frozen_parameters()]}
    assert plan.weights_bytes + plan.frozen_bytes == 2 * sum(array.size for array in sizes.values())
    assert plan.batch == (0 if learn == "none" else 4)


def test_operations_before_the_first_that_learns_run_sample_by_sample():
    for learn, prefix in (("all", 1), ("last:2", 3), ("last:1", 4), ("output", 5)):
        plan = plan_for(learn)
        assert len(plan.prefix_operations) == prefix
        assert plan.prefix_operations + plan.suffix_operations == plan.operations


@pytest.mark.parametrize("learn", ["output", "last:1", "last:2", "all"])
def test_training_buffers_hold_what_their_step_writes(learn):
    """Sizes from the shapes; which of them are live together is tested bit by bit, by running."""
    plan = plan_for(learn)
    sizes = {buffer.name: buffer.size for buffer in plan.training_arena.buffers}
    for operation in plan.prefix_operations[:-1]:
        assert sizes[operation.name] == operation.outputs
    for operation in [*plan.prefix_operations[-1:], *plan.suffix_operations]:
        assert sizes[operation.name] == plan.batch * operation.outputs
    for block in plan.learning_blocks:
        extra = f"{block.name}_scaled" if block.kind == "dense" else f"{block.name}_features"
        of_one = block.outputs if block.kind == "dense" else block.head.features
        assert sizes[extra] == plan.batch * of_one
    inference = {buffer.name: buffer.size for buffer in plan.inference_arena.buffers}
    outputs = {name: size for name, size in inference.items() if not name.endswith("_work")}
    assert outputs == {o.name: prod(o.output_shape) for o in plan.operations}


def test_workspaces_hold_inputs_in_16_bits_and_a_tile_of_the_batch():
    plan = plan_for("last:1", 8)
    inference = {buffer.name: buffer.size for buffer in plan.inference_arena.buffers}
    training = {buffer.name: buffer.size for buffer in plan.training_arena.buffers}
    *_, dense = plan.blocks
    for block in plan.blocks[:-1]:
        needed = 2 * block.inputs if block.kind == "dense" else 2 * 2 * (block.fan_in + block.fan_in % 2)
        assert inference[f"{block.name}_work"] == training[f"{block.name}_work"] == needed
    assert inference["output_work"] == 2 * plan.output.features
    assert training[f"{dense.name}_work"] == training["output_work"] == 2 * plan.learn_work == 2 * 16 * 8
    assert not any(name.startswith("pool") and name.endswith("_work") for name in inference)


@pytest.mark.parametrize("batch", [1, 2, 7, 8, 16, 33, 64, 256, 257, 4096])
def test_rows_learn_together_within_a_kilobyte(batch):
    plan = plan_for("output", batch)
    rows, padded = plan.scratch.rows, -(-batch // 8) * 8
    assert 1 <= rows <= 8 and rows * batch <= plan.scratch.deltas <= max(256, batch)
    assert plan.learn_work >= 4 * padded and (plan.learn_work <= 512 or plan.learn_work == 4 * padded)


@given(st.integers(1, 64), st.sampled_from(["output", "last:1", "all"]))
def test_a_larger_batch_needs_more_scratch_and_the_same_weights(batch, learn):
    small, large = plan_for(learn, batch), plan_for(learn, batch + 1)
    assert small.scratch.bytes < large.scratch.bytes
    assert small.weights_bytes == large.weights_bytes
    assert small.scratch.bytes % 4 == 0


@pytest.mark.parametrize("name", ["", "1digits", "Digits", "di gits", "di-gits", "ziffer_ä", "a" * 41, "a\n"])
def test_names_that_are_no_identifiers_are_refused(name):
    with pytest.raises(UsageError, match="lower-case letters"):
        make_plan(make_network(), name)


def test_words_of_c_and_python_and_names_of_layers_are_refused():
    assert {"int", "while", "inline", "lambda", "stdint"} <= RESERVED_NAMES
    for name in [*RESERVED_NAMES, "block1", "head12", "pool3", "integrad", "integrad_store"]:
        with pytest.raises(UsageError, match=name):
            check_name(name)


def test_names():
    for name in ("a", "digits", "m4_2", "pool", "block_1", "integrade", "my_integrad", "a" * 40):
        check_name(name)
        assert make_plan(make_network(), name).prefix == name


@pytest.mark.parametrize("batch", [0, -1, MAX_BATCH + 1])
def test_batches_out_of_range_are_refused(batch):
    with pytest.raises(UsageError, match=f"from 1 to {MAX_BATCH}"):
        plan_for("output", batch)
    assert plan_for("none", batch).batch == 0


def test_the_largest_batch():
    assert plan_for("all", MAX_BATCH).batch == MAX_BATCH


# Schedules


class Trained:
    """As much of a model as a schedule looks at."""

    def __init__(self, **hyper_parameters):
        self.network = make_network()
        self.training = {"hyper_parameters": hyper_parameters}

    schedule = Model.schedule


def test_the_learning_rate_scales_with_the_batch():
    model = Trained(batch_size=64, learning_rate_inv=512, decay_inv=3000, head_decay_inv=400)
    assert model.schedule(16) == NitroSchedule(128, 3000, 400)
    assert model.schedule(128) == NitroSchedule(1024, 3000, 400)
    assert Trained(batch_size=64, learning_rate_inv=1).schedule(8).learning_rate_inv == 1
    assert Trained().schedule(8) == NitroSchedule(64, 0, 0)


def test_the_usual_learning_rate_stays_the_usual_one():
    assert Trained(batch_size=64, learning_rate_inv=512).schedule(1).learning_rate_inv == 32
    assert Trained(batch_size=1, learning_rate_inv=32).schedule(16).learning_rate_inv == 128
    assert Trained(batch_size=64, learning_rate_inv=1024).schedule(1).learning_rate_inv == 16
    assert Trained().schedule(1).learning_rate_inv == 32


def test_the_largest_learning_rate_still_fits_32_bits():
    for classes in (2, 3, 10, 255):
        limit = learning_rate_limit(classes)
        assert limit * 64 * classes <= INT32_LIMIT < (limit + 1) * 64 * classes
    model = Trained(batch_size=1, learning_rate_inv=2**31 - 1)
    assert model.schedule(4096).learning_rate_inv == learning_rate_limit(3)


def test_groups_divide_weights_work_and_lines():
    """Depthwise, then in two groups: each output channel sees its group's inputs only."""
    conv = {"type": "conv", "kernel": [3, 3], "stride": [1, 1], "padding": [1, 1], "alpha_inv": 4}
    conv |= {"head_features": 16, "head_pool": "max"}
    layers = [conv | {"channels": 4, "groups": 4}, conv | {"channels": 6, "groups": 2}]
    depthwise, grouped = make_plan(Network((4, 5, 7), 3, layers), "net", "all", 2).operations
    assert (depthwise.is_depthwise, depthwise.fan_in, depthwise.macs) == (True, 9, 9 * 4 * 35)
    assert (grouped.is_depthwise, grouped.fan_in, grouped.macs) == (False, 18, 18 * 6 * 35)
    assert (grouped.group_shape, grouped.group_rows, grouped.weights.shape) == ((2, 5, 7), 3, (6, 2, 3, 3))
    assert (depthwise.scale, grouped.scale) == (256 * 9, 256 * 18)
    assert depthwise.workspace("forward", 2) == 3 * (7 + 2) + 8 + 1, (
        "lines, eight positions beyond the last, even"
    )
    assert grouped.workspace("forward", 2) == 2 * 2 * 18
