"""The host's side of a conversation: one request at a time, repeated until its answer arrives."""

from __future__ import annotations

import os
import struct
import time
import zlib
from collections import deque
from collections.abc import Callable

import numpy as np

from integrad.errors import IntegradError
from integrad.protocol.frames import FrameReader, encoded
from integrad.protocol.messages import (
    ANSWER,
    CHECKSUM,
    HEADER,
    OTHER_VERSION,
    VERSION,
    Counters,
    Event,
    Info,
    Kind,
    OtherVersionError,
    RefusedError,
    What,
    parse_event,
    parse_info,
    status_text,
)
from integrad.protocol.streams import ByteStream

FIRST_WAIT, LONGEST_WAIT = 0.5, 4.0
"""Seconds before a request is repeated for the first time, and at most: the time doubles."""

PATIENCE = 15.0
"""Seconds within which an answer must arrive."""

LONG_PATIENCE = 120.0
"""The same for a training step or a save, which may take long on a small core."""

MOST_EVENTS = 10_000
"""Events that are kept until somebody asks for them; the oldest are dropped."""

READ_TRIES, APPLY_TRIES = 5, 5
"""Attempts to read weights while a program changes them, and to write them while it uses their memory."""

INTERRUPTING = (0x02, 0x03, 0x04, 0x05)
"""Bytes that would interrupt a program of MicroPython: a request for information never contains them."""


class Client:
    """Talks to one device. wait: seconds before a request is repeated first, longest_wait: at most; patience:
    within which a usual answer must arrive; long_patience: that of a training step or a save. first: sequence
    number of the first request of a conversation, which is drawn at random if an answer to an earlier
    conversation may be on the line.

    All methods raise IntegradError if there is no answer in time, and RefusedError if the device refuses.
    """

    def __init__(
        self,
        stream: ByteStream,
        wait: float = FIRST_WAIT,
        patience: float = PATIENCE,
        long_patience: float = LONG_PATIENCE,
        longest_wait: float = LONGEST_WAIT,
        first: int | None = None,
    ):
        self.stream = stream
        self.repeats = 0
        self._wait, self._longest_wait = wait, longest_wait
        self._patience, self._long_patience = patience, long_patience
        self._reader = FrameReader()
        self._events: deque[Event] = deque(maxlen=MOST_EVENTS)
        self._first = first
        self._sequence = 0
        self._info: Info | None = None

    @property
    def info(self) -> Info:
        """What the device said at the beginning of the conversation."""
        return self._info or self.begin()

    def begin(self, patience: float | None = None) -> Info:
        """Begin a conversation: ask for information, with a new sequence number."""
        self._sequence = _quiet_sequence() if self._first is None else self._first
        try:
            self._info = parse_info(self._exchange(Kind.INFO, b"", patience or self._patience))
        except (RefusedError, OtherVersionError):
            raise
        except IntegradError as error:
            named = f"{self.stream.name}: "
            text = str(error)
            raise IntegradError(text if text.startswith(named) else named + text) from error
        return self._info

    def request(self, kind: Kind, data: bytes = b"", patience: float | None = None) -> bytes:
        """Data of the answer to a request."""
        if self._info is None:
            self.begin()
        self._sequence = (self._sequence + 1) % 65536
        return self._exchange(kind, data, patience or self._patience)

    def send_sample(self, slot: int, sample: np.ndarray, label: int = 0) -> None:
        """Put a raw sample into a slot of the device."""
        data = np.ascontiguousarray(sample, self.info.raw_dtype).tobytes()
        if len(data) != self.info.sample_bytes:
            raise IntegradError(
                f"{self.stream.name}: a sample of the device has {self.info.sample_bytes:,} bytes, "
                f"not {len(data):,}"
            )
        step = self.info.data_bytes - 7
        for offset in range(0, len(data), step):
            part = data[offset : offset + step]
            self.request(Kind.SAMPLE, struct.pack("<HBI", slot, label, offset) + part)

    def predict(self, slot: int = 0) -> tuple[int, np.ndarray]:
        """(class, scores) of the sample in a slot."""
        scores = b""
        while len(scores) < self.info.classes:
            answer = self.request(Kind.PREDICT, struct.pack("<HH", slot, len(scores)), self._long_patience)
            if len(answer) < 3:
                raise self._strange()
            scores += answer[2:]
        if len(scores) != self.info.classes:
            raise self._strange()
        return int.from_bytes(answer[:2], "little"), np.frombuffer(scores, np.int8)

    def learn(self, count: int, schedule: tuple[int, ...] = ()) -> int:
        """A training step on the samples in the first slots. schedule: its fields; none for the exported one.
        Returns what NAME_train() returned."""
        data = struct.pack("<HB", count, len(schedule)) + struct.pack(f"<{len(schedule)}i", *schedule)
        answer = self.request(Kind.LEARN, data, self._long_patience)
        return self._numbers("<i", answer)[0]

    def check(self) -> tuple[int, int]:
        """(CRC-32 of the weights, training steps since the export)."""
        return self._numbers("<II", self.request(Kind.CHECK, patience=self._long_patience))

    def read_weights(self, progress: Callable[[int], None] = lambda done: None) -> tuple[bytes, int]:
        """(the struct of the weights, training steps since the export), all of the same moment."""
        size, step = self.info.weights_bytes, self.info.data_bytes - 1
        for _ in range(READ_TRIES):
            data = bytearray()
            while len(data) < size:
                count = min(step, size - len(data))
                part = self.request(Kind.READ, struct.pack("<IH", len(data), count))
                if len(part) != count:
                    raise self._strange()
                data += part
                progress(len(data))
            crc, steps = self.check()
            if zlib.crc32(data) == crc:
                return bytes(data), steps
        raise IntegradError(f"{self.stream.name}: the weights change faster than they can be read")

    def write_weights(self, weights: bytes, steps: int) -> None:
        """Replace the weights, all at once: after an error, the device has those of before."""
        step, info = self.info.data_bytes - 4, self.info
        crcs = info.model, info.layout, len(weights), zlib.crc32(weights)
        for left in reversed(range(APPLY_TRIES)):
            for offset in range(0, len(weights), step):
                part = weights[offset : offset + step]
                self.request(Kind.WRITE, struct.pack("<I", offset) + part)
            try:
                self.request(Kind.APPLY, struct.pack("<5I", *crcs, steps), self._long_patience)
                return
            except RefusedError as error:  # the program may have used that memory meanwhile
                if error.status != CHECKSUM or not left:
                    raise

    def save(self) -> int:
        """Save the weights in the weight store. Returns the number of the save."""
        result, sequence = self._numbers("<iI", self.request(Kind.SAVE, patience=self._long_patience))
        if result < 0:
            raise self._strange()
        return sequence

    def counters(self) -> Counters:
        return Counters(*self._numbers("<5I", self.request(Kind.COUNTERS)))

    def reset(self, what: What) -> None:
        """Restore the initial weights, forget all saves, or restart the program."""
        self.request(Kind.RESET, bytes([what]), self._long_patience)
        if what & What.PROGRAM:
            self._info = None

    def next_event(self, timeout: float) -> Event | None:
        """The next event, or None if there is none for so many seconds."""
        deadline = time.monotonic() + timeout
        while not self._events:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._receive(left)
        return self._events.popleft()

    def _exchange(self, kind: Kind, data: bytes, patience: float) -> bytes:
        """Send a request until its answer arrives. Answers to earlier requests are ignored."""
        frame = encoded(HEADER.pack(VERSION, kind, self._sequence) + data)
        deadline, wait = time.monotonic() + patience, self._wait
        first = True
        while (now := time.monotonic()) < deadline:
            self.repeats += not first
            first = False
            self.stream.write(frame)
            answer = self._answer(kind, min(now + wait, deadline))
            if answer is not None:
                return self._data(answer)
            wait = min(2 * wait, self._longest_wait)
        raise IntegradError(
            f"{self.stream.name}: no answer within {patience:g} s; connect and reset the board, and check "
            "that its program contains the serial protocol"
        )

    def _answer(self, kind: Kind, deadline: float) -> bytes | None:
        while (left := deadline - time.monotonic()) > 0:
            for contents in self._receive(left):
                version, found, sequence = HEADER.unpack_from(contents)
                if found == OTHER_VERSION and sequence == self._sequence and version != VERSION:
                    raise OtherVersionError(
                        f"{self.stream.name}: the device speaks version {version} of the protocol, "
                        f"this program version {VERSION}; export and flash the model again"
                    )
                is_whole = version == VERSION and len(contents) > HEADER.size
                if is_whole and found == kind + ANSWER and sequence == self._sequence:
                    return contents[HEADER.size :]
        return None

    def _data(self, answer: bytes) -> bytes:
        status, data = answer[0], answer[1:]
        if status:
            text = f"{self.stream.name}: the device {status_text(status)}"
            raise RefusedError(text, status, data)
        return data

    def _receive(self, timeout: float) -> list[bytes]:
        """Contents of frames that are no events."""
        others = []
        for contents in self._reader.take(self.stream.read(4096, timeout)):
            if event := parse_event(contents):
                self._events.append(event)
            elif len(contents) >= HEADER.size:
                others.append(contents)
        return others

    def _numbers(self, layout: str, answer: bytes) -> tuple:
        try:
            return struct.unpack(layout, answer)
        except struct.error:
            raise self._strange() from None

    def _strange(self) -> IntegradError:
        return IntegradError(f"{self.stream.name}: an answer of the device cannot be read")


def _quiet_sequence() -> int:
    """A random sequence number, with which a request for information contains nothing that would interrupt a
    program of MicroPython."""
    while True:
        sequence = int.from_bytes(os.urandom(2), "little")
        frame = encoded(HEADER.pack(VERSION, Kind.INFO, sequence))
        if not any(byte in INTERRUPTING for byte in frame):
            return sequence
