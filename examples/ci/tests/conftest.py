"""What the tests share: the data, and a stub of the sensor that is played to the firmware."""

import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

DATA = Path(__file__).parent.parent / "data"

READING = struct.Struct("<BBbb")
"""A reading of the sensor as a frame: version, kind, x, y, as in src/imu.c."""

REST = 20
"""Readings without a movement that end a stroke, as in src/window.h."""


def pytest_addoption(parser):
    parser.addoption("--every-cut", action="store_true", help="cut the power before every word of a save")


@pytest.fixture(scope="session")
def gestures():
    """Arrays: x (samples, 32, 2), y, user, test. data/make_data.py describes them."""
    return SimpleNamespace(**np.load(DATA / "gestures.npz"))


@pytest.fixture(scope="session")
def strokes():
    """Digit → the readings (…, 2) of one recorded stroke. The wand rests before it, and then so long that the
    last reading ends the stroke."""
    recorded = np.load(DATA / "strokes.npz")
    return {digit: np.pad(recorded[digit], ((REST + 1, REST), (0, 0)), mode="edge") for digit in recorded}


@pytest.fixture
def draw(dut):
    """A function that plays readings to the firmware as if the sensor had measured them."""

    def play(readings):
        for x, y in readings:
            dut.write_frame(READING.pack(1, 0xE0, x, y))

    return play
