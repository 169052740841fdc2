"""A learner that exists in this file only trains, resumes, and steps as a device: nothing else names it."""

import struct
from typing import ClassVar

import numpy as np
import pytest
from toy import CLASSES, FEATURES, make_parts, make_samples

from integrad.errors import IntegradError, UsageError
from integrad.execute.session import Session, Train
from integrad.learners.hyper_parameters import HyperParameter
from integrad.learners.pocket import Pocket
from integrad.learners.schedule import Schedule
from integrad.learners.table import LEARNERS
from integrad.network.learner_table import LEARNER_LAYERS
from integrad.network.network import Network
from integrad.network.pocket_layers import PocketLayers
from integrad.training.stepper import Stepper
from integrad.training.trainer import Trainer


class Sign(Pocket):
    """Steps of a fixed size against the sign of the gradient."""

    id = "sign"
    summary = "a learner of these tests"
    hyper_parameters: ClassVar = {
        "learning_rate_inv": HyperParameter(1, 1000, default=None),
        "size": HyperParameter(1, 99, default=40),
    }

    def rule(self, network, learn_set, settings):
        self.size = settings.get("size", 40)
        return super().rule(network, learn_set, settings)

    def descend(self, network, gradients, rule):
        for parameter in network.parameters():
            if parameter.name in gradients:
                step = self.size * np.sign(gradients[parameter.name])
                parameter.array[...] = np.clip(parameter.array - step, -parameter.limit, parameter.limit)

    def usual_learning_rate_inv(self, batch_size):
        return 3


class SignLayers(PocketLayers):
    learner = "sign"


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(LEARNERS, "sign", Sign())
    monkeypatch.setitem(LEARNER_LAYERS, "sign", SignLayers())


def make_network():
    network = Network(
        (FEATURES,), CLASSES, [{"type": "pocket_dense", "units": 9, "activation": "tanh"}], "sign"
    )
    network.initialise(np.random.default_rng(0))
    return network


def test_it_trains_and_resumes_with_the_same_bits(tmp_path):
    data = make_parts()
    network = make_network()
    trainer = Trainer("sign", epochs=4, size=30)
    history = trainer.fit(network, *data)
    assert trainer.hyper_parameters["size"] == 30 and trainer.learning_rate_inv == 3
    assert max(epoch.validation_correct for epoch in history.epochs) > len(data[2]) * 0.6
    path, other = tmp_path / "run.checkpoint", make_network()
    Trainer("sign", epochs=2, size=30).fit(other, *data, checkpoint=path)
    Trainer("sign", epochs=4, size=30).fit(other, *data, checkpoint=path, resume=True)
    assert other.weights_crc() == network.weights_crc()
    with pytest.raises(UsageError, match="size 30, not 31"):
        Trainer("sign", epochs=4, size=31).fit(other, *data, checkpoint=path, resume=True)


def test_its_ranges_are_its_own():
    with pytest.raises(IntegradError, match="learning_rate_inv must be an integer from 1 to 1,000"):
        Trainer("sign", learning_rate_inv=1001)
    with pytest.raises(IntegradError, match="the learner nitro-d has no such setting"):
        Trainer(size=3)


def test_it_steps_as_a_device_does():
    (x, y), network, twin = make_samples(5, 1), make_network(), make_network()
    Stepper.on_device(network, Schedule(7), "all").step(x, y)
    Stepper(twin, 7, size=40).step(x, y)
    assert network.weights_crc() == twin.weights_crc() != make_network().weights_crc()


def test_a_schedule_with_fewer_fields_is_filled_up_in_a_session():
    action = Train(np.zeros((2, 3), np.int8), np.array([1, 0]), Schedule(7))
    data = Session(3, 10, [action]).encode()
    assert struct.unpack_from("<IIiii", data) == (2, 2, 7, 0, 0)
