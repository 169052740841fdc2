"""Networks: inference, parameters, validation of loaded parameters."""

import zlib

import numpy as np
import pytest

from integrad.arithmetic import weight_limit
from integrad.errors import IntegradError
from integrad.network import network as module
from integrad.network.network import Network

LAYERS = [
    {
        "type": "conv",
        "channels": 3,
        "kernel": [3, 2],
        "stride": [2, 1],
        "padding": [1, 0],
        "alpha_inv": 4,
        "head_features": 12,
        "head_pool": "max",
    },
    {"type": "max_pool", "size": [1, 2]},
    {"type": "dropout", "percent": 50},
    {"type": "dense", "units": 7, "alpha_inv": 10},
]


def make_network(seed=1):
    network = Network((2, 6, 5), 4, LAYERS)
    rng = np.random.default_rng(seed)
    for array in network.arrays().values():
        array[...] = rng.integers(-20000, 20001, array.shape)
    return network


def samples(count, seed=2):
    return np.random.default_rng(seed).integers(-127, 128, (count, 2, 6, 5)).astype(np.int8)


def test_parameters_in_their_order_with_their_shapes():
    shapes = {name: array.shape for name, array in Network((2, 6, 5), 4, LAYERS).arrays().items()}
    # 3 maps of 3x4; the head's window of 2x1 with padding 1 leaves 3 maps of 2x4, then 2x2: 3·2·2.
    assert list(shapes.items()) == [
        ("block1.weights", (3, 2, 3, 2)),
        ("block1.head", (4, 12)),
        ("block2.weights", (7, 18)),
        ("block2.head", (4, 7)),
        ("output.weights", (4, 7)),
    ]
    assert all(array.dtype == np.int16 for array in make_network().arrays().values())


def test_parameters_are_the_networks_own_arrays():
    network = make_network()
    before = network.logits(samples(3))
    network.arrays()["output.weights"][...] = 0
    assert not network.logits(samples(3)).any() and before.any()


def test_logits_do_not_depend_on_how_samples_are_grouped(monkeypatch):
    network, x = make_network(), samples(23)
    together = network.logits(x)
    assert together.shape == (23, 4) and together.dtype == np.int8
    assert (np.concatenate([network.logits(x[i : i + 1]) for i in range(23)]) == together).all()
    monkeypatch.setattr(module, "BATCH", 5)
    assert (network.logits(x) == together).all()


def test_no_samples_give_no_logits():
    assert make_network().logits(samples(0)).shape == (0, 4)


def test_dropout_is_nothing_at_inference():
    without = Network((2, 6, 5), 4, [layer for layer in LAYERS if layer["type"] != "dropout"])
    network = make_network()
    without.load_parameters(network.arrays())
    assert (without.logits(samples(9)) == network.logits(samples(9))).all()


def test_the_first_of_equal_scores_is_predicted():
    network = Network((2,), 3, [])
    network.output.weights[...] = [[0, 0], [9999, 0], [9999, 0]]
    x = np.array([[127, 0], [0, 0], [-127, 0]], np.int8)
    assert network.predict(x).tolist() == [1, 0, 0]
    assert network.predict(x).dtype == np.int64


def test_initialise_draws_every_weight_in_order():
    networks = [Network((2, 6, 5), 4, LAYERS) for _ in range(3)]
    for network, seed in zip(networks, (1, 1, 2), strict=True):
        network.initialise(np.random.default_rng(seed))
    crcs = [network.weights_crc() for network in networks]
    assert crcs[0] == crcs[1] != crcs[2]
    # The bound of a fan-in of 12 is 64 (101 is cut), that of 18 with slope 1/10 is 64 (77 is cut).
    for array in networks[0].arrays().values():
        assert array.min() < 0 < array.max() and np.abs(array).max() <= 64


def test_the_crc_is_of_little_endian_bytes_in_order():
    network = make_network()
    data = b"".join(array.astype("<i2").tobytes() for array in network.arrays().values())
    assert network.weights_crc() == zlib.crc32(data)
    network.output.weights[-1, -1] += 1
    assert network.weights_crc() != zlib.crc32(data)


def test_a_copy_is_independent():
    network = make_network()
    twin = network.copy()
    assert twin.weights_crc() == network.weights_crc()
    twin.blocks[0].weights[...] = 0
    assert twin.weights_crc() != network.weights_crc()


def test_loading_copies_into_the_network():
    network, arrays = Network((2, 6, 5), 4, LAYERS), make_network().copy().arrays()
    network.load_parameters(arrays)
    assert network.weights_crc() == make_network().weights_crc()
    arrays["output.weights"][...] = 0
    assert network.weights_crc() == make_network().weights_crc()


def bad_arrays():
    arrays = make_network().arrays()
    limit = weight_limit(7)
    too_wide = arrays["output.weights"].copy()
    too_wide[0, 0] = -limit - 1
    return {
        "missing": ({k: v for k, v in arrays.items() if k != "block2.head"}, "block2.head: missing"),
        "unknown": (arrays | {"block3.weights": arrays["output.weights"]}, "block3.weights: missing or not"),
        "dtype": (
            arrays | {"block1.head": arrays["block1.head"].astype(np.int32)},
            "block1.head: dtype is int32",
        ),
        "shape": (
            arrays | {"output.weights": arrays["output.weights"].T},
            r"output.weights: shape is \(7, 4\)",
        ),
        "range": (arrays | {"output.weights": too_wide}, f"output.weights: a weight of {limit + 1} exceeds"),
    }


@pytest.mark.parametrize("name", bad_arrays())
def test_bad_arrays_are_refused_and_nothing_is_loaded(name):
    arrays, text = bad_arrays()[name]
    network = make_network(seed=5)
    before = network.weights_crc()
    with pytest.raises(IntegradError, match=text):
        network.load_parameters(arrays)
    assert network.weights_crc() == before


def test_the_widest_weight_is_accepted():
    network = make_network()
    network.output.weights[...] = -weight_limit(7)
    make_network(seed=3).load_parameters(network.arrays())
