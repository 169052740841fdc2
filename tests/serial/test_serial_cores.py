"""The serial protocol on emulated cores, one of which has an int of 16 bits: a conversation that is played to
all of them is answered with the same bytes, and the weights are those of NumPy."""

import struct
import zlib

import numpy as np
import pytest
from serial_program import HERE, export

from integrad.build.firmware import build_firmware
from integrad.datasets.preprocessing import Preprocessing
from integrad.emulate.runner import run
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Train, Weights
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.network.notation import parse_notation
from integrad.protocol.frames import FrameReader, encoded
from integrad.protocol.messages import HEADER, Kind
from integrad.targets.cores import get_core

INPUTS = 150
"""Samples of 300 bytes travel in two parts."""


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    folder, shape = tmp_path_factory.mktemp("cores"), (1, 1, INPUTS)
    network = Network(shape, 3, parse_notation("mlp:4", shape, "backprop"), learner="backprop")
    network.initialise(np.random.Generator(np.random.PCG64(1)))
    model = Model(network, Preprocessing("T", "int16", (INPUTS,), 0, (0,), (9000,)), ["a", "b", "c"])
    return DeviceModel(model, export(folder, model, batch=2), folder, [])


def conversation(samples, weights):
    """Requests, among them damaged ones, repetitions, refused ones and garbage."""
    line, number = bytearray(b"hello\n"), 65533  # numbers begin again at 0 on the way

    def add(kind, data=b"", times=1):
        nonlocal number
        number = (number + 1) % 65536
        line.extend(encoded(HEADER.pack(1, kind, number) + data) * times)

    add(Kind.INFO)
    for slot, sample in enumerate(samples):
        for at in (0, 200):
            add(Kind.SAMPLE, struct.pack("<HBI", slot, slot, at) + sample.tobytes()[at : at + 200])
    add(Kind.PREDICT, struct.pack("<HH", 0, 0))
    add(Kind.LEARN, struct.pack("<HB", 2, 0), times=2)
    line.extend(b"\7garbage\0" + encoded(b"\1")[:-3] + b"\0")
    add(Kind.READ, struct.pack("<IH", 0, 200))
    add(Kind.READ, struct.pack("<IH", 65530, 10))
    add(Kind.LEARN, struct.pack("<HBi", 2, 1, -5))
    add(Kind.CHECK)
    add(Kind.WRITE, struct.pack("<I", 65536) + b"x")
    for at in range(0, len(weights), 236):
        add(Kind.WRITE, struct.pack("<I", at) + weights[at : at + 236])
    add(Kind.APPLY, bytes(20))
    add(Kind.COUNTERS)
    add(Kind.RESET, b"\1")
    add(Kind.LEARN, struct.pack("<HB", 2, 0))
    add(Kind.CHECK)
    return struct.pack(">H", len(line)) + line


def test_all_cores_answer_alike(device, tmp_path):
    samples = np.random.default_rng(0).integers(-32768, 32768, (2, INPUTS), dtype=np.int16)
    labels, schedule = np.arange(2), device.model.schedule(2)
    step = Train(samples, labels, schedule)
    correct, weights = device.run_numpy([step, Weights()])
    names = ("model.c", "model_weights.c", "model_serial.c", "kernels.c")
    shared = ("serial.c", "frame.c", "store.c")
    sources = [HERE / "line.c", *(device.folder / name for name in names)]
    sources += [device.folder / "integrad" / name for name in shared]
    answers = {}
    for name in ("m0", "avr"):
        core = get_core(name)
        firmware = build_firmware(core, sources, [device.folder], tmp_path / name, whole_machine=True)
        line = conversation(samples, weights)
        answers[name] = run(firmware, line, time_limit=60, count=False).output
    assert answers["m0"] == answers["avr"]
    found = FrameReader().take(answers["m0"])
    checks = [contents[5:] for contents in found if contents[1] == Kind.CHECK + 0x80]
    assert checks == [struct.pack("<II", zlib.crc32(weights), 1)] * 2
    learnt = [struct.unpack("<i", contents[5:])[0] for contents in found if contents[1] == Kind.LEARN + 0x80]
    assert learnt == [correct, correct, -3, correct]
    statuses = [contents[4] for contents in found]
    assert sorted(set(statuses)) == [0, 4, 5] and statuses.count(4) == 2
