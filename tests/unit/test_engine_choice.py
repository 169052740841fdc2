"""The choice of "auto": a GPU for large networks, else the native engine, else NumPy."""

import sys

import pytest

from integrad.engines import choice
from integrad.engines.choice import make_engine
from integrad.errors import IntegradError, UsageError
from integrad.network.network import Network
from integrad.training.specification import load_spec


def network(spec):
    return Network((3, 32, 32), 10, load_spec(spec, (3, 32, 32)).layers)


@pytest.fixture
def gpu(monkeypatch):
    """A simulated computer with a GPU for the Torch engine."""
    made = []
    monkeypatch.setattr(choice, "_has_gpu", lambda: True)
    monkeypatch.setattr(choice, "_torch", lambda network, threads: made.append(network) or "on the GPU")
    return made


def test_a_large_network_goes_to_the_gpu(gpu):
    vgg = network("nitro:vgg8b")
    assert make_engine("auto", vgg) == "on the GPU" and gpu == [vgg]


def test_a_small_network_and_a_worker_stay_on_the_processor(gpu):
    assert make_engine("auto", network("mlp:96,48")).name == "native"
    assert make_engine("auto", network("nitro:vgg8b"), gpu=False).name == "native"
    assert not gpu


def test_a_gpu_that_miscalculates_is_not_taken(gpu, monkeypatch):
    def fail(network, threads):
        raise IntegradError("torch on cuda: quotients of integers are not exact")

    monkeypatch.setattr(choice, "_torch", fail)
    assert make_engine("auto", network("nitro:vgg8b")).name == "native"
    with pytest.raises(IntegradError, match="not exact"):
        make_engine("torch", network("nitro:vgg8b"))


def test_without_a_gpu_or_without_torch(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert make_engine("auto", network("nitro:vgg8b")).name == "native"
    monkeypatch.delitem(sys.modules, "integrad.engines.torch.engine", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert make_engine("auto", network("nitro:vgg8b")).name == "native"


@pytest.mark.parametrize("threads", [0, 257, 99_999])
def test_threads_that_no_machine_has(threads):
    with pytest.raises(UsageError, match=f"{threads} threads: must be from 1 to 256"):
        make_engine("auto", network("mlp:4"), threads)


@pytest.mark.parametrize("name", ["native", "torch"])
def test_a_layer_that_only_numpy_computes(name):
    net = network("cnn:p2,d4")
    net.stages[0].kind = "new"
    assert make_engine("auto", net).name == "numpy"
    with pytest.raises(IntegradError, match=f"the {name} engine does not support layers of type new"):
        make_engine(name, net)
