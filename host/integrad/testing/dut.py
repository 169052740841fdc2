"""The device under test: an emulated chip, what it sends, and what is expected of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from integrad.emulate.chip import Chip
from integrad.emulate.machine import Machine, Reason, Stop
from integrad.errors import IntegradError
from integrad.protocol.frames import FrameReader, encoded
from integrad.testing.matches import first_match
from integrad.testing.options import INSTRUCTIONS, SECONDS
from integrad.testing.reception import END, Reception
from integrad.testing.transcript import Log

MOST_BYTES = 1024 * 1024
"""Received during one wait, after which it fails."""

Pattern = str | bytes | re.Pattern
Found = Callable[[bytes], tuple[int, object] | None]
"""Looks for something in what was received → (bytes up to its end, the result), or None."""


class DeviceFailure(AssertionError):
    """The device did not do what a test expects of it. stop: why it stopped, if it did."""

    def __init__(self, text: str, stop: Stop | None = None):
        super().__init__(text)
        self.stop = stop


class Dut:
    """Drives a chip, and reads what it sends.

    chip: is ended by close(). instructions, timeout: of a wait, where the call states none. A chip that has
    failed (`failed`) is not used again.
    """

    def __init__(self, chip: Chip, instructions: int = INSTRUCTIONS, timeout: float = SECONDS):
        self.chip = chip
        self.failed = False
        self.starts = 1
        self._limits = instructions, timeout
        self._reception = Reception(chip)
        self._on = True

    @property
    def name(self) -> str:
        return self.chip.name

    @property
    def stop(self) -> Stop | None:
        """Why it stopped last; None for a chip that does not say it."""
        return self._reception.stop

    @property
    def log(self) -> Log | None:
        """Of the test that uses it now."""
        return self._reception.log

    @log.setter
    def log(self, log: Log | None) -> None:
        self._reception.log = log

    @property
    def timeout(self) -> float:
        """Seconds of the host after which a wait ends, where the call states none."""
        return self._limits[1]

    @property
    def is_running(self) -> bool:
        """Whether it could execute more: it has not faulted, ended or been switched off."""
        return self._on and not (self.stop is not None and self.stop.reason in END)

    @property
    def text(self) -> str:
        """Everything that was received since the beginning, also what was expected and found already. Of more
        than 128 KB, the beginning and the end."""
        return self._reception.transcript.text

    @property
    def instructions(self) -> int | None:
        """Executed since it was switched on first, but for those during which input was on its way, whose
        number depends on the host; None for a chip that does not count them."""
        return self.chip.instructions if isinstance(self.chip, Machine) else None

    @property
    def executed(self) -> int | None:
        """All instructions since it was switched on first, for differences between two breaks."""
        return self.chip.executed if isinstance(self.chip, Machine) else None

    def registers(self) -> dict[str, int]:
        """Name → value; none of a chip whose emulator does not show them."""
        return self.chip.registers() if isinstance(self.chip, Machine) else {}

    def read_memory(self, address: int, size: int) -> bytes:
        """Bytes of flash or RAM."""
        if not isinstance(self.chip, Machine):
            raise IntegradError(f"{self.name}: its emulator shows no memory; use a core")
        return self.chip.read_memory(address, size)

    def expect(
        self,
        pattern: Pattern | Sequence[Pattern],
        instructions: int | None = None,
        timeout: float | None = None,
    ) -> re.Match:
        """Run the device until it has sent something that matches a regular expression, or one of several.

        Returns the match that begins first: of str for a pattern of str, of bytes for one of bytes. What
        precedes it and what it matched will not be found again. The device stops as soon as it has sent what
        matches, so that a pattern should include what follows, such as the end of the line.

        Raises DeviceFailure if so many instructions have been executed or seconds have passed, and as soon as
        the device faults, waits for input, sleeps for good or restarts again and again.
        """
        __tracebackhide__ = True
        several = isinstance(pattern, Sequence) and not isinstance(pattern, str | bytes)
        patterns = [re.compile(one) for one in (pattern if several else [pattern])]
        return self._match(patterns, [one.pattern for one in patterns], instructions, timeout)

    def expect_exact(
        self,
        text: str | bytes | Sequence[str | bytes],
        instructions: int | None = None,
        timeout: float | None = None,
    ) -> re.Match:
        """The same for exactly this text, or one of several."""
        __tracebackhide__ = True
        texts = [text] if isinstance(text, str | bytes) else text
        return self._match([re.compile(re.escape(one)) for one in texts], texts, instructions, timeout)

    def read_frame(self, instructions: int | None = None, timeout: float | None = None) -> bytes:
        """The contents of the next frame of the serial protocol (COBS between zero bytes, CRC-32 at the end).

        What is no frame is skipped; DeviceFailure says how much that was if none arrives.
        """
        __tracebackhide__ = True
        damaged = 0

        def frame(data: bytes) -> tuple[int, bytes] | None:
            nonlocal damaged
            reader, begin = FrameReader(), 0
            while (end := data.find(0, begin) + 1) > 0:
                if found := reader.take(data[begin:end]):
                    return end, found[0]
                begin = end
            damaged = reader.damaged
            return None

        def wanted() -> str:
            skipped = f" ({damaged} pieces between zero bytes were none)" if damaged else ""
            return f"a frame with a correct CRC{skipped}"

        return self._wait(frame, wanted, instructions, timeout)

    def write(self, data: str | bytes) -> None:
        """Send bytes to the device, which receives them when it runs: in the next call that waits."""
        if isinstance(data, int):  # to bytes(), a number of zeros
            raise TypeError(f"write() sends text or bytes, not the number {data}; of a byte: bytes([{data}])")
        self._check_power()
        self.chip.write(data.encode() if isinstance(data, str) else bytes(data))

    def write_frame(self, contents: bytes) -> None:
        """Send a frame of the serial protocol."""
        self.write(encoded(contents))

    def receive(self, wanted: str, instructions: int | None = None, timeout: float | None = None) -> bytes:
        """All bytes that have arrived and were not expected yet, or the next ones. wanted: for the message of
        the DeviceFailure if there are none."""
        __tracebackhide__ = True
        return self._wait(lambda data: (len(data), data) if data else None, wanted, instructions, timeout)

    def receive_now(self, timeout: float) -> bytes:
        """All bytes that have arrived, or those that do within so many seconds, for a chip that runs by the
        clock of the host."""
        __tracebackhide__ = True
        self._check_power()
        if not self._reception.pending:
            _, ended = self._reception.more(1, timeout)
            if ended:
                raise self._failure("more", ended)
        data = bytes(self._reception.pending)
        self._reception.pending.clear()
        return data

    def run(self, instructions: int) -> Stop:
        """Let it execute so many instructions, whatever it sends. Raises IntegradError for a chip whose
        emulator does not count them."""
        self._check_power()
        if not isinstance(self.chip, Machine):
            raise IntegradError(f"{self.name}: its emulator counts no instructions; use expect()")
        end, deadline = self.chip.instructions + instructions, time.monotonic() + self.timeout
        while True:
            self.chip.ceiling = max(0.0, deadline - time.monotonic())
            stop = self.chip.run(max(0, end - self.chip.instructions))
            self._reception.take(self.chip.take_output())
            if stop.reason is not Reason.OUTPUT:
                break
        if stop.reason is Reason.TIME:  # of the last of these calls
            stop = replace(stop, text=f"has not ended after {self.timeout:g} s of the host")
        self._reception.stop = stop
        return stop

    def break_at(
        self, address: int | None, times: int = 1, then: Callable[[Stop], None] | None = None
    ) -> None:
        """Call a function when an instruction is reached for the n-th time from now, before it is executed.
        The device then runs on, unless the function raises something. None: no longer."""
        if not isinstance(self.chip, Machine):
            raise IntegradError(f"{self.name}: its emulator does not stop at instructions; use a core")
        self.chip.break_at(address, times)
        self._reception.at_break = None if address is None else then

    def power_off(self) -> None:
        """Cut the power, wherever the program stands. restart() switches it on."""
        if isinstance(self.chip, Machine):
            self.chip.power_off()
        self._reception.note("switched off")
        self._on = False

    def restart(self) -> None:
        """Switch it off and on: flash keeps what was stored, RAM and what was on the line are lost."""
        self.chip.restart()
        self.restarted()

    def restarted(self) -> None:
        """The chip was switched off and on."""
        self._reception.pending.clear()
        self._on, self._reception.stop = True, None
        self.starts += 1
        self._reception.note("switched on")

    def close(self) -> None:
        self.chip.close()

    def _match(
        self,
        patterns: Sequence[re.Pattern],
        shown: Sequence[str | bytes],
        instructions: int | None,
        timeout: float | None,
    ) -> re.Match:
        """Waits for the first of these patterns. shown: as the test has stated them."""
        __tracebackhide__ = True
        if not patterns:
            raise ValueError("expect() requires a pattern")
        wanted = " or ".join(map(repr, shown))
        return self._wait(lambda data: first_match(patterns, data), wanted, instructions, timeout)

    def _wait(
        self, found: Found, wanted: str | Callable[[], str], instructions: int | None, timeout: float | None
    ):
        __tracebackhide__ = True
        self._check_power()
        limits = (
            self._limits[0] if instructions is None else instructions,
            self._limits[1] if timeout is None else timeout,
        )
        before, deadline = self.instructions, time.monotonic() + limits[1]
        received, ended = 0, ""
        while True:
            if (result := found(bytes(self._reception.pending))) is not None:
                del self._reception.pending[: result[0]]
                return result[1]
            if ended:
                break
            done = 0 if before is None else self.instructions - before
            left = limits[0] - done, deadline - time.monotonic()
            data, ended = self._reception.more(*left)
            received += len(data)
            if received > MOST_BYTES and not ended:
                ended = f"it sent {received:,} bytes and did not stop sending"
            elif not ended and left[1] <= 0:
                ended = f"{limits[1]:g} s passed on the host"
            elif not ended and before is not None and left[0] <= 0:
                ended = f"it executed {done:,} instructions, the limit of a wait, and runs on"
        raise self._failure(wanted if isinstance(wanted, str) else wanted(), ended)

    def _failure(self, wanted: str, ended: str) -> DeviceFailure:
        """What was expected, what happened instead, and where the device stands."""
        self.failed = True
        lines = [f"expected {wanted} from {self.name}, but {ended or 'nothing arrived'}"]
        lines += self.state()
        self._reception.note("\n".join(lines))
        return DeviceFailure("\n".join(lines), self.stop)

    def state(self) -> list[str]:
        """Where the device stands: place, registers, and what it sent last."""
        return self._reception.state()

    def _check_power(self) -> None:
        if not self._on:
            raise IntegradError(f"{self.name}: is switched off; call restart() first")
