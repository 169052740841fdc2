"""A packed stash: equal bits of NumPy, of plain integers, of the generated C and of MicroPython."""

from dataclasses import replace

import executors
import numpy as np
import pytest
from backprop_cases import BACKPROP, PACKED
from plain import run_plain

from integrad.engines.choice import make_engine
from integrad.errors import IntegradError
from integrad.execute.micropython_session import on_host, python_backend, run_session
from integrad.learners.schedule import Schedule
from integrad.network.backprop_stash import GROUP, PACKED_STASH, kept_in_two_bits
from integrad.targets.cores import CORES
from integrad.training.stepper import Stepper
from integrad_codegen.plan import make_plan


@pytest.fixture(scope="module", params=PACKED)
def packed(request, tmp_path_factory):
    """A case, its sources, its actions and what NumPy makes of them."""
    case = PACKED[request.param]
    device, actions = case.generate(tmp_path_factory.mktemp("packed")), case.actions()
    return case, device, actions, device.run_numpy(actions)


def compare(packed, execute, name="C"):
    case, device, actions, expected = packed
    executors.require_equal(case, device, expected, execute(device, actions), name)


def test_c_under_sanitizers(packed):
    compare(packed, executors.run_gcc)


@pytest.mark.emulator
def test_on_a_core(packed):
    core = CORES["m0" if packed[0].axes == "F" else "m55"]
    compare(packed, lambda device, actions: executors.run_emulated(device, core, actions))


def test_viper_on_the_host(packed):
    compare(packed, lambda d, actions: run_session(d, actions, python_backend(d, "pure"), on_host()), "viper")


def test_plain_integers(packed):
    """An implementation of its own, from the formulas."""
    compare(packed, lambda device, actions: run_plain(packed[0], device, actions), "plain integers")


def test_it_learns_something_else_but_classifies_alike(packed, tmp_path):
    """Otherwise the comparisons would prove nothing."""
    case, _, actions, expected = packed
    exact = replace(case, stash="").generate(tmp_path).run_numpy(actions)
    assert np.array_equal(exact[0], expected[0]) and exact[1] == expected[1]
    assert exact[2] != expected[2]


def test_two_bits_keep_the_ends_of_a_group():
    rng = np.random.default_rng(0)
    x = rng.integers(-127, 128, (3, 2, 75)).astype(np.int8)
    kept = kept_in_two_bits(x)
    assert kept.shape == x.shape and kept.dtype == np.int8
    for sample, found in zip(x.reshape(3, -1), kept.reshape(3, -1), strict=True):
        for start in range(0, 150, GROUP):
            group, values = (a[start : start + GROUP].astype(int) for a in (sample, found))
            assert (min(group), max(group)) == (min(values), max(values)) and len(set(values)) <= 4
            # Half a step, and the rounding of what the step stands for.
            assert 6 * np.abs(group - values).max() <= max(group) - min(group) + 3


@pytest.mark.parametrize("low, high", [(-127, 127), (-127, 126), (0, 1), (0, 2), (-3, 2), (5, 5)])
def test_values_are_rounded_to_the_nearest_third(low, high):
    group = np.arange(low, high + 1)[:, None]
    ends = np.broadcast_to([low, high], (len(group), 2))
    kept = kept_in_two_bits(np.concatenate([group, ends], axis=1).astype(np.int8))[:, 0]
    extent = high - low
    for value, found in zip(group[:, 0].tolist(), kept.tolist(), strict=True):
        # Floats represent these halves exactly.
        third = int((value - low) * 3 / extent + 0.5) if extent else 0
        assert found == low + (2 * third * extent + 3) // 6


def test_other_engines_hand_such_a_step_to_numpy():
    network = PACKED["backprop packed maps"].network()
    x = np.random.default_rng(1).integers(-127, 128, (3, *network.input_shape)).astype(np.int8)
    crcs = set()
    for name in ("numpy", "native"):
        twin = network.copy()
        stepper = Stepper.on_device(
            twin, Schedule(16), "all", make_engine(name, twin, 1), {"stash": PACKED_STASH}
        )
        stepper.step(x, np.array([0, 3, 1]))
        crcs.add(twin.weights_crc())
    assert len(crcs) == 1


def lives(plan):
    return {buffer.name: (buffer.size, buffer.first, buffer.last) for buffer in plan.training_arena.buffers}


def test_what_is_kept_of_each_sample():
    case = PACKED["backprop packed maps"]
    exact, packed = (
        lives(make_plan(case.network(), "model", "all", 3, {"stash": stash})) for stash in ("8", PACKED_STASH)
    )
    assert exact["block1"][0] == 3 * 120 and packed["block1"][0] == 120
    assert packed["block2_packed"][0] == 3 * (2 + 16 + 2 + 14)
    assert packed["block2_signs"][0] == 3 * 15
    # Of what an average pool reads, only signs; behind it, no activation.
    assert packed["pool1_signs"][0] == 3 * -(-9 * 25 // 8) and packed["block2"][0] == 9 * 25
    assert "block3_packed" in packed and "block3_signs" not in packed
    # Activations live until the next layer has read them; what is packed of them, until that layer learns.
    assert packed["block1"][2] == packed["block1"][1] + 1
    assert packed["block2_packed"][2] == exact["block1"][2]


def test_a_layer_that_reads_samples_keeps_nothing():
    case = replace(BACKPROP["backprop alone"], stash="2")
    plans = [make_plan(case.network(), "model", "all", 3, {"stash": stash}) for stash in ("8", "2")]
    assert lives(plans[0]) == lives(plans[1])


def test_an_unknown_stash_is_refused():
    with pytest.raises(IntegradError, match="the stash '3' is unknown; known are 8, 2"):
        make_plan(PACKED["backprop packed"].network(), "model", "all", 3, {"stash": "3"})
