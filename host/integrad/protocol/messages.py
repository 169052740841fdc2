"""Contents of frames: requests, answers and events, as device/serial/serial.c writes and reads them."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag

import numpy as np

from integrad.errors import IntegradError, one_line

VERSION = 1
HEADER = struct.Struct("<BBH")
"""Version, kind, sequence number."""

ANSWER, OTHER_VERSION = 0x80, 0xFF
"""Added to the kind of a request in its answer; the kind of the answer to requests of another version."""

PREDICTION_EVENT, SAMPLE_EVENT = 0xC0, 0xC1
NO_LABEL = 0xFFFF


class Kind(IntEnum):
    """Of requests."""

    INFO = 1
    SAMPLE = 2
    PREDICT = 3
    LEARN = 4
    READ = 5
    CHECK = 6
    WRITE = 7
    APPLY = 8
    SAVE = 9
    COUNTERS = 10
    RESET = 11


class What(IntFlag):
    """To reset."""

    WEIGHTS = 1
    STORE = 2
    PROGRAM = 4


STATUSES = (
    "done",
    "does not know this request",
    "received data of a wrong length",
    "expected another request, because it was restarted or another program uses the port",
    "received a number out of range",
    "has other weights than those of this model",
    "received weights that are not intact",
    "was built without this",
    "cannot write to its weight store",
)
"""What a device says about a request, by number."""

SEQUENCE, CHECKSUM = 3, 6
"""Numbers of statuses."""


class OtherVersionError(IntegradError):
    """The device speaks another version of the protocol."""


class RefusedError(IntegradError):
    """The device refused a request. status: number in STATUSES; data: what followed it."""

    def __init__(self, text: str, status: int, data: bytes):
        super().__init__(text)
        self.status = status
        self.data = data


def status_text(status: int) -> str:
    return STATUSES[status] if status < len(STATUSES) else f"reported the unknown status {status}"


@dataclass(frozen=True)
class Info:
    """What a device says about itself.

    data_bytes: of a frame at most. model, layout: CRC-32 as in the header of the generated C. batch: samples
    of a training step at most, 0 if nothing learns. options: of a training step, name → choice.
    """

    data_bytes: int
    can_learn: bool
    can_write: bool
    can_save: bool
    can_restart: bool
    raw_dtype: np.dtype
    model: int
    layout: int
    weights_bytes: int
    inputs: int
    classes: int
    batch: int
    schedule_fields: int
    name: str
    build: str
    learn: str
    options: dict[str, str]

    @property
    def sample_bytes(self) -> int:
        return self.inputs * self.raw_dtype.itemsize

    @property
    def slots(self) -> int:
        """Samples that the device holds at once."""
        return max(1, self.batch)


FIELDS = struct.Struct("<HBBIIIIHHB")
LEAST_DATA = 64


def parse_info(data: bytes) -> Info:
    """Raises IntegradError if the answer cannot be one."""
    try:
        return _parsed(data)
    except (struct.error, ValueError, TypeError):
        raise IntegradError("its description of itself cannot be read") from None


def _parsed(data: bytes) -> Info:
    size, abilities, raw, *crcs, weights, inputs, classes, batch, fields = FIELDS.unpack_from(data)
    dtype = np.dtype(f"<{'i' if raw & 0x80 else 'u'}{raw & 0x7F}")
    name, build, learn, options, *_ = data[FIELDS.size :].decode("ascii").split("\0")
    if size < LEAST_DATA or not (inputs and classes and weights):
        raise ValueError
    can = [bool(abilities >> bit & 1) for bit in range(4)]
    pairs = dict(word.split("=", 1) for word in options.split())
    texts = (one_line(text) for text in (name, build, learn))
    return Info(size, *can, dtype, *crcs, weights, inputs, classes, batch, fields, *texts, pairs)


@dataclass(frozen=True)
class Counters:
    """Since the start of the program, but for steps: since the export."""

    frames: int
    damaged: int
    repeated: int
    predictions: int
    steps: int


@dataclass(frozen=True)
class Prediction:
    """What a device predicted by itself. scores: of the first classes."""

    predicted: int
    scores: np.ndarray


@dataclass(frozen=True)
class SamplePart:
    """A part of a raw sample that a device reports. label: of its class, None if it is not known."""

    label: int | None
    offset: int
    data: bytes


@dataclass(frozen=True)
class Event:
    """number: one more than that of the event before, modulo 2^16."""

    number: int
    what: Prediction | SamplePart


def parse_event(contents: bytes) -> Event | None:
    """The event in a frame; None if it is something else."""
    if len(contents) < HEADER.size:
        return None
    version, kind, number = HEADER.unpack_from(contents)
    data = contents[HEADER.size :]
    if version == VERSION and kind == PREDICTION_EVENT and len(data) >= 2:
        (predicted,) = struct.unpack_from("<H", data)
        return Event(number, Prediction(predicted, np.frombuffer(data[2:], np.int8)))
    if version == VERSION and kind == SAMPLE_EVENT and len(data) >= 6:
        label, offset = struct.unpack_from("<HI", data)
        return Event(number, SamplePart(None if label == NO_LABEL else label, offset, data[6:]))
    return None
