"""Firmware made from a model alone, on an emulated core: it predicts, learns, saves, and loses its power."""

import numpy as np
import pytest

from integrad.api.model import Model
from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import IntegradError, InvalidArgumentError
from integrad.network.network import Network
from integrad.testing.costs import FirmwareCosts
from integrad.testing.devices import Device, build
from integrad.testing.dut import DeviceFailure
from integrad.testing.flash import ERASES, PROGRAMS, Flash
from integrad.testing.session import Session
from integrad.testing.settings import read_settings

X = np.random.default_rng(0).integers(-3000, 3000, (8, 8)).astype(np.int16)
Y = list("abcabcab")
BATCH = 2


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    network = Network([8], 3, [{"type": "dense", "units": 6, "alpha_inv": 4}])
    network.initialise(np.random.Generator(np.random.PCG64(1)))
    scaling = Preprocessing("F", "int16", (8,), 0, (0,) * 8, (20,) * 8)
    Model(network, scaling, ["a", "b", "c"]).save(folder / "toy.model")
    text = f'[tool.integrad]\nmodel = "toy.model"\nlearn = "all"\nbatch-size = {BATCH}\n'
    (folder / "pyproject.toml").write_text(text)
    return read_settings(folder)


@pytest.fixture(scope="module")
def device(settings):
    device = Device(build(settings, "m0"), settings)
    yield device
    device.close()


@pytest.fixture
def dut(device):
    """In the state of a device that is new."""
    dut, is_new = device.dut()
    if not is_new:
        Flash(device, dut).restart(b"")
    return dut


@pytest.fixture
def model(dut, settings):
    return Session(dut, settings.model)


def test_device_and_host_agree(model):
    assert (model.scores(X) == model.host.scores(X)).all()
    assert model.predict(X).tolist() == model.host.predict(X).tolist()
    assert model.predict(X[0]) == model.host.predict(X[:1])[0]
    assert model.crc() == model.host_crc and model.steps == 0
    before = model.crc()
    model.train(X, Y)
    assert model.crc() == model.host_crc != before and model.steps == len(X) // BATCH
    assert len(model.weights) == model.info.weights_bytes
    model.reset()
    assert model.crc() == before != model.host_crc
    model.follow()
    assert model.host_crc == before


def test_what_is_refused(model, settings):
    with pytest.raises(InvalidArgumentError, match="8 samples but y has 2 labels"):
        model.train(X, Y[:2])
    with pytest.raises(InvalidArgumentError, match="does not know the class z"):
        model.train(X[:1], ["z"])
    with pytest.raises(IntegradError, match="name no model; set `model`"):
        Session(model.dut).host  # noqa: B018
    assert not model.dut.failed


def test_a_device_with_another_model_is_refused(model, settings, tmp_path):
    """Also after the model on the host has learnt, which does not make it another one."""
    model.host.network.initialise(np.random.Generator(np.random.PCG64(2)))
    assert model.host_crc != model.crc()
    other = Model.load(settings.model)
    other.network.initialise(np.random.Generator(np.random.PCG64(3)))
    other.save(tmp_path / "other.model")
    with pytest.raises(IntegradError, match="the device has another model: toy, whose CRC-32 is"):
        Session(model.dut, tmp_path / "other.model").host_crc  # noqa: B018


def test_saving_and_power_cuts(device, dut, model):
    flash = Flash(device, dut)
    model.train(X[:BATCH], Y[:BATCH])
    learnt = model.crc()
    assert flash.count(model.save, ERASES) == 1 and flash.count(model.save, PROGRAMS) > 1
    assert set(flash.contents) != {0xFF}
    dut.restart()
    assert model.crc() == learnt and model.steps == 1

    flash.restart(b"")
    assert set(flash.contents) == {0xFF}
    factory, found = model.crc(), set()
    assert model.steps == 0
    for cut in flash.cuts(every=399):
        model.train(X[:BATCH], Y[:BATCH])
        with cut:
            model.save()
        found.add((cut.happened, model.crc()))
    assert found == {(True, factory), (False, learnt)}
    with pytest.raises(IntegradError, match="contains no function save_me"):
        flash.cut(1, "save_me")


def test_costs(dut, device, model, settings):
    costs = FirmwareCosts(dut, device.firmware, settings)
    begun, before = model.begin(), costs.stack
    count, again = costs.of_calls("toy_predict", lambda: model.predict([X[0], X[0]]))
    assert 500 < count == again < 5000 and begun.name == "toy"
    assert 0 < before <= costs.stack < 1024
    assert costs.flash == device.firmware.sizes.flash > costs.ram == device.firmware.sizes.ram > 500
    assert count < costs.instructions_per_inference < costs.instructions_per_step
    with pytest.raises(IntegradError, match="contains 0 beginnings and 0 ends of regions; mark one"):
        costs.of_regions(model.begin)


def test_a_device_that_does_not_answer(dut, model):
    dut.write(b"\0garbage\xff\0")
    assert model.predict(X[0]) == model.host.predict(X[:1])[0]
    dut.power_off()
    with pytest.raises(DeviceFailure, match="is switched off; call restart"):
        model.predict(X)
