"""Equal bits: NumPy and the generated C on the host, under sanitizers."""

import tempfile
from pathlib import Path

import executors
import numpy as np
import pytest
from cases import Case
from fixed import FIXED
from hypothesis import given, seed, settings
from networks import cases
from pocket_cases import POCKET

from integrad.arithmetic import INT32_LIMIT
from integrad.datasets.axes import LAYOUTS
from integrad.datasets.preprocessing import Preprocessing
from integrad.engines.numpy_engine import NumpyEngine
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Predict, Train
from integrad.model_file import Model
from integrad.training.stepper import Stepper


def compare(case, execute):
    with tempfile.TemporaryDirectory() as folder:
        device = case.generate(Path(folder))
        actions = case.actions()
        executors.require_equal(case, device, device.run_numpy(actions), execute(device, actions), "C")


@pytest.mark.parametrize("axes", LAYOUTS)
def test_drawn(axes):
    # Without a seed of its own, each layout would get the same layers.
    @seed(LAYOUTS.index(axes))
    @settings(max_examples=4)
    @given(cases(axes))
    def draw(case):
        compare(case, lambda device, actions: executors.run_gcc(device, actions, "-O0"))

    draw()


@settings(max_examples=3)
@given(cases())
def test_drawn_with_clang(case):
    compare(case, executors.run_clang)


@pytest.mark.parametrize("name", FIXED | POCKET)
def test_fixed_with_clang(name):
    compare((FIXED | POCKET)[name], executors.run_clang)


def test_the_wide_case_needs_its_64_bits():
    """Else it would not compare what it is there for."""
    network, largest = FIXED["wide"].network(), {}

    class Watched(NumpyEngine):
        def descend(self, gradients, rule):
            for name, gradient in gradients.items():
                if name.startswith("block") and name.endswith(".weights"):
                    largest[name] = max(largest.get(name, 0), int(np.abs(gradient).max()))

    preprocessing = FIXED["wide"].model().preprocessing
    for action in FIXED["wide"].actions():
        if isinstance(action, Train):
            learner = Stepper(network, 1, engine=Watched(network))
            learner.step(preprocessing.apply(action.samples), action.labels)
    assert len(largest) == 2, "a convolution and a dense block"
    assert all(gradient > INT32_LIMIT for gradient in largest.values()), largest


def test_a_model_of_floats_runs_on_the_integers_that_it_receives(tmp_path):
    """Scaling and rounding floats is the host's part; a session holds what a sensor delivers."""
    samples = np.random.default_rng(5).normal(size=(9, 4))
    preprocessing = Preprocessing.fit(samples, "F")
    assert preprocessing.float_shift is not None
    case = Case("F", "int16", (4,), preprocessing.mean, preprocessing.mad, 3)
    model = Model(case.network(), preprocessing, ["a", "b", "c"])
    device = DeviceModel.generate(model, tmp_path, "all", 4)
    actions = case.actions()
    executors.require_equal(
        case, device, device.run_numpy(actions), executors.run_gcc(device, actions, "-O0"), "C"
    )
    raw = preprocessing.raw(samples)
    expected = model.network.logits(preprocessing.apply(samples))
    assert (device.run_numpy([Predict(raw)])[0] == expected).all()
