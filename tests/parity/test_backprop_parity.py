"""Integer backpropagation: equal bits of NumPy and of the generated C under sanitizers. Fixed cases, on cores
too: test_recorded_bits.py."""

import tempfile
from pathlib import Path

import executors
import pytest
from backprop_cases import BACKPROP
from hypothesis import given, settings
from networks import backprop_cases


def compare(case, execute):
    with tempfile.TemporaryDirectory() as folder:
        device, actions = case.generate(Path(folder)), case.actions()
        executors.require_equal(case, device, device.run_numpy(actions), execute(device, actions), "C")


@settings(max_examples=12)
@given(backprop_cases())
def test_drawn(case):
    compare(case, lambda device, actions: executors.run_gcc(device, actions, "-O0"))


@settings(max_examples=3)
@given(backprop_cases())
def test_drawn_with_clang(case):
    compare(case, executors.run_clang)


@pytest.mark.parametrize("name", BACKPROP)
def test_fixed_with_clang(name):
    compare(BACKPROP[name], executors.run_clang)
