"""Sessions: the actions that an executor performs, and their results.

All executors (NumPy, the generated C on the host and on cores, MicroPython) accept the same sessions and
yield the same results, bit for bit. The binary form of a session is that of
templates/firmware/session.c.jinja.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

import numpy as np

from integrad.errors import IntegradError
from integrad.learners.schedule import SCHEDULE_WORDS, Schedule

HEADER = struct.Struct(f"<II{SCHEDULE_WORDS}i")
"""Command, number of samples, and the words of a schedule."""

END, PREDICT, TRAIN, RESET, WEIGHTS, STACK = range(6)


@dataclass(frozen=True)
class Predict:
    """Classify samples, raw (N, *raw_shape). Result: logits int8 (N, classes)."""

    samples: np.ndarray


@dataclass(frozen=True)
class Train:
    """One training step. samples: raw (B, *raw_shape); labels: (B,).

    Result: number of samples classified correctly before the step, or a negative error code.
    """

    samples: np.ndarray
    labels: np.ndarray
    schedule: Schedule


@dataclass(frozen=True)
class Reset:
    """Restore the initial weights. Result: None."""


@dataclass(frozen=True)
class Weights:
    """Result: the weights struct as bytes, little-endian int16."""


@dataclass(frozen=True)
class Stack:
    """Result: maximum stack usage so far in bytes; 0 on a host."""


Action = Predict | Train | Reset | Weights | Stack


@dataclass
class Session:
    """Actions in order. classes: number of scores per sample; weights_bytes: size of the weights struct."""

    classes: int
    weights_bytes: int
    actions: list[Action] = field(default_factory=list)

    def encode(self) -> bytes:
        """The binary form that the firmware reads."""
        return b"".join(map(_encode, self.actions)) + _header(END)

    def decode(self, output: bytes) -> list:
        """One result per action, in order.

        Raises IntegradError if the output has a wrong size, or if weights do not match their CRC-32.
        """
        sizes = [self._result_size(action) for action in self.actions]
        if sum(sizes) != len(output):
            raise IntegradError(f"the firmware returned {len(output):,} bytes, expected {sum(sizes):,}")
        results, offset = [], 0
        for action, size in zip(self.actions, sizes, strict=True):
            results.append(self._result(action, output[offset : offset + size]))
            offset += size
        return results

    def _result_size(self, action: Action) -> int:
        if isinstance(action, Predict):
            return len(action.samples) * self.classes
        if isinstance(action, Weights):
            return self.weights_bytes + 4
        return 0 if isinstance(action, Reset) else 4

    def _result(self, action: Action, part: bytes):
        if isinstance(action, Predict):
            return np.frombuffer(part, np.int8).reshape(-1, self.classes)
        if isinstance(action, Weights):
            if zlib.crc32(part[:-4]) != int.from_bytes(part[-4:], "little"):
                raise IntegradError("the weights returned by the firmware do not match their CRC-32")
            return part[:-4]
        if isinstance(action, Reset):
            return None
        return int.from_bytes(part, "little", signed=isinstance(action, Train))


def _encode(action: Action) -> bytes:
    if isinstance(action, Predict):
        return _header(PREDICT, len(action.samples)) + _raw(action.samples)
    if isinstance(action, Train):
        labels = np.asarray(action.labels).astype(np.uint8).tobytes()
        return _header(TRAIN, len(action.samples), action.schedule.words()) + _raw(action.samples) + labels
    return _header({Reset: RESET, Weights: WEIGHTS, Stack: STACK}[type(action)])


def _header(command: int, count: int = 0, words: tuple[int, ...] = (0,) * SCHEDULE_WORDS) -> bytes:
    return HEADER.pack(command, count, *words)


def _raw(samples: np.ndarray) -> bytes:
    return np.ascontiguousarray(samples, samples.dtype.newbyteorder("<")).tobytes()
