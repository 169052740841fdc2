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
from integrad.errors import IntegradError, one_line

CHUNK = 1536
"""Bytes of a file that are sent at a time: small enough, encoded as text, for the heap of any board."""

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
"""Marks the end of the output of a program, and again the end of its traceback."""

INTERRUPT = b"\r\x03"

RESET_PATIENCE = 10
"""Seconds within which a board must respond to a reset."""

INTERRUPT_PATIENCE = 2
"""Seconds within which a script should end after Ctrl-C."""


class Connection:
    """A board in the raw REPL mode of MicroPython, in which it executes the code that is sent to it."""

    def __init__(self, port: str, transport):
        self.port = port
        self._transport = transport

    def run(self, code: str, time_limit: float = 30) -> str:
        """Run code and return its output. time_limit: maximum seconds between two characters.

        Raises IntegradError with the last line of the board's traceback if the code fails.
        """
        output, errors = self._talk(lambda: self._transport.exec_raw(code, timeout=time_limit))
        self._require_none(errors)
        return output.decode(errors="replace").replace("\r\n", "\n")

    def follow(
        self, code: str, each: Callable[[str], None], time_limit: float, deadline: float = math.inf
    ) -> None:
        """Run code and pass its output to `each`, line by line, until it ends, prints nothing for time_limit
        seconds, or the deadline (in terms of time.monotonic()) has passed. Code that has not ended by then,
        or when `each` raises an exception, is interrupted.

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
                # Byte by byte: data after the end marker belongs to the next exchange.
                ended = _receive(self._transport.serial, take, time_limit, deadline, most=1)
            finally:
                if not ended:
                    self._interrupt()
            return self._transport.read_until(1, END, timeout=1) if ended else b""

        self._require_none(self._talk(exchange).rstrip(END))

    def _interrupt(self) -> None:
        """Send Ctrl-C and discard the rest of the script's output and its traceback, if the board
        responds."""
        with contextlib.suppress(OSError):
            self._transport.serial.write(INTERRUPT)
            deadline = time.monotonic() + INTERRUPT_PATIENCE
            for _ in ("output", "traceback"):
                _receive(self._transport.serial, END.__eq__, INTERRUPT_PATIENCE, deadline, most=1)

    def _require_none(self, errors: bytes) -> None:
        """Raise IntegradError with the last line of the traceback, if there is one."""
        if lines := errors.decode(errors="replace").strip().splitlines():
            raise IntegradError(f"{self.port}: error on the board: {one_line(lines[-1])}")

    def exists(self, path: str) -> bool:
        stat = f"import os\ntry:\n os.stat({path!r})\n print(1)\nexcept OSError:\n print(0)"
        return self.run(stat).strip() == "1"

    def read_file(self, path: str) -> bytes:
        """Contents of a file. Raises IntegradError if it does not exist."""
        text = "".join(self.run(READ.format(path=path)).split())
        with self._understanding(text):
            return binascii.a2b_base64(text)

    def write_file(self, path: str, data: bytes, progress: Callable[[int], None] = lambda done: None) -> None:
        """Write a file atomically, under another name first. progress: called with the number of bytes sent.

        Raises IntegradError if the board cannot write the file, or if it arrives damaged.
        """
        try:
            self._write_file(path, data, progress)
        except IntegradError:
            with contextlib.suppress(IntegradError):  # the board may be disconnected
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
        (crc,) = self.numbers(CLOSE.format(path=path, new=f"{path}.new", crc=expected), 1)
        if crc != expected:
            raise IntegradError(f"{self.port}: {path} arrived damaged (CRC-32 {crc:08x}); try again")

    def sizes(self, paths: Sequence[str]) -> list[int]:
        """Sizes of files in bytes, 0 for files that do not exist."""
        return self.numbers(SIZES.format(paths=list(paths)), len(paths))

    def numbers(self, code: str, count: int, time_limit: float = 30) -> list[int]:
        """Run code that prints this many integers. Raises IntegradError for any other answer."""
        answer = self.run(code, time_limit)
        with self._understanding(answer):
            found = list(map(int, answer.split()))
            if len(found) != count:
                raise ValueError
            return found

    @contextlib.contextmanager
    def _understanding(self, answer: str) -> Iterator[None]:
        """Convert errors about an answer that is not as expected to IntegradError."""
        try:
            yield
        except ValueError:
            raise self.unexpected(answer) from None

    def unexpected(self, answer: str) -> IntegradError:
        """The error for an answer that the board should not have given."""
        shown = one_line(answer.strip())[:60]
        return IntegradError(
            f"{self.port}: unexpected answer from the board: {shown!r}; reset it and try again"
        )

    def remove(self, *paths: str) -> None:
        """Remove files; those that do not exist are ignored."""
        self.run(f"import os\nfor p in {paths!r}:\n try:\n  os.remove(p)\n except OSError:\n  pass")

    def reset(self) -> None:
        """Soft-reset the board into the raw REPL; its heap is empty afterwards."""
        # mpremote prints unexpected data before it raises an exception.
        with contextlib.redirect_stdout(io.StringIO()):
            self._talk(lambda: self._transport.enter_raw_repl(True, RESET_PATIENCE))

    def _talk(self, exchange: Callable):
        """Convert errors of mpremote and of the port to IntegradError."""
        from mpremote.transport import TransportError

        try:
            with _detecting_loss(self.port):
                return exchange()
        except TransportError as error:
            raise IntegradError(
                f"{self.port}: no response from MicroPython: {one_line(error)}; "
                "reset the board and close other programs that use this port"
            ) from error


@contextlib.contextmanager
def connect(port: str | None) -> Iterator[Connection]:
    """Connect to a board in its raw REPL after a soft reset; main.py does not run. port: None for the only
    board.

    Raises IntegradError, with a remedy, if mpremote is missing or MicroPython does not respond.
    """
    port = port or serial_port.only_port()
    transport = serial_port.open_port(port, RESET_PATIENCE)
    try:
        connection = Connection(port, transport)
        connection.reset()
        yield connection
    finally:
        # Leave the board in the mode that terminal programs expect.
        with contextlib.suppress(OSError):
            transport.exit_raw_repl()
        with contextlib.suppress(OSError):
            transport.close()


@contextlib.contextmanager
def listen(port: str | None) -> Iterator[Callable[[Callable[[str], None], float, float], None]]:
    """Listen to a board without interrupting its program. Yields a function that waits for lines of output.

    Its arguments are a function to call with each line, the maximum number of seconds to wait for the next
    character, and a deadline in terms of time.monotonic().
    """
    port = port or serial_port.only_port()
    transport = serial_port.open_port(port, RESET_PATIENCE)

    def wait(each: Callable[[str], None], time_limit: float, deadline: float = math.inf) -> None:
        with _detecting_loss(port):
            _receive(transport.serial, LineBuffer(each).add, time_limit, deadline)

    try:
        yield wait
    finally:
        with contextlib.suppress(OSError):
            transport.close()


def _receive(
    serial, take: Callable[[bytes], object], time_limit: float, deadline: float, most: int = 4096
) -> bool:
    """Pass received data to take(), at most `most` bytes at a time, until it returns True. Returns False if
    nothing was received for time_limit seconds or the deadline has passed."""
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
def _detecting_loss(port: str) -> Iterator[None]:
    """Convert the loss of the connection to IntegradError; other exceptions are unchanged."""
    try:
        yield
    except OSError as error:
        if not serial_port.is_lost(error):
            raise
        raise IntegradError(
            f"{port}: the board was disconnected: {one_line(error.strerror or error)}"
        ) from error
