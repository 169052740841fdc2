"""Plans of integer backpropagation: what learns, what is kept, what is proved, how much memory it takes."""

from dataclasses import replace

import numpy as np
import pytest

from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import IntegradError
from integrad.learners.backprop import largest_batch
from integrad.model_file import Model
from integrad.network.backprop_blocks import MAX_SUMMANDS
from integrad.network.network import Network
from integrad.network.notation import parse_notation
from integrad_codegen.c.module import emit_c
from integrad_codegen.costs import layer_rows
from integrad_codegen.lowering.backprop_layers import check_sums
from integrad_codegen.plan import make_plan
from integrad_codegen.weights_file import layout

DIGITS = "cnn:a2,c8,p2,c24,p2,d32"


def make(spec=DIGITS, shape=(1, 32, 32), output_bias=False, **options):
    layers = [
        layer | (options if layer["type"].startswith("backprop") else {})
        for layer in parse_notation(spec, shape, "backprop")
    ]
    network = Network(shape, 10, layers, "backprop", output_bias=output_bias)
    network.initialise(np.random.default_rng(0))
    return network


def model_of(network, record=None):
    preprocessing = Preprocessing("HW", "uint8", (32, 32), 128, (0,), (51,), None)
    return Model(network, preprocessing, [f"class {k}" for k in range(10)], record or {})


def members(parameters):
    return [parameter.member for parameter in parameters]


def lives(plan):
    return {buffer.name: (buffer.size, buffer.first, buffer.last) for buffer in plan.training_arena.buffers}


def test_memory_of_a_digits_network():
    plan = make_plan(make(), "model", "all", 4)
    assert plan.weights_bytes == 14_408
    assert plan.weights_bytes + plan.scratch.bytes <= 23_400
    assert plan.training_arena.distance == 0


def test_fractions_are_for_layers_that_learn():
    plan = make_plan(make(encoding="int16-master"), "model", "last:1", 4)
    assert members(plan.parameters()) == ["block3", "fraction3", "output", "output_fraction"]
    assert members(plan.frozen_parameters()) == ["block1", "block2"]
    plan = make_plan(make(encoding="int16-master"), "model", "none")
    assert members(plan.parameters()) == ["block1", "block2", "block3", "output"]
    assert plan.weights_bytes == 14_408


def test_biases_take_a_byte_of_each_output_and_count_as_an_input():
    biased = make_plan(make(bias=True, output_bias=True), "model", "all", 4)
    plain = make_plan(make(), "model", "all", 4)
    assert biased.weights_bytes == plain.weights_bytes + 8 + 24 + 32 + 10
    assert biased.scratch.bytes == plain.scratch.bytes
    for one, other in zip(biased.all_operations, plain.all_operations, strict=True):
        if one.has_weights:
            assert one.summands == other.summands + 1 == other.fan_in + 1
            assert {n for n in one.kernels() if "bias" in n} == {f"{one.kind}_biased", "backprop_bias_learn"}
            assert not any("bias" in name for name in other.kernels())


def test_max_pools_are_part_of_convolutions():
    plan = make_plan(make("cnn:c8,p2,a2,p2,c24,d32"), "model", "all", 4)
    assert [o.kind for o in plan.operations] == [
        *("backprop_conv", "avg_pool", "max_pool"),
        *("backprop_conv", "backprop_dense"),
    ]
    assert plan.operations[0].output_shape == (8, 16, 16)
    assert "conv 3x3 int8 + max-pool 2x2, 1x32x32 -> 8x16x16" in layer_rows(plan)[1]
    assert plan.operations[0].macs == 8 * 9 * 32 * 32


def test_full_maps_are_never_stored():
    plan = make_plan(make(), "model", "all", 4)
    sizes = {name: size for name, (size, _, _) in lives(plan).items()}
    assert sizes["block1"] == 4 * 8 * 8 * 8 and sizes["block1_winners"] == 4 * 8 * 8 * 8 // 4
    assert sizes["block2"] == 4 * 24 * 4 * 4 and sizes["block2_winners"] == 4 * 24 * 4 * 4 // 4


def test_layers_before_the_first_that_learns_keep_one_sample():
    plan = make_plan(make(), "model", "last:1", 4)
    sizes = {name: size for name, (size, _, _) in lives(plan).items()}
    assert sizes["pool1"] == 256 and sizes["block1"] == 512 and sizes["block2"] == 4 * 384
    assert not {"block1_winners", "block2_winners", "block2_error", "block1_error"} & set(sizes)


def test_pools_of_samples_are_computed_again():
    plan = make_plan(make("cnn:a2,p2,c8,d32"), "model", "all", 4)
    found = lives(plan)
    assert found["pool1"] == (256, 0, 1) and found["pool2"] == (64, 1, 2)
    assert found["pool1_again"][0] == 256 and found["block1_inputs"][0] == 4 * 64
    last = plan.training_arena.buffers
    assert found["block1_inputs"][2] == max(buffer.last for buffer in last)
    assert "block1_inputs" not in lives(make_plan(make("cnn:a2,c8,d32"), "model", "last:1", 4))
    assert "output_inputs" not in lives(make_plan(make("cnn:a2,p2,a2"), "model", "all", 4))


def test_activations_live_until_they_have_been_learnt_from():
    found = lives(make_plan(make(), "model", "all", 4))
    back = found["block2_error"]
    assert found["block2"][2] == back[1] == back[2] - 1
    assert found["block1_error"][1] == back[2]


def test_errors_are_computed_before_a_layer_learns():
    plan = make_plan(make(), "model", "all", 4)
    calls = [(call.operation.name, call.action) for step in plan.training[1:] for call in step.calls]
    assert calls == [
        *(("output", "back"), ("output", "learn"), ("block3", "back"), ("block3", "learn")),
        *(("block2", "back"), ("block2", "learn"), ("pool1", "forward"), ("block1", "learn")),
    ]


def test_a_step_has_three_passes_of_all_layers_but_the_first():
    plan = make_plan(make(), "model", "all", 4)
    assert plan.training_macs == 3 * plan.macs - plan.operations[1].macs
    assert make_plan(make(), "model", "output", 4).training_macs == plan.macs + 320


def test_another_scale_is_another_layout():
    """Weights of other exponents would compute something else."""
    network = make()
    plan = make_plan(network, "model", "all", 4)
    before = layout(model_of(network), plan)
    for row in range(3):
        other = network.copy()
        other.blocks[1].scales[row] += 1
        assert layout(model_of(other), plan) != before


def test_the_loss_is_a_constant():
    network = make()
    for loss, function in (("squared", "squared_error"), ("cross-entropy", "cross_entropy")):
        model = model_of(network, {"hyper_parameters": {"loss": loss}})
        plan = make_plan(network, "model", "all", 4, model.constants)
        assert f"integrad_backprop_{function}(" in emit_c(model, plan)["model.c"]
    with pytest.raises(IntegradError, match=r"loss 'hinge' is unknown; known are squared, cross-entropy"):
        make_plan(network, "model", "all", 4, {"loss": "hinge"})


def test_a_batch_whose_gradients_may_exceed_32_bits_is_refused():
    network = make()
    most = largest_batch([*network.blocks, network.output])
    make_plan(network, "model", "all", most)
    with pytest.raises(IntegradError, match=rf"{most + 1}.*at most {most}"):
        make_plan(network, "model", "all", most + 1)


def test_the_generator_checks_sums_by_itself():
    """Of layers that a network refuses before."""
    output = make_plan(make("mlp:3"), "model", "all", 1).output
    most = MAX_SUMMANDS
    check_sums([replace(output, input_shape=(most,), output_shape=(most,))], most)
    for wider, batch, what in (
        (replace(output, input_shape=(most + 1,)), 0, "an output"),
        (replace(output, output_shape=(most + 1,)), 0, "an error"),
        (output, most + 1, "a gradient"),
    ):
        with pytest.raises(IntegradError, match=f"^output: {what} may reach 2,147,495,705"):
            check_sums([wider], batch)
