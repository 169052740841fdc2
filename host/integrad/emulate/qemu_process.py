"""QEMU with the stepper plugin as a process: its pipes, its limits and how it ended."""

from __future__ import annotations

import fcntl
import os
import resource
import select
import socket
import struct
import subprocess
import tempfile
import termios
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from integrad.build.program import Program
from integrad.build.toolchain import first_error
from integrad.emulate.faults import FirmwareError
from integrad.emulate.machine import OUTPUT_LIMIT
from integrad.emulate.qemu import CONSOLE_LIMIT, build_plugin
from integrad.emulate.qemu_command import Inherited, connections, machine_command
from integrad.emulate.qemu_monitor import Monitor
from integrad.errors import IntegradError
from integrad.targets.cores import Core

PIECE = 64 << 10


@dataclass(frozen=True)
class Report:
    """A line of the stepper."""

    reason: str
    executed: int
    address: int


class QemuProcess:
    """A core from power-on to power-off.

    places: where to stop (`mark`), or where breaks are likely (`watch`). options: more arguments of QEMU.
    files: that it is to inherit. output, console: what the core has sent through its serial port and
    through semihosting. untaken: input that is not in the pipe to QEMU yet.
    """

    def __init__(
        self,
        program: Program,
        core: Core,
        places: Iterable[tuple[str, int]] = (),
        options: Iterable[str] = (),
        files: tuple[int, ...] = (),
    ):
        self.output, self.console, self.untaken = bytearray(), bytearray(), bytearray()
        self._lines: list[Report] = []
        self._rest: bytes | None = b""
        self._folder = tempfile.TemporaryDirectory(prefix="integrad-")
        command = machine_command(program, core, Path(self._folder.name))
        build_plugin(command[0], "stepper")  # before anything is open
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        connection = self._start(command, places, options, files)
        if hasattr(resource, "prlimit"):  # a lockup ends QEMU by a signal that writes a core file
            with suppress(ProcessLookupError):
                resource.prlimit(self.process.pid, resource.RLIMIT_CORE, (0, 0))
        for end in (self._reports, self._console, self.process.stdin.fileno(), self.process.stdout.fileno()):
            os.set_blocking(end, False)
        try:
            self.monitor = Monitor(connection)
            self._core_thread = self.monitor.core_thread()
        except (IntegradError, OSError):
            connection.close()
            raise self.died() from None

    def _start(
        self,
        command: list[str],
        places: Iterable[tuple[str, int]],
        options: Iterable[str],
        files: tuple[int, ...],
    ) -> socket.socket:
        """Start QEMU with the other ends of the pipes. Returns the connection to its monitor. Raises
        IntegradError, with everything closed, if the host cannot start it."""
        taken, self._commands = os.pipe()
        self._reports, sent = os.pipe()
        self._console, console = os.pipe()
        ours, theirs = socket.socketpair()
        inherited = Inherited(taken, sent, console, theirs.fileno())
        try:
            self.process = subprocess.Popen(
                [*command, *connections(command[0], inherited, places), *options],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                pass_fds=(*inherited.numbers(), *files),
                cwd=self._folder.name,
            )
        except OSError as error:
            for end in (self._commands, self._reports, self._console):
                os.close(end)
            ours.close()
            self._errors.close()
            self._folder.cleanup()
            raise IntegradError(f"{command[0]}: cannot be started: {error.strerror}") from error
        finally:
            for end in (taken, sent, console):
                os.close(end)
            theirs.close()
        return ours

    def send(self, command: str) -> None:
        """A command to the stepper."""
        with suppress(BrokenPipeError):
            os.write(self._commands, f"{command}\n".encode())

    @property
    def pending(self) -> int:
        """Bytes of input that the serial port has not taken yet."""
        return len(self.untaken) + _waiting(self.process.stdin.fileno())

    @property
    def core_rests(self) -> bool:
        """Whether the thread of the core waits for something else than a processor of the host, where the
        host says so."""
        thread = Path(f"/proc/{self.process.pid}/task/{self._core_thread}/stat")
        try:
            return thread.read_text().rpartition(")")[2].split()[0] != "R"
        except OSError:
            return True

    def report(self, deadline: float, with_input: bool = True) -> Report | None:
        """The next line of the stepper; None when QEMU has ended. Until then, input and output are moved.

        Raises TimeoutError at the deadline.
        """
        while not self._lines:
            self._move(max(0.0, deadline - time.monotonic()), with_input)
            if self._rest is None:
                return None
            if not self._lines and time.monotonic() >= deadline:
                raise TimeoutError
        return self._lines.pop(0)

    def move(self, with_input: bool = True) -> None:
        """Move what can be moved of input and output at this moment."""
        self._move(0.0, with_input)

    def _move(self, seconds: float, with_input: bool = True) -> None:
        output, inputs = self.process.stdout.fileno(), self.process.stdin.fileno()
        watched = [self._console]
        if self._rest is not None:
            watched.append(self._reports)
        if len(self.output) < OUTPUT_LIMIT:
            watched.append(output)
        readable, writable, _ = select.select(
            watched, [inputs] if self.untaken and with_input else [], [], seconds
        )
        if writable:
            try:
                del self.untaken[: os.write(inputs, self.untaken[:PIECE])]
            except BrokenPipeError:
                self.untaken.clear()
        if output in readable:
            self.output += _take(output)
        if self._console in readable:
            self.console += _take(self._console)[: max(0, CONSOLE_LIMIT - len(self.console))]
        # Last, because what was sent before a report is to be seen with it.
        if self._reports in readable and self._rest is not None:
            self._split(_take(self._reports))

    def _split(self, data: bytes) -> None:
        if not data:
            self._rest = None
            return
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            reason, executed, address = line.decode().split()
            self._lines.append(Report(reason, int(executed), int(address)))

    def end(self) -> tuple[int, str]:
        """(exit status, messages) of QEMU, which has ended, or is ended now; what it sent last is read."""
        if self.process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(1.0 if self._rest is None else 0.0)
        self.process.kill()
        self.process.wait()
        self.move()
        self._errors.seek(0)
        return self.process.returncode, self._errors.read(CONSOLE_LIMIT).decode(errors="replace")

    def died(self) -> FirmwareError:
        """QEMU itself has failed."""
        status, errors = self.end()
        self.close()
        reason = first_error(errors) if errors.strip() else f"exit status {status}"
        return FirmwareError("emulator", f"QEMU stopped: {reason}", status)

    @property
    def is_closed(self) -> bool:
        return self.process.stdin.closed

    def close(self) -> None:
        if self.is_closed:
            return
        self.process.kill()
        self.process.wait()
        if hasattr(self, "monitor"):
            self.monitor.close()
        for end in (self._commands, self._reports, self._console):
            os.close(end)
        for file in (self.process.stdin, self.process.stdout, self._errors):
            file.close()
        self._folder.cleanup()


def _take(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, PIECE)
    except BlockingIOError:
        return b""


def _waiting(descriptor: int) -> int:
    """Bytes in a pipe."""
    return struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)))[0]
