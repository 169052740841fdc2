"""Executed instructions of a training step of integer backpropagation stay few."""

import numpy as np
import pytest

from integrad.datasets.preprocessing import Preprocessing
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Train
from integrad.learners.schedule import Schedule
from integrad.learners.table import LEARNERS
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.network.notation import parse_notation
from integrad.targets.cores import CORES

BATCH = 4
LIMITS = {"m0": 4.6, "m3": 2.6, "m4": 2.3, "m55": 0.85}
"""Instructions per multiply-accumulate of the three passes, as if no error were 0."""


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The network of the demo with a slope of 1/4 for negative values, so that few errors are 0."""
    layers = parse_notation("cnn:a2,c8,p2,c24,p2,d32", (1, 32, 32), "backprop")
    layers = [layer | ({"leak": 4} if layer["type"].startswith("backprop") else {}) for layer in layers]
    network = Network((1, 32, 32), 10, layers, "backprop")
    network.initialise(np.random.default_rng(0))
    rng = np.random.default_rng(1)
    preprocessing = Preprocessing("HW", "uint8", (32, 32), 128, (0,), (35,), None)
    samples = np.clip(rng.normal(128, 40, (32, 32, 32)), 0, 255).astype(np.uint8)
    labels = rng.integers(0, 10, 32)
    LEARNERS["backprop"].calibrate(network, preprocessing.apply(samples), labels, {})
    model = Model(network, preprocessing, [f"class {k}" for k in range(10)])
    device = DeviceModel.generate(model, tmp_path_factory.mktemp("digits"), "all", BATCH)
    return device, [Train(samples[:BATCH], labels[:BATCH], Schedule(16 * BATCH))]


@pytest.mark.parametrize("core", LIMITS)
@pytest.mark.emulator
def test_instructions_of_a_step_stay_few(core, digits):
    device, actions = digits
    firmware = device.build(CORES[core])
    _, result = device.run_emulated(firmware, actions, count=True)
    (region,) = result.regions
    per_mac = region.instructions / (BATCH * device.plan.training_macs)
    assert 0.8 * LIMITS[core] < per_mac < LIMITS[core], per_mac
