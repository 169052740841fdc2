"""Runs in MicroPython beside a backend _model of a network in conformance.py, whose samples are int16.

What every backend must refuse, and do without taking memory; a backend without work memory may take some, and
buffers at any address. The file `expected` has the number of integers of the schedule, and the alignment of
weights. Prints scores, a checksum and `done`, if all holds.
"""

import gc
import sys
from array import array

import _model as backend
import micropython

FOLDER = "/rom/" if "/rom" in sys.path else ""


def expect(kind, text, function, *arguments):
    try:
        function(*arguments)
    except kind as error:
        assert str(error) == text, str(error)
    else:
        raise AssertionError("no " + kind.__name__ + ": " + text)


with open(FOLDER + "model.weights", "rb") as file:
    weights = file.read()
with open(FOLDER + "expected", "rb") as file:
    fields, alignment = file.read()
assert (backend.INPUTS, backend.CLASSES, backend.BATCH, backend.SAMPLE_BYTES) == (24, 5, 8, 48)
assert backend.FROZEN_BYTES == 0 and len(weights) == 32 + backend.LEARNING_BYTES
assert int.from_bytes(weights[8:12], "little") == backend.LAYOUT
assert backend.crc32(weights[:28]) == int.from_bytes(weights[28:32], "little")
assert backend.crc32(b"b", backend.crc32(b"a")) == backend.crc32(b"ab") == 0x9E83486D

learning = bytearray(weights[32:])
schedule = array("i", [64, 400, 200][:fields])
buffers = (weights, learning, bytearray(backend.SCRATCH_BYTES), schedule)
samples = array("h", [(i * 7919) % 20000 - 10000 for i in range(24 * 8)])
raw = bytes(samples)
sample = samples[24:48]
labels = bytearray([0, 1, 2, 3, 4, 0, 1, 2])
out = array("b", bytes(5))

best = backend.logits(out, buffers, sample)
assert out[best] == max(out) and backend.predict(buffers, sample) == best
assert backend.predict(buffers, raw[48:96]) == backend.predict(buffers, memoryview(raw)[48:96]) == best
print(list(out))


def but(position, item):
    """The buffers with another one among them."""
    changed = list(buffers)
    changed[position] = item
    return tuple(changed)


SAMPLE = "sample: expected 24 integers of type 'h' or their 48 bytes, aligned"
SAMPLES = "samples: expected 48 bytes per label, integers of type 'h' or bytes, aligned"
LABELS = "labels: expected one byte per sample, each from 0 to 4"
COUNT = "first, count: expected 1 to 8 existing samples"
OUT = "out: expected 5 bytes, an array('b') or a bytearray"
WEIGHTS = "weights: expected 32 bytes or more" + (" at an even address" if alignment == 2 else "")
BUFFERS = "buffers: expected the tuple made by Model"
SCHEDULE = "schedule: expected " + (
    "one 32-bit integer from" if fields == 1 else "three 32-bit integers, the"
)

before = backend.crc32(learning)
for wrong in (7, None, [1] * 24, array("H", sample), array("i", range(12))):
    expect(TypeError, SAMPLE, backend.predict, buffers, wrong)
    expect(TypeError, SAMPLE, backend.logits, out, buffers, wrong)
for wrong in (b"", memoryview(b""), raw[:47], raw[:49], samples, memoryview(samples)[:1]):
    expect(ValueError, SAMPLE, backend.predict, buffers, wrong)
if backend.SCRATCH_BYTES:
    expect(ValueError, SAMPLE, backend.predict, buffers, memoryview(raw)[1:49])
    if alignment == 2:
        expect(ValueError, WEIGHTS, backend.predict, but(0, memoryview(weights)[1:]), sample)
if alignment == 1:
    assert backend.predict(but(0, memoryview(b"-" + weights)[1:]), sample) == best
expect(TypeError, OUT, backend.logits, bytes(5), buffers, sample)
expect(TypeError, OUT, backend.logits, array("h", range(5)), buffers, sample)
expect(ValueError, OUT, backend.logits, bytearray(4), buffers, sample)

expect(TypeError, SAMPLES, backend.train, buffers, 1, labels, 0, 1)
expect(ValueError, SAMPLES, backend.train, buffers, samples, labels[:7], 0, 1)
expect(TypeError, LABELS, backend.train, buffers, samples, [0] * 8, 0, 1)
expect(TypeError, LABELS, backend.train, buffers, samples, array("h", range(8)), 0, 1)
expect(ValueError, LABELS, backend.train, buffers, samples, bytes([5] * 8), 0, 8)
for first, count in ((0, 0), (0, 9), (-1, 1), (8, 1), (4, 5), (1 << 29, 1)):
    expect(ValueError, COUNT, backend.train, buffers, samples, labels, first, count)
for first, count in ((None, 1), (0, "1")):
    expect(TypeError, COUNT, backend.train, buffers, samples, labels, first, count)
wrongs = ((0,), (-1,)) if fields == 1 else ((0, 0, 0), (1, -1, 0), (1, 0, -1), (2**31 - 1, 0, 0))
for wrong in wrongs:
    broken = but(3, array("i", wrong))
    try:
        backend.train(broken, samples, labels, 0, 1)
    except ValueError as error:
        assert str(error).startswith(SCHEDULE), str(error)
    else:
        raise AssertionError(wrong)

for wrong in (3, None, "abcd"):
    expect(TypeError, BUFFERS, backend.predict, wrong, sample)
expect(ValueError, BUFFERS, backend.predict, buffers[:3], sample)
expect(TypeError, WEIGHTS, backend.predict, but(0, 0), sample)
expect(ValueError, WEIGHTS, backend.predict, but(0, b""), sample)
expect(ValueError, BUFFERS, backend.predict, but(1, learning[:-2]), sample)
expect(ValueError, BUFFERS, backend.predict, but(2, bytearray(8)), sample)
expect(TypeError, "data: expected bytes", backend.crc32, 1)
assert backend.crc32(learning) == before, "a refusal changed weights"

gc.collect()
used = gc.mem_alloc()
if backend.SCRATCH_BYTES:
    micropython.heap_lock()
backend.predict(buffers, sample)
backend.logits(out, buffers, sample)
backend.train(buffers, samples, labels, 2, 1)
backend.train(buffers, samples, labels, 0, 8)
if backend.SCRATCH_BYTES:
    micropython.heap_unlock()
    assert gc.mem_alloc() - used < 64, "something was allocated"
print(backend.crc32(learning))
print("done")
