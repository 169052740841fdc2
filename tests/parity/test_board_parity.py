"""Equal bits: NumPy and the generated C on six emulated cores."""

import tempfile
from pathlib import Path

import executors
import pytest
from fixed import FIXED
from hypothesis import given, seed, settings
from networks import cases

from integrad.targets.cores import BOARDS

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """name of a fixed case → (device model, what NumPy answers), generated once for all cores."""
    made = {}

    def generate(name):
        if name not in made:
            device = FIXED[name].generate(tmp_path_factory.mktemp(name))
            made[name] = device, device.run_numpy(FIXED[name].actions())
        return made[name]

    return generate


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize("core", BOARDS)
def test_fixed(core, name, generated):
    device, expected = generated(name)
    found = executors.run_board(device, BOARDS[core], FIXED[name].actions())
    executors.require_equal(FIXED[name], device, expected, found, core)


@pytest.mark.parametrize("core", BOARDS)
def test_drawn(core):
    # Without a seed of its own, each core would get the same networks.
    @seed(list(BOARDS).index(core))
    @settings(max_examples=5)
    @given(cases())
    def compare(case):
        with tempfile.TemporaryDirectory() as folder:
            device, actions = case.generate(Path(folder)), case.actions()
            found = executors.run_board(device, BOARDS[core], actions)
            executors.require_equal(case, device, device.run_numpy(actions), found, core)

    compare()
