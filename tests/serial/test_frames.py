"""Frames in C against the package cobs: every contents arrive, and nothing else is taken for a frame."""

import ctypes
import re
import subprocess
import zlib
from pathlib import Path

import pytest
from cobs import cobs
from hypothesis import given, settings
from hypothesis import strategies as st

from integrad.build.toolchain import DEVICE
from integrad.protocol.frames import FrameReader, encoded
from integrad.protocol.messages import HEADER, STATUSES, VERSION, Kind

ROOT = Path(__file__).resolve().parents[2]

UNFINISHED, COMPLETE, DAMAGED = range(3)
SIZE = 1200
SEND = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.POINTER(ctypes.c_uint8), ctypes.c_size_t)
contents = st.one_of(
    st.binary(max_size=20),
    st.lists(st.sampled_from([b"\0", b"\1", b"\xff", b"ab" * 64, b"x" * 254, b"y" * 253]), max_size=4).map(
        b"".join
    ),
)


class Frame(ctypes.Structure):
    _fields_ = (
        ("bytes", ctypes.POINTER(ctypes.c_uint8)),
        ("size", ctypes.c_uint16),
        ("count", ctypes.c_uint16),
        ("left", ctypes.c_uint8),
        ("zero", ctypes.c_uint8),
        ("broken", ctypes.c_uint8),
    )


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    path = tmp_path_factory.mktemp("frames") / "frame.so"
    sources = [DEVICE / "serial/frame.c", DEVICE / "checksum.c"]
    subprocess.run(
        ["gcc", "-std=c99", "-O1", "-shared", "-fPIC", f"-I{DEVICE}", *sources, "-o", path], check=True
    )
    return ctypes.CDLL(str(path))


def receive(library, data, size=SIZE):
    """(contents of the frames in what arrives, number of damaged ones)."""
    buffer = (ctypes.c_uint8 * size)()
    frame = Frame(buffer, size)
    found, damaged = [], 0
    for byte in data:
        result = library.integrad_frame_take(ctypes.byref(frame), ctypes.c_uint8(byte))
        assert frame.count <= size
        damaged += result == DAMAGED
        if result == COMPLETE:
            found.append(bytes(buffer[: frame.count]))
            frame.count = 0
    return found, damaged


def send(library, data):
    sent = bytearray()
    callback = SEND(lambda context, part, count: sent.extend(part[:count]))
    buffer = (ctypes.c_uint8 * (len(data) + 4))(*data)
    library.integrad_frame_send(buffer, ctypes.c_size_t(len(data)), callback, None)
    return bytes(sent)


@settings(max_examples=60, deadline=None)
@given(contents)
def test_c_sends_what_cobs_encodes_and_takes_it_back(library, data):
    whole = data + zlib.crc32(data).to_bytes(4, "little")
    frame = b"\0" + cobs.encode(whole) + b"\0"
    assert send(library, data) == frame == encoded(data)
    assert receive(library, frame + frame) == ([data, data], 0)
    assert FrameReader().take(frame + frame) == [data, data]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=40), contents, st.integers(0, 2**32), st.integers(1, 255))
def test_after_any_bytes_the_next_frame_arrives(library, garbage, data, at, flip):
    """A frame of which one byte is another one is none, and the host agrees with the device."""
    frame = bytearray(encoded(data))
    at = 1 + at % (len(frame) - 2)
    frame[at] ^= flip
    line = garbage.replace(b"\0", b"\1") + bytes(frame) + encoded(b"next")
    found, damaged = receive(library, line)
    assert found == [b"next"] and damaged > 0
    reader = FrameReader()
    assert [contents for byte in line for contents in reader.take(bytes([byte]))] == found
    assert reader.damaged == damaged


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300))
def test_both_agree_about_any_bytes(library, data):
    """What is damaged for the one is so for the other; a CRC-32 is right by chance for neither."""
    reader = FrameReader()
    assert receive(library, data + b"\0") == (reader.take(data + b"\0"), reader.damaged)


@pytest.mark.parametrize("length", [0, 1, 59, 60, 61, 253, 254, 255, 600])
def test_frames_that_are_too_long_are_damaged(library, length):
    data = b"z" * length
    expected = ([data], 0) if length + 4 <= 64 else ([], 1)
    assert receive(library, encoded(data), size=64) == expected
    assert receive(library, encoded(data) + encoded(b"next"), size=64)[0][-1] == b"next"


def test_page_and_both_sides_number_everything_alike():
    """The example of a frame, kinds and statuses: in docs/serial-protocol.md, in C and in Python."""
    page = (ROOT / "docs/serial-protocol.md").read_text()
    source = (DEVICE / "serial/serial.c").read_text()
    assert f"\n{encoded(HEADER.pack(VERSION, Kind.INFO, 0x1234)).hex(' ')}\n" in page
    kinds = dict(re.findall(r"^    (\w+) = (\d+),", source[source.index("enum kind") :].split("}")[0], re.M))
    assert {name: int(number) for name, number in kinds.items()} == {kind.name: kind for kind in Kind}
    requests = page.split("| kind | request |")[1].split("\n\n")[0]
    assert re.findall(r"^\| (\d+) \|", requests, re.M) == [str(int(kind)) for kind in Kind]
    statuses = page.split("| status | meaning |")[1].split("\n\n")[0]
    named = re.findall(r"^    \w+ = (\d)\b", source.split("enum status")[1].split("}")[0], re.M)
    assert named == re.findall(r"^\| +(\d) \|", statuses, re.M) == [str(n) for n in range(len(STATUSES))]
