"""What a device with generated C reports by itself: predictions, and raw samples in parts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from integrad.errors import IntegradError
from integrad.protocol.client import Client
from integrad.protocol.messages import Event, Info, Prediction, SamplePart

SILENCE = 60.0
"""Seconds without an event after which nobody waits for another one."""

TICK = 0.2


@dataclass
class Reports:
    """Events of a device, in which samples are put together. lost: events that did not arrive; cut: samples
    of which a part did not arrive."""

    info: Info
    lost: int = 0
    cut: int = 0
    _next: int | None = None
    _part: bytearray = field(default_factory=bytearray)

    def take(self, event: Event) -> Prediction | tuple[int | None, np.ndarray] | None:
        """A prediction, or a whole sample with its label; None as long as parts are missing."""
        missed = 0 if self._next is None else (event.number - self._next) % 65536
        self.lost += missed
        self._next = (event.number + 1) % 65536
        if missed and self._part:
            self._drop()
        if isinstance(event.what, Prediction):
            return event.what
        return self._sample(event.what)

    def _sample(self, part: SamplePart) -> tuple[int | None, np.ndarray] | None:
        if part.offset == 0 and self._part:
            self._drop()
        if part.offset != len(self._part) or part.offset + len(part.data) > self.info.sample_bytes:
            if part.offset and not self._part:
                return None  # the rest of a sample whose beginning was missed
            self._drop()
            return None
        self._part += part.data
        if len(self._part) < self.info.sample_bytes:
            return None
        values = np.frombuffer(bytes(self._part), self.info.raw_dtype)
        self._part.clear()
        return part.label, values

    def _drop(self) -> None:
        self.cut += 1
        self._part.clear()


def reported(
    client: Client, reports: Reports, seconds: float | None
) -> Iterator[Prediction | tuple[int | None, np.ndarray]]:
    """Everything that arrives within so many seconds; None: without a limit.

    Raises IntegradError if nothing has arrived for SILENCE seconds.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    last = time.monotonic()
    while deadline is None or time.monotonic() < deadline:
        event = client.next_event(TICK)
        if event is None:
            if deadline is None and time.monotonic() - last > SILENCE:
                name = client.info.name
                raise IntegradError(
                    f"{client.stream.name}: the device has reported nothing for {SILENCE:g} s; its program "
                    f"has to call {name}_serial_announce() or {name}_serial_report()"
                )
            continue
        last = time.monotonic()
        found = reports.take(event)
        if found is not None:
            yield found
