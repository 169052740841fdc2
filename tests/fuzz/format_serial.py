"""What a device answers over the serial protocol, and what it reports by itself."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from fuzz_target import Target

from integrad.boards.reports import Reports
from integrad.protocol.client import Client
from integrad.protocol.frames import FrameReader, encoded
from integrad.protocol.messages import ANSWER, HEADER, VERSION, parse_event, parse_info

WEIGHTS = bytes(range(6))
INFO = struct.pack("<HBBIIIIHHB", 64, 15, 0x82, 1, 2, len(WEIGHTS), 4, 3, 2, 1) + b"name\0build\0all\0a=b\0"
RAW = 0x80
"""Added to the number of a reader: the answers are bytes of the line as they are."""


class Device:
    """A byte stream with a device that gives the same answer to every request after the first one."""

    name = "line"

    def __init__(self, answer: bytes, is_raw: bool):
        self._answer, self._is_raw, self._reader, self._waiting = answer, is_raw, FrameReader(), b""

    def write(self, data: bytes) -> None:
        for contents in self._reader.take(data):
            _, kind, number = HEADER.unpack_from(contents)
            if kind == 1:
                self._waiting += encoded(HEADER.pack(VERSION, kind + ANSWER, number) + b"\0" + INFO)
            elif self._is_raw:
                self._waiting += self._answer + b"\0"
            else:
                self._waiting += encoded(HEADER.pack(VERSION, kind + ANSWER, number) + self._answer)

    def read(self, most: int, timeout: float) -> bytes:
        data, self._waiting = self._waiting[:most], self._waiting[most:]
        return data


def info(client: Client, data: bytes) -> None:
    found = parse_info(data)
    assert found.sample_bytes > 0 and found.name.isprintable() and found.learn.isprintable()


def weights(client: Client, data: bytes) -> None:
    assert len(client.read_weights()[0]) == len(WEIGHTS)


def predict(client: Client, data: bytes) -> None:
    client.send_sample(0, np.zeros(4))
    assert client.predict()[1].shape == (3,)


def learn(client: Client, data: bytes) -> None:
    assert isinstance(client.learn(1), int)
    client.write_weights(WEIGHTS, 1)
    assert client.save() >= 0 and client.counters().steps >= 0


def events(client: Client, data: bytes) -> None:
    """Contents of frames, each after a byte with their length."""
    reports = Reports(parse_info(INFO))
    while data:
        size = data[0]
        if event := parse_event(data[1 : 1 + size]):
            found = reports.take(event)
            assert not isinstance(found, tuple) or found[1].shape == (4,)
        data = data[1 + size :]


READERS = [info, weights, predict, learn, events]


def read(data: bytes) -> None:
    """The first byte chooses what is asked, the rest is the answer."""
    first, rest = (data[0], data[1:]) if data else (0, b"")
    client = Client(Device(rest, bool(first & RAW)), wait=0.001, patience=0.002, long_patience=0.002)
    READERS[(first & ~RAW) % len(READERS)](client, rest)


def seeds() -> list[bytes]:
    check = struct.pack("<II", zlib.crc32(WEIGHTS), 1)
    part = HEADER.pack(VERSION, 0xC1, 0) + struct.pack("<HI", 1, 0) + bytes(8)
    own = HEADER.pack(VERSION, 0xC0, 1) + struct.pack("<H3b", 1, 5, 6, 7)
    both = bytes([len(part)]) + part + bytes([len(own)]) + own
    answers = {0: INFO, 1: b"\0" + check, 2: b"\0\1\0abc", 3: b"\0" + bytes(8), 4: both}
    return [bytes([number]) + answer for number, answer in answers.items()]


TARGET = Target("serial", read, seeds)
