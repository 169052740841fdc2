"""Accumulators at the bounds that are proved for them: what is reached, and the bits of C and cores."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "parity"))

import executors
from attained import reached
from extreme_cases import CASES

from integrad.arithmetic import INT32_LIMIT
from integrad.targets.cores import get_core

MEASURED = [name for name, case in CASES.items() if case.least]
WIDE = {"gradients of 64 bits": "gradient", "sums of maps": "gradient", "sums of 64 bits": "output sum"}
"""Accumulators that need 64 bits; all others have 32."""

BUILT = {"gradients of 32 bits": "", "backprop gradients": "m55"}
"""Case → core that computes it, too."""


@pytest.mark.parametrize("name", MEASURED)
def test_bounds_are_reached_and_fit(name):
    case = CASES[name]
    found = reached(case)
    for row in found:
        assert row.value <= row.bound and (row.bits == 64 or row.value <= INT32_LIMIT), row
        assert row.bits == (64 if row.what == WIDE.get(name) else 32), row
    for what, least in case.least.items():
        assert max(100 * row.value / row.bound for row in found if row.what == what) >= least


@pytest.mark.parametrize("name", BUILT)
def test_at_the_bounds_all_bits_are_equal(name, tmp_path):
    case = CASES[name]
    device, actions = case.generate(tmp_path), case.actions()
    expected = device.run_numpy(actions)
    executors.require_equal(case, device, expected, executors.run_gcc(device, actions, "-O0"), "C")
    if BUILT[name]:
        found = executors.run_emulated(device, get_core(BUILT[name]), actions)
        executors.require_equal(case, device, expected, found, BUILT[name])
