"""The file of weights: every field where the page says, every byte accounted for."""

import struct
import zlib

import numpy as np
import pytest
from fixed import FIXED

from integrad_codegen import weights_file
from integrad_codegen.plan import make_plan


def make(name, learn=None):
    model = FIXED[name].model()
    return model, make_plan(model.network, "model", learn or FIXED[name].learn, FIXED[name].batch)


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize("learn", ["none", "output", "last:1", "all"])
def test_header_and_parts(name, learn):
    model, plan = make(name, learn)
    data = weights_file.weights_file(model, plan)
    magic, version, size, layout, frozen_crc, frozen, learning, learning_crc, crc = struct.unpack(
        "<4sHHIIIIII", data[:32]
    )
    assert (magic, version, size) == (b"iWGT", 1, 32)
    assert crc == zlib.crc32(data[:28]) and layout == weights_file.layout(model, plan) < 2**30
    assert len(data) == 32 + frozen + learning
    assert frozen_crc == zlib.crc32(data[32 : 32 + frozen])
    assert learning_crc == zlib.crc32(data[32 + frozen :])
    assert learning == (plan.weights_bytes if learn != "none" else 0)
    assert frozen == (plan.frozen_bytes if learn != "none" else plan.weights_bytes)


@pytest.mark.parametrize("learn", ["none", "output", "all"])
def test_members_say_where_each_array_is(learn):
    model, plan = make("cnn", learn)
    data = weights_file.weights_file(model, plan)
    frozen_bytes = struct.unpack_from("<I", data, 16)[0]
    arrays = {p.member: p.array for p in [*plan.parameters(), *plan.frozen_parameters()]}
    members = weights_file.members(plan)
    assert [m.learns for m in members] == sorted(m.learns for m in members)
    assert {m.name for m in members} == set(arrays)
    for m in members:
        start = 32 + m.offset + (frozen_bytes if m.learns else 0)
        found = np.frombuffer(data, "<i2", m.rows * m.columns, start)
        assert (found == arrays[m.name].ravel()).all(), m.name


def test_with_all_learning_the_crc_is_the_models():
    model, plan = make("mlp", "all")
    data = weights_file.weights_file(model, plan)
    assert zlib.crc32(data[32:]) == model.network.weights_crc()


def test_another_network_preprocessing_or_learn_set_is_another_layout():
    layouts = {
        weights_file.layout(*make(name, learn)) for name in FIXED for learn in ("none", "output", "all")
    }
    assert len(layouts) == 3 * len(FIXED)
    model, plan = make("mlp")
    before = weights_file.layout(model, plan)
    for array in model.network.arrays().values():
        array[...] = 0
    assert weights_file.layout(model, plan) == before
