"""Runs a chip piece by piece, and keeps what it sends."""

from __future__ import annotations

from collections.abc import Callable

from integrad.emulate.chip import Chip
from integrad.emulate.faults import FirmwareError
from integrad.emulate.machine import SLICE, Machine, Reason, Stop
from integrad.errors import IntegradError
from integrad.testing.transcript import Log, Transcript, last_lines

WINDOW = 64 * 1024
"""Received bytes in which a pattern is looked for."""

LOOK = 0.05
"""Seconds between two looks at a chip that executes nothing that could be counted."""

END = (Reason.FAULT, Reason.RESTARTS, Reason.EXIT, Reason.TIME, Reason.ASLEEP, Reason.BREAKPOINT)
"""Why a machine stops with nothing more to come."""


class Reception:
    """pending: received and not expected yet, at most WINDOW bytes. transcript: of all that was received.
    log: of the test that uses the chip now, or None. stop: why the chip stopped last, if it is a machine.
    at_break: is called at the breakpoint of a machine, which then goes on."""

    def __init__(self, chip: Chip):
        self.chip = chip
        self.pending, self.transcript = bytearray(), Transcript()
        self.log: Log | None = None
        self.stop: Stop | None = None
        self.at_break: Callable[[Stop], None] | None = None

    def more(self, instructions: int, seconds: float) -> tuple[bytes, str]:
        """(what the chip sends next, why nothing more will come or "")."""
        try:
            data, ended = self._run(instructions, seconds)
        except FirmwareError as error:
            data, ended = b"", str(error).removeprefix(f"{self.chip.name}: ")
        self.take(data)
        return data, ended

    def _run(self, instructions: int, seconds: float) -> tuple[bytes, str]:
        if not isinstance(self.chip, Machine):
            return self.chip.read(WINDOW, max(0.0, min(LOOK, seconds))), ""
        if instructions <= 0 or seconds <= 0:
            return b"", ""
        self.chip.ceiling = seconds
        stop = self.chip.run(min(SLICE, instructions), until_output=True)
        data = self.chip.take_output()
        self.stop = stop
        if stop.reason is Reason.BREAKPOINT and self.at_break is not None:
            self.take(data)
            self.at_break(stop)
            return b"", ""
        if stop.reason is Reason.TIME:  # of this call; the wait states its whole limit
            return data, ""
        why = f"it {stop.text}" if stop.text else stop.reason.value
        is_over = stop.reason in END or (stop.reason is Reason.WAITING and not data)
        return data, why if is_over else ""

    def take(self, data: bytes) -> None:
        """Keeps what was received."""
        self.transcript.add(data)
        if self.log is not None and data:
            self.log.received(data)
        self.pending += data
        if len(self.pending) > WINDOW:
            del self.pending[:-WINDOW]

    def state(self) -> list[str]:
        """Where the device stands: place, registers, and what it sent last."""
        lines, stop = [], self.stop
        if stop is not None and stop.place:
            lines.append(f"place: {stop.place}")
        if registers := self._registers():
            lines.append("registers: " + " ".join(f"{name}={value:08x}" for name, value in registers.items()))
        if not self.transcript.total:
            return [*lines, "received: nothing"]
        received = last_lines(self.transcript).splitlines()
        return [
            *lines,
            f"received: {self.transcript.total:,} bytes, the last lines:",
            *(f"  | {line}" for line in received),
        ]

    def _registers(self) -> dict[str, int]:
        if self.stop is not None and self.stop.registers:
            return self.stop.registers
        try:
            return self.chip.registers() if isinstance(self.chip, Machine) else {}
        except IntegradError:  # the emulator has ended
            return {}

    def note(self, text: str) -> None:
        """Writes into the log what the chip did not send."""
        if self.log is not None:
            self.log.note(text)
