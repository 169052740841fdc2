"""Integer backpropagation: equal bits of NumPy, of the generated C under sanitizers, and of cores."""

import tempfile
from pathlib import Path

import executors
import pytest
from backprop_cases import BACKPROP
from hypothesis import given, settings
from networks import backprop_cases
from plain import run_plain

from integrad.targets.cores import CORES


def compare(case, execute):
    with tempfile.TemporaryDirectory() as folder:
        device, actions = case.generate(Path(folder)), case.actions()
        executors.require_equal(case, device, device.run_numpy(actions), execute(device, actions), "C")


@settings(max_examples=30)
@given(backprop_cases())
def test_drawn(case):
    compare(case, lambda device, actions: executors.run_gcc(device, actions, "-O0"))


@settings(max_examples=6)
@given(backprop_cases())
def test_drawn_with_clang(case):
    compare(case, executors.run_clang)


@pytest.mark.parametrize("name", BACKPROP)
def test_fixed(name):
    compare(BACKPROP[name], executors.run_gcc)


@pytest.mark.parametrize("name", BACKPROP)
def test_fixed_with_clang(name):
    compare(BACKPROP[name], executors.run_clang)


@pytest.mark.parametrize("name", BACKPROP)
def test_plain_integers(name):
    """An implementation of its own, from the formulas."""
    case = BACKPROP[name]
    compare(case, lambda device, actions: run_plain(case, device, actions))


@pytest.mark.parametrize("name", BACKPROP)
@pytest.mark.parametrize("core", CORES)
@pytest.mark.emulator
def test_on_a_core(core, name):
    compare(BACKPROP[name], lambda *session: executors.run_emulated(session[0], CORES[core], session[1]))
