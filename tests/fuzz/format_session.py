"""What executors answer to a session: programs, emulators and MicroPython."""

from __future__ import annotations

import struct
import zlib
from types import SimpleNamespace

import numpy as np
from format_store_image import MODEL, PLAN
from fuzz_target import File, Target

from integrad.emulate.qemu import read_calls, read_counts
from integrad.execute.micropython_session import Place, run_session
from integrad.execute.session import Predict, Reset, Session, Stack, Train, Weights

SAMPLES = np.zeros((2, 4), np.int8)
ACTIONS = [Predict(SAMPLES), Train(SAMPLES, np.zeros(2), MODEL.schedule(2)), Reset(), Weights()]
FILE = File("counts.txt")


def program(data: bytes) -> None:
    results = Session(3, 6, [*ACTIONS, Stack()]).decode(data)
    assert results[0].shape == (2, 3) and len(results[3]) == 6 and results[4] >= 0


def micropython(data: bytes) -> None:
    device = SimpleNamespace(model=MODEL, plan=PLAN, session=lambda actions: Session(3, 6, actions))
    text = data.decode(errors="replace")
    results = run_session(device, ACTIONS, {}, Place(lambda script, files: text))
    assert results[0].shape == (2, 3)


def counts(data: bytes) -> None:
    path = FILE.holding(data)
    regions, _ = read_counts(path)
    assert len(read_calls(path)) == len(regions)


READERS = [program, micropython, counts]


def read(data: bytes) -> None:
    """The first byte chooses an executor, the rest is its answer."""
    READERS[data[0] % len(READERS) if data else 0](data[1:])


def seeds() -> list[bytes]:
    weights = bytes(range(6))
    packed = struct.pack("<6bi", *range(6), 1) + weights + struct.pack("<II", zlib.crc32(weights), 640)
    text = f"000102\n030405\n1\n{weights.hex()}\n{zlib.crc32(weights)}\n"
    return [b"\0" + packed, b"\1" + text.encode(), b"\2region 1:5 2:7\ncall 1 3:4\nregion\ntotal 0:9\n"]


TARGET = Target("session", read, seeds)
