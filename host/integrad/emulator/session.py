"""Sessions: what the firmware is asked to do, and what it answered.

The bytes are those that templates/firmware/session.c.jinja reads and writes.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

import numpy as np

from integrad.errors import IntegradError

END, PREDICT, TRAIN, RESET, WEIGHTS, STACK = range(6)

HEADER = struct.Struct("<IIiii")


@dataclass(frozen=True)
class Schedule:
    """Learning schedule of a training step on a device: 32-bit integers."""

    learning_rate_inv: int
    decay_inv: int = 0
    head_decay_inv: int = 0


@dataclass
class Session:
    """Commands in order. classes: scores of one prediction; weights_bytes: size of the weights struct."""

    classes: int
    weights_bytes: int
    _commands: list[tuple[int, int]] = field(default_factory=list)
    _bytes: bytearray = field(default_factory=bytearray)

    def predict(self, samples: np.ndarray) -> Session:
        """samples: raw (N, ...), in the model's raw dtype."""
        return self._add(PREDICT, len(samples), _little_endian(samples))

    def train(self, samples: np.ndarray, labels: np.ndarray, schedule: Schedule) -> Session:
        """One training step. samples: raw (B, ...); labels: (B,)."""
        rates = (schedule.learning_rate_inv, schedule.decay_inv, schedule.head_decay_inv)
        data = _little_endian(samples) + np.asarray(labels).astype(np.uint8).tobytes()
        return self._add(TRAIN, len(samples), data, rates)

    def reset(self) -> Session:
        """Back to the initial weights."""
        return self._add(RESET, 0)

    def weights(self) -> Session:
        """Ask for the weights that learn."""
        return self._add(WEIGHTS, 0)

    def stack(self) -> Session:
        """Ask for the most bytes of stack used so far (0 on a host)."""
        return self._add(STACK, 0)

    def encode(self) -> bytes:
        """The bytes that the firmware reads."""
        return bytes(self._bytes) + HEADER.pack(END, 0, 0, 0, 0)

    def decode(self, output: bytes) -> list:
        """One result a command, in order; RESET gives None.

        predict: int8 (N, classes); train: int, samples classified rightly before the step, or a
        negative error; weights: bytes of the struct; stack: int. Raises IntegradError if the output
        is not what these commands answer, or the weights' CRC-32 is wrong.
        """
        results, offset = [], 0
        for command, count in self._commands:
            size = self._result_size(command, count)
            part = output[offset : offset + size]
            if len(part) != size:
                raise IntegradError(
                    f"the firmware answered {len(output):,} bytes, fewer than the session asked for"
                )
            results.append(self._result(command, part))
            offset += size
        if offset != len(output):
            raise IntegradError(f"the firmware answered {len(output):,} bytes, expected {offset:,}")
        return results

    def _add(
        self, command: int, count: int, data: bytes = b"", rates: tuple[int, ...] = (0, 0, 0)
    ) -> Session:
        self._commands.append((command, count))
        self._bytes += HEADER.pack(command, count, *rates) + data
        return self

    def _result_size(self, command: int, count: int) -> int:
        sizes = {PREDICT: count * self.classes, TRAIN: 4, RESET: 0, WEIGHTS: self.weights_bytes + 4, STACK: 4}
        return sizes[command]

    def _result(self, command: int, part: bytes):
        if command == PREDICT:
            return np.frombuffer(part, np.int8).reshape(-1, self.classes)
        if command == WEIGHTS:
            if zlib.crc32(part[:-4]) != int.from_bytes(part[-4:], "little"):
                raise IntegradError("the firmware's weights do not match their CRC-32")
            return part[:-4]
        if command == RESET:
            return None
        return int.from_bytes(part, "little", signed=command == TRAIN)


def _little_endian(samples: np.ndarray) -> bytes:
    return np.ascontiguousarray(samples, samples.dtype.newbyteorder("<")).tobytes()
