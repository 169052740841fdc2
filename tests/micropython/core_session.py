"""Runs in MicroPython and in CPython: performs a session on a core, and prints what comes out.

core_session.bin: what integrad.emulator.session.Session.encode() gives; model.weights beside it. One
line of hexadecimal digits a result.
"""

import struct
from array import array

import _model as core

END, PREDICT, TRAIN, RESET, WEIGHTS = range(5)


def show(data):
    for at in range(0, len(data), 32):
        print("".join([f"{byte:02x}" for byte in data[at : at + 32]]), end="")
    print()


with open("model.weights", "rb") as file:
    weights = file.read()
with open("core_session.bin", "rb") as file:
    session = memoryview(file.read())
initial = weights[32 + core.FROZEN_BYTES :]
learning = bytearray(initial)
schedule = array("i", (1, 0, 0))
buffers = (weights, learning, bytearray(core.SCRATCH_BYTES), schedule)
scores = bytearray(core.CLASSES)
at = 0
while True:
    command, count, schedule[0], schedule[1], schedule[2] = struct.unpack_from("<IIiii", session, at)
    at += 20
    size = count * core.SAMPLE_BYTES
    # An aligned copy: samples in the session begin anywhere.
    samples = bytearray(session[at : at + size])
    if command == END:
        break
    if command == PREDICT:
        out = bytearray()
        for n in range(count):
            sample = bytearray(samples[n * core.SAMPLE_BYTES : (n + 1) * core.SAMPLE_BYTES])
            best = core.logits(scores, buffers, sample)
            assert best == core.predict(buffers, sample)
            out += scores
        show(out)
        at += size
    elif command == TRAIN:
        labels = bytearray(session[at + size : at + size + count])
        print(core.train(buffers, samples, labels, 0, count))
        at += size + count
    elif command == RESET:
        learning[:] = initial
        print("-")
    elif command == WEIGHTS:
        show(learning if core.BATCH else weights[32:])
