"""Sessions: their binary form, and unexpected results."""

import struct
import zlib

import numpy as np
import pytest

from integrad.errors import IntegradError
from integrad.execute.session import Predict, Reset, Session, Stack, Train, Weights
from integrad.learners.nitro import NitroSchedule

SAMPLES = np.array([[1, -2], [300, -32768]], np.int16)
TRAIN = Train(SAMPLES, np.array([1, 0]), NitroSchedule(8, 50, 20))


def header(command, count=0, *rates):
    return struct.pack("<IIiii", command, count, *(rates or (0, 0, 0)))


def test_bytes_of_every_command():
    raw = struct.pack("<4h", 1, -2, 300, -32768)
    expected = [
        header(1, 2) + raw,
        header(2, 2, 8, 50, 20) + raw + bytes([1, 0]),
        header(3),
        header(4),
        header(5),
        header(0),
    ]
    actions = [Predict(SAMPLES), TRAIN, Reset(), Weights(), Stack()]
    assert Session(3, 4, actions).encode() == b"".join(expected)


def test_an_empty_session_ends_at_once():
    assert Session(3, 4).encode() == header(0)
    assert Session(3, 4).decode(b"") == []


@pytest.mark.parametrize("samples", [SAMPLES.astype(">i2"), np.asfortranarray(SAMPLES), SAMPLES[::1, :]])
def test_byte_order_and_layout_of_the_array_do_not_matter(samples):
    assert Session(3, 4, [Predict(samples)]).encode() == Session(3, 4, [Predict(SAMPLES)]).encode()


def test_answers():
    weights = bytes(range(4))
    output = bytes([1, 2, 255, 0, 127, 129]) + struct.pack("<i", -2)
    output += weights + struct.pack("<I", zlib.crc32(weights)) + struct.pack("<I", 2**31 + 5)
    results = Session(3, 4, [Predict(SAMPLES), TRAIN, Reset(), Weights(), Stack()]).decode(output)
    assert results[0].tolist() == [[1, 2, -1], [0, 127, -127]] and results[0].dtype == np.int8
    assert results[1:] == [-2, None, weights, 2**31 + 5]


def test_an_answer_of_another_length_is_refused():
    session = Session(3, 4, [Predict(SAMPLES)])
    for output in (b"", bytes(5), bytes(7)):
        with pytest.raises(IntegradError, match=f"returned {len(output)} bytes, expected 6"):
            session.decode(output)


def test_weights_that_do_not_match_their_checksum_are_refused():
    session, weights = Session(3, 4, [Weights()]), b"abcd"
    good = weights + struct.pack("<I", zlib.crc32(weights))
    assert session.decode(good) == [weights]
    for place in range(8):
        broken = bytearray(good)
        broken[place] ^= 1
        with pytest.raises(IntegradError, match="do not match their CRC-32"):
            session.decode(bytes(broken))
