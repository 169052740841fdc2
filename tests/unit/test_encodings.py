"""How weights lie in memory and in files."""

import struct
from dataclasses import replace

import numpy as np
import pytest

from integrad.errors import IntegradError
from integrad.network.network import Network
from integrad_codegen import encodings
from integrad_codegen.encodings import INT8, INT16, alignment_of, bytes_of, packed, require_updates, unpacked

VALUES = np.array([[0, 1, -1], [32767, -32768, 256]], np.int16)


def make_network():
    network = Network((5,), 3, [{"type": "dense", "units": 4, "alpha_inv": 4}])
    network.initialise(np.random.default_rng(1))
    return network


def test_int16_is_little_endian():
    data = INT16.pack(VALUES)
    assert data == struct.pack("<6h", *VALUES.ravel().tolist()) and len(data) == 6 * INT16.bytes
    back = INT16.unpack(b"??" + data, VALUES.shape, 2)
    assert np.array_equal(back, VALUES) and back.dtype == np.int16 and back.flags.writeable


def test_viper_s_expression_gives_the_sign_back():
    for value in VALUES.ravel().tolist():
        assert eval(INT16.viper_load("w"), {"w": value & 0xFFFF}) == value


def test_int8_has_one_byte_per_element():
    values = np.array([[0, 1, -1], [127, -128, 64]], np.int8)
    data = INT8.pack(values)
    assert data == struct.pack("<6b", *values.ravel().tolist()) and INT8.bytes == 1
    assert np.array_equal(INT8.unpack(data, values.shape), values)
    for value in values.ravel().tolist():
        assert eval(INT8.viper_load("w"), {"w": value & 0xFF}) == value


def test_parameters_lie_one_after_the_other():
    parameters = make_network().parameters()
    data = packed(parameters)
    assert len(data) == bytes_of(parameters) == 2 * sum(p.array.size for p in parameters)
    assert alignment_of(parameters) == 2
    arrays = unpacked(parameters, data)
    assert list(arrays) == [p.name for p in parameters]
    assert all(np.array_equal(arrays[p.name], p.array) for p in parameters)


def test_a_learner_that_cannot_update_an_encoding_is_refused(monkeypatch):
    parameters = make_network().parameters()
    require_updates(parameters, "nitro-d")
    monkeypatch.setitem(encodings.ENCODINGS, "int16", replace(INT16, learners=frozenset()))
    with pytest.raises(IntegradError, match=r"^block1\.weights: nitro-d cannot update int16 weights"):
        require_updates(parameters, "nitro-d")


def test_another_encoding_has_kernels_of_its_own():
    assert INT16.kernels({"linear"}) == {"linear"}
    assert replace(INT16, suffix="_int8").kernels({"linear"}) == {"linear_int8"}
