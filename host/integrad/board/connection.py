"""A MicroPython board on a serial port, through mpremote's library."""

from __future__ import annotations

import binascii
import contextlib
import errno
import io
import time
import zlib
from collections.abc import Callable, Iterator

from integrad.board import serial_port
from integrad.board.line_buffer import LineBuffer
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

END = b"\x04"
"""Comes after a program's output, and again after its traceback."""

RESET_PATIENCE = 10
"""Seconds in which a board must answer to a reset."""


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

    def follow(self, code: str, each: Callable[[str], None], time_limit: float) -> None:
        """Run code and hand over its output line by line, until it ends or is quiet for time_limit seconds.

        Raises IntegradError with the last line of the board's traceback if the code fails.
        """
        lines, ended = LineBuffer(each), bytearray()

        def take(data: bytes) -> None:
            ended[:] = data[-1:]
            lines.add(data)

        def exchange() -> bytes:
            self._transport.exec_raw_no_follow(code)
            self._transport.read_until(1, END, time_limit, data_consumer=take)
            return self._transport.read_until(1, END, timeout=1) if ended == END else b""

        self._require_none(self._talk(exchange).rstrip(END))

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
            return exchange()
        except TransportError as error:
            raise IntegradError(
                f"{self.port}: no MicroPython answers: {error}; "
                "reset the board, and close other programs that use its port"
            ) from error
        except OSError as error:
            if error.errno is None or not _is_lost(error):
                raise
            raise IntegradError(f"{self.port}: the board is gone: {error.strerror}") from error


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
        # Leave the board as a terminal program expects it.
        with contextlib.suppress(OSError):
            transport.exit_raw_repl()
    finally:
        with contextlib.suppress(OSError):
            transport.close()


@contextlib.contextmanager
def listen(port: str | None) -> Iterator[Callable[[Callable[[str], None], float], None]]:
    """The board's own program keeps running: a function that waits for its lines.

    It takes what to do with each line and how many seconds to wait for the next character at most.
    """
    port = port or serial_port.only_port()
    transport = serial_port.open_port(port, RESET_PATIENCE)

    def wait(each: Callable[[str], None], time_limit: float) -> None:
        lines, last = LineBuffer(each), time.monotonic()
        while time.monotonic() - last < time_limit:
            if count := transport.serial.inWaiting():
                lines.add(transport.serial.read(count))
                last = time.monotonic()
            else:
                time.sleep(0.01)

    try:
        yield wait
    finally:
        with contextlib.suppress(OSError):
            transport.close()


def _is_lost(error: OSError) -> bool:
    return error.errno in (errno.EIO, errno.ENXIO, errno.ENODEV, errno.EBADF)
