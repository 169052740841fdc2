"""Equal bits: NumPy and the generated C on six emulated cores. Fixed cases: test_recorded_bits.py."""

import tempfile
from pathlib import Path

import executors
import pytest
from hypothesis import given, seed, settings
from networks import cases

from integrad.targets.cores import CORES, cores_of
from integrad.targets.families import ARM

pytestmark = pytest.mark.emulator


@pytest.mark.parametrize("core", cores_of(ARM))
def test_drawn(core):
    # Without a seed of its own, each core would get the same networks.
    @seed(list(CORES).index(core))
    @settings(max_examples=3)
    @given(cases())
    def compare(case):
        with tempfile.TemporaryDirectory() as folder:
            device, actions = case.generate(Path(folder)), case.actions()
            found = executors.run_emulated(device, CORES[core], actions)
            executors.require_equal(case, device, device.run_numpy(actions), found, core)

    compare()
