"""The Torch engine compared with NumPy, bit for bit, with all carriers."""

from dataclasses import replace

import backprop_sessions
import numpy as np
import pytest
import torch
from backprop_networks import sessions
from engine_sessions import SESSIONS, Session, compare
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import cases

from integrad.engines.torch import arithmetic as torch_arithmetic
from integrad.engines.torch import conv as torch_conv
from integrad.engines.torch.arithmetic import VARIABLE, Arithmetic
from integrad.engines.torch.engine import TORCH_ENGINES, TorchEngine
from integrad.engines.torch.replay import Replays

CARRIERS = ("float64", "float32", "int8", "all of them")

torch.set_num_threads(1)


@pytest.fixture(params=CARRIERS)
def carrier(request, monkeypatch):
    """Force a carrier; or let small products use the int8 units too, as large ones do where they are fast."""
    if request.param in torch_arithmetic.CARRIER_NAMES:
        monkeypatch.setenv(VARIABLE, request.param)
    else:
        monkeypatch.delenv(VARIABLE, raising=False)
        monkeypatch.setattr(torch_arithmetic, "INT8_WORK", {"cpu": 300})
        monkeypatch.setattr(torch_arithmetic, "int8_gain", lambda device: 4)


def divide_integers(monkeypatch):
    """As on a GPU; on a CPU, floats divide."""
    made = Arithmetic.__init__

    def make(self, device):
        made(self, device)
        self.divides_integers = True

    monkeypatch.setattr(Arithmetic, "__init__", make)


@pytest.fixture
def small_tiles(monkeypatch):
    """Convolutions take a batch in several tiles, of several samples each, or of a few rows of large ones."""
    monkeypatch.setattr(torch_conv, "TILE_BYTES", {"cpu": 2**15})


@pytest.mark.parametrize("name", SESSIONS)
def test_sessions(name, carrier, small_tiles):
    compare(SESSIONS[name], lambda network: TorchEngine(network, "cpu"))


@pytest.mark.parametrize("name", SESSIONS)
def test_sessions_with_divided_integers(name, monkeypatch):
    divide_integers(monkeypatch)
    compare(SESSIONS[name], lambda network: TorchEngine(network, "cpu"))


@pytest.mark.parametrize("name", backprop_sessions.SESSIONS)
def test_sessions_of_backpropagation(name, carrier, small_tiles):
    compare(backprop_sessions.SESSIONS[name], make_backprop)


def make_backprop(network):
    return TORCH_ENGINES[network.learner](network, "cpu")


@settings(max_examples=20)
@given(sessions())
def test_drawn_backpropagation(session):
    compare(session, make_backprop)


@settings(max_examples=12)
@given(cases(), st.lists(st.integers(1, 40), min_size=1, max_size=2), st.sampled_from([None, 1]))
def draw(case, batches, amplification):
    session = Session(case, tuple(batches), amplification=amplification)
    compare(session, lambda network: TorchEngine(network, "cpu"))


def test_drawn(carrier, small_tiles):
    draw()


def test_drawn_with_divided_integers(monkeypatch):
    divide_integers(monkeypatch)
    draw()


class Again:
    """Stands where a GPU's recorded step does: inputs are copied to one place, then all is done again."""

    def __init__(self, step, inputs, device):
        self.step, self.inputs, self.count = step, [tensor.clone() for tensor in inputs], 0
        self.made.append(self)

    def __call__(self, inputs):
        for own, new in zip(self.inputs, inputs, strict=True):
            own.copy_(new)
        self.count += 1
        return self.step(self.inputs)


@pytest.mark.parametrize("name", ["dense", "maps"])
def test_repeated_steps(name, monkeypatch):
    monkeypatch.setattr(Again, "made", [], raising=False)

    def make(network):
        engine = TorchEngine(network, "cpu")
        engine.replays = Replays(engine.device, record=Again)
        return engine

    case = SESSIONS[name].case
    # Every other step goes through gradients(): of steps with five samples, the first is computed as usual.
    compare(Session(case, (5, 4, 5, 3, 5, 2, 5, 1)), make)
    assert [again.count for again in Again.made] == [3] * len(case.schedules)


def test_repeated_steps_of_backpropagation(monkeypatch):
    monkeypatch.setattr(Again, "made", [], raising=False)

    def make(network):
        engine = make_backprop(network)
        engine.replays = Replays(engine.device, record=Again)
        return engine

    session = backprop_sessions.SESSIONS["backprop, maps"]
    compare(replace(session, batches=(5, 4, 5, 3, 5, 2, 5, 1)), make)
    assert [again.count for again in Again.made] == [3] * len(session.rules)


def test_weights_that_are_loaded_stay_in_place():
    network = SESSIONS["maps"].network()
    engine = TorchEngine(network, "cpu")
    places = [tensor.data_ptr() for tensor in engine.weights.values()]
    for array in network.arrays().values():
        array += 1
    engine.load()
    assert places == [tensor.data_ptr() for tensor in engine.weights.values()]
    for name, array in network.arrays().items():
        assert np.array_equal(engine.weights[name].numpy(), array)
