"""A MicroPython board on a serial port, through mpremote's library."""

from __future__ import annotations

import binascii
import contextlib
import io
import math
import time
import zlib
from collections.abc import Callable, Iterator, Sequence

from integrad.boards import serial_port
from integrad.boards.line_buffer import LineBuffer
from integrad.errors import IntegradError

CHUNK = 1536
"""Bytes of a file that are sent at a time: their text fits the heap of every board."""

READ = """\
from binascii import b2a_base64
with open({path!r}, "rb") as f:
    while True:
        part = f.read(384)
        if not part:
            break
        print(b2a_base64(part).decode())
"""

OPEN = """\
import os
from binascii import a2b_base64 as decode
try:
    os.mkdir({folder!r})
except OSError:
    pass
f = open({new!r}, "wb")
"""

CLOSE = """\
from binascii import crc32
f.close()
crc, buffer = 0, bytearray(512)
with open({new!r}, "rb") as f:
    while True:
        count = f.readinto(buffer)
        if not count:
            break
        crc = crc32(memoryview(buffer)[:count], crc)
if crc == {crc}:
    try:
        os.remove({path!r})
    except OSError:
        pass
    os.rename({new!r}, {path!r})
print(crc)
"""

CLEAN_UP = """\
import os
try:
    f.close()
except (NameError, OSError):
    pass
try:
    os.remove({new!r})
except OSError:
    pass
"""

SIZES = """\
import os
for path in {paths!r}:
    try:
        print(os.stat(path)[6])
    except OSError:
        print(0)
"""

END = b"\x04"
"""Comes after a program's output, and again after its traceback."""

INTERRUPT = b"\r\x03"

RESET_PATIENCE = 10
"""Seconds in which a board must answer to a reset."""

INTERRUPT_PATIENCE = 2
"""Seconds in which a script should end after Ctrl-C."""


class Connection:
    """A board in its raw REPL: it runs what it is sent and nothing else."""

    def __init__(self, port: str, transport):
        self.port = port
        self._transport = transport

    def run(self, code: str, time_limit: float = 30) -> str:
        """What the code prints. time_limit: seconds without a character.

        Raises IntegradError with the last line of the board's traceback if the code fails.
        """
        output, errors = self._talk(lambda: self._transport.exec_raw(code, timeout=time_limit))
        self._require_none(errors)
        return output.decode(errors="replace").replace("\r\n", "\n")

    def follow(
        self, code: str, each: Callable[[str], None], time_limit: float, deadline: float = math.inf
    ) -> None:
        """Run code and hand over its output line by line, until it ends, is quiet for time_limit seconds, or
        the deadline (of time.monotonic()) has come. Code that has not ended is interrupted, also where `each`
        raises something.

        Raises IntegradError with the last line of the board's traceback if the code fails.
        """
        lines, ended = LineBuffer(each), False

        def take(byte: bytes) -> bool:
            lines.add(byte)
            return byte == END

        def exchange() -> bytes:
            nonlocal ended
            self._transport.exec_raw_no_follow(code)
            try:
                # Byte by byte: what comes after the end belongs to the next exchange.
                ended = _receive(self._transport.serial, take, time_limit, deadline, most=1)
            finally:
                if not ended:
                    self._interrupt()
            return self._transport.read_until(1, END, timeout=1) if ended else b""

        self._require_none(self._talk(exchange).rstrip(END))

    def _interrupt(self) -> None:
        """Ctrl-C, as far as the board heeds it; the end of the script's output and its traceback go by."""
        with contextlib.suppress(OSError):
            self._transport.serial.write(INTERRUPT)
            deadline = time.monotonic() + INTERRUPT_PATIENCE
            for _ in ("output", "traceback"):
                _receive(self._transport.serial, END.__eq__, INTERRUPT_PATIENCE, deadline, most=1)

    def _require_none(self, errors: bytes) -> None:
        """The last line of a traceback says what is wrong."""
        if lines := errors.decode(errors="replace").strip().splitlines():
            raise IntegradError(f"{self.port}: the board says {lines[-1]}")

    def exists(self, path: str) -> bool:
        stat = f"import os\ntry:\n os.stat({path!r})\n print(1)\nexcept OSError:\n print(0)"
        return self.run(stat).strip() == "1"

    def read_file(self, path: str) -> bytes:
        """Raises IntegradError if there is no such file."""
        return binascii.a2b_base64("".join(self.run(READ.format(path=path)).split()))

    def write_file(self, path: str, data: bytes, progress: Callable[[int], None] = lambda done: None) -> None:
        """Write whole or not at all: under another name first. progress: is told how many bytes were sent.

        Raises IntegradError if the board's file system refuses it, or if it arrives damaged.
        """
        try:
            self._write_file(path, data, progress)
        except IntegradError:
            with contextlib.suppress(IntegradError):  # the board may be gone
                self.run(CLEAN_UP.format(new=f"{path}.new"))
            raise

    def _write_file(self, path: str, data: bytes, progress: Callable[[int], None]) -> None:
        folder = path.rpartition("/")[0]
        self.run(OPEN.format(folder=folder or "/", new=f"{path}.new"))
        for begin in range(0, len(data), CHUNK):
            part = binascii.b2a_base64(data[begin : begin + CHUNK], newline=False)
            self.run(f"f.write(decode({part!r}))")
            progress(min(begin + CHUNK, len(data)))
        expected = zlib.crc32(data)
        crc = int(self.run(CLOSE.format(path=path, new=f"{path}.new", crc=expected)))
        if crc != expected:
            raise IntegradError(f"{self.port}: {path} arrived damaged (CRC-32 {crc:08x}); try again")

    def sizes(self, paths: Sequence[str]) -> list[int]:
        """Bytes of each of these files, 0 of one that is not there."""
        return list(map(int, self.run(SIZES.format(paths=list(paths))).split()))

    def remove(self, *paths: str) -> None:
        """Remove the files of these that are there."""
        self.run(f"import os\nfor p in {paths!r}:\n try:\n  os.remove(p)\n except OSError:\n  pass")

    def reset(self) -> None:
        """Soft reset into the raw REPL: the heap is empty afterwards."""
        # mpremote prints what it did not understand before it raises.
        with contextlib.redirect_stdout(io.StringIO()):
            self._talk(lambda: self._transport.enter_raw_repl(True, RESET_PATIENCE))

    def _talk(self, exchange: Callable):
        """mpremote's errors and those of the port as messages."""
        from mpremote.transport import TransportError

        try:
            with _noticing_loss(self.port):
                return exchange()
        except TransportError as error:
            raise IntegradError(
                f"{self.port}: no MicroPython answers: {error}; "
                "reset the board, and close other programs that use its port"
            ) from error


@contextlib.contextmanager
def connect(port: str | None) -> Iterator[Connection]:
    """A board in its raw REPL after a soft reset; main.py does not run. port: None for the only one.

    Raises IntegradError, with what to do, if mpremote is missing or no MicroPython answers.
    """
    port = port or serial_port.only_port()
    transport = serial_port.open_port(port, RESET_PATIENCE)
    try:
        connection = Connection(port, transport)
        connection.reset()
        yield connection
    finally:
        # Leave the board as a terminal program expects it.
        with contextlib.suppress(OSError):
            transport.exit_raw_repl()
        with contextlib.suppress(OSError):
            transport.close()


@contextlib.contextmanager
def listen(port: str | None) -> Iterator[Callable[[Callable[[str], None], float, float], None]]:
    """The board's own program keeps running: a function that waits for its lines.

    It takes what to do with each line, how many seconds to wait for the next character at most, and when to
    stop in any case, as time.monotonic() counts.
    """
    port = port or serial_port.only_port()
    transport = serial_port.open_port(port, RESET_PATIENCE)

    def wait(each: Callable[[str], None], time_limit: float, deadline: float = math.inf) -> None:
        with _noticing_loss(port):
            _receive(transport.serial, LineBuffer(each).add, time_limit, deadline)

    try:
        yield wait
    finally:
        with contextlib.suppress(OSError):
            transport.close()


def _receive(
    serial, take: Callable[[bytes], object], time_limit: float, deadline: float, most: int = 4096
) -> bool:
    """Hand over what comes, `most` bytes at a time, until take() returns True: whether it did. It did not
    where nothing came for time_limit seconds, or the deadline passed."""
    last = time.monotonic()
    while (now := time.monotonic()) - last < time_limit and now < deadline:
        if count := serial.inWaiting():
            if take(serial.read(min(count, most))):
                return True
            last = time.monotonic()
        else:
            time.sleep(0.01)
    return False


@contextlib.contextmanager
def _noticing_loss(port: str) -> Iterator[None]:
    """A pulled cable as a message; other errors as they are."""
    try:
        yield
    except OSError as error:
        if not serial_port.is_lost(error):
            raise
        raise IntegradError(f"{port}: the board is gone: {error.strerror or error}") from error
