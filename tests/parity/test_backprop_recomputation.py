"""Activations that are computed again: the same bits in less memory."""

from dataclasses import replace
from itertools import product

import executors
import pytest
from backprop_cases import BACKPROP, DEPTHWISE, PACKED, RECOMPUTED
from simulated_step import SimulatedStep

from integrad.execute.micropython_session import on_host, python_backend, run_session
from integrad.targets.cores import CORES
from integrad_codegen.lowering import recomputation
from integrad_codegen.micropython.viper_memory import ViperMemory
from integrad_codegen.plan import make_plan
from integrad_codegen.program import Step


@pytest.fixture(scope="module", params=RECOMPUTED)
def recomputed(request, tmp_path_factory):
    """A case, its sources, its actions and what NumPy, which computes nothing again, makes of them."""
    case = RECOMPUTED[request.param]
    device, actions = case.generate(tmp_path_factory.mktemp("recomputed")), case.actions()
    assert device.plan.repeated_macs > 0
    return case, device, actions, device.run_numpy(actions)


def compare(recomputed, execute, name="C"):
    case, device, actions, expected = recomputed
    executors.require_equal(case, device, expected, execute(device, actions), name)


def test_c_under_sanitizers(recomputed):
    compare(recomputed, executors.run_gcc)


@pytest.mark.emulator
def test_on_a_core(recomputed):
    if recomputed[0].stash:  # one core is enough: sources are the same for all
        compare(recomputed, lambda device, actions: executors.run_emulated(device, CORES["m0"], actions))


@pytest.mark.parametrize("backend", ["pure", "plain"])
def test_python_on_the_host(recomputed, backend):
    compare(recomputed, lambda d, a: run_session(d, a, python_backend(d, backend), on_host()), backend)


def planned(case, recompute="yes", **changes):
    case = replace(case, **changes)
    constants = case.model().constants | {"stash": case.stash or "8", "recompute": recompute}
    return make_plan(case.network(), "model", case.learn, case.batch, constants)


NETWORKS = [BACKPROP["backprop maps"], PACKED["backprop packed maps"], *RECOMPUTED.values()]
STEPS = [(1, "8", "all"), (4, "8", "last:2"), (4, "2", "last:3"), (2, "2", "output")]
"""(batch, stash, what learns)"""


@pytest.mark.parametrize("case", NETWORKS, ids=lambda case: f"seed-{case.seed}")
def test_memory_never_grows_and_every_value_is_there_when_it_is_read(case):
    for batch, stash, learn in STEPS:
        kept, again = (planned(case, yes, batch=batch, stash=stash, learn=learn) for yes in ("no", "yes"))
        assert again.scratch.bytes <= kept.scratch.bytes
        assert ViperMemory.of(again).bytes <= ViperMemory.of(kept).bytes
        if again.scratch.bytes == kept.scratch.bytes:
            assert again.training_arena == kept.training_arena and again.repeated_macs == 0
        SimulatedStep(kept).run()
        SimulatedStep(again).run()


def test_a_value_from_new_weights_would_be_noticed():
    plan = planned(RECOMPUTED["backprop recomputed"])
    again = next(step.each for step in plan.training[1:] if step.each)
    plan.training.append(Step("", again))
    with pytest.raises(AssertionError, match="block1 computes with new weights"):
        SimulatedStep(plan).run()


def test_the_choice_is_the_best_of_all(monkeypatch):
    """Of a network with few values, all choices can be tried."""
    case, tried = RECOMPUTED["backprop recomputed"], {}
    case = replace(case, layers=DEPTHWISE[:4])
    choose = recomputation.choose

    def every(values, usual, build):
        domains = [[None, *range(value.reader, len(case.layers) + 1)] for value in values]
        for steps in product(*domains):
            choice = {value: step for value, step in zip(values, steps, strict=True) if step is not None}
            cost = recomputation.cost_of(build(choice))
            tried[cost.bytes, cost.work] = choice
        return choose(values, usual, build)

    monkeypatch.setattr("integrad_codegen.lowering.backprop.choose", every)
    plan = planned(case)
    assert len(tried) > 20 and plan.training_arena.bytes == min(tried)[0]
    assert recomputation.cost_of(plan.training).work == min(tried)[1]
