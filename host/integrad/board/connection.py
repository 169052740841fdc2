"""A MicroPython board on a serial port, through mpremote's library."""

from __future__ import annotations

import binascii
import contextlib
import errno
import io
import re
import time
import zlib
from collections.abc import Callable, Iterator

from integrad.errors import IntegradError, UsageError

BRINGS = "pip install 'integrad[micropython]'"
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
try:
    os.remove({path!r})
except OSError:
    pass
os.rename({new!r}, {path!r})
print(crc)
"""

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
        """Run code and hand over its output line by line, until it ends.

        Raises IntegradError if it fails, or if the board is quiet for time_limit seconds.
        """
        lines = LineBuffer(each)
        _, errors = self._talk(lambda: self._transport.exec_raw(code, time_limit, lines.add))
        self._require_none(errors)

    def _require_none(self, errors: bytes) -> None:
        """The last line of a traceback says what is wrong."""
        if lines := errors.decode(errors="replace").strip().splitlines():
            raise IntegradError(f"{self.port}: the board says {lines[-1]}")

    def exists(self, path: str) -> bool:
        return (
            self.run(f"import os\ntry:\n os.stat({path!r})\n print(1)\nexcept OSError:\n print(0)").strip()
            == "1"
        )

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
        crc = int(self.run(CLOSE.format(path=path, new=f"{path}.new")))
        if crc != zlib.crc32(data):
            raise IntegradError(f"{self.port}: {path} arrived damaged (CRC-32 {crc:08x}); try again")

    def remove(self, *paths: str) -> None:
        """Remove the files of these that are there."""
        self.run(f"import os\nfor p in {paths!r}:\n try:\n  os.remove(p)\n except OSError:\n  pass")

    def reset(self) -> None:
        """Soft reset into the raw REPL: the heap is empty afterwards."""
        self._talk(lambda: self._transport.enter_raw_repl(True, RESET_PATIENCE))

    def _talk(self, exchange: Callable):
        """mpremote prints what it did not understand before it raises: that becomes part of the message."""
        from mpremote.transport import TransportError, TransportExecError

        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said):
                return exchange()
        except TransportExecError as error:
            raise IntegradError(f"{self.port}: the board says {error.error_output.strip()}") from error
        except TransportError as error:
            heard = f" (it said {said.getvalue().strip()[-60:]})" if said.getvalue().strip() else ""
            raise IntegradError(
                f"{self.port}: no MicroPython answers: {error}{heard}; "
                "reset the board, and close other programs that use its port"
            ) from error
        except OSError as error:
            if error.errno is None or not _is_lost(error):
                raise
            raise IntegradError(f"{self.port}: the board is gone: {error.strerror}") from error


class LineBuffer:
    """Lines out of bytes that come one by one."""

    def __init__(self, each: Callable[[str], None]):
        self._each, self._bytes = each, bytearray()

    def add(self, data: bytes) -> None:
        self._bytes += data
        while (end := self._bytes.find(b"\n")) >= 0:
            line = self._bytes[:end].decode(errors="replace").strip("\r\x04")
            del self._bytes[: end + 1]
            self._each(line)


@contextlib.contextmanager
def connect(port: str | None) -> Iterator[Connection]:
    """A board in its raw REPL after a soft reset; main.py does not run. port: None for the only one.

    Raises IntegradError, with what to do, if mpremote is missing or no MicroPython answers.
    """
    port = port or _only_port()
    transport = _open(port)
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
    port = port or _only_port()
    transport = _open(port)

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


def _open(port: str):
    try:
        from mpremote.transport import TransportError
        from mpremote.transport_serial import SerialTransport
    except ImportError:
        raise IntegradError(f"talking to boards needs mpremote; {BRINGS}") from None
    try:
        transport = SerialTransport(port, baudrate=115200)
    except (TransportError, OSError) as error:
        found = ", ".join(_ports()) or "none is plugged in"
        raise IntegradError(
            f"--port {port}: cannot be opened; boards here: {found}. "
            "On Linux the user must be in the group dialout"
        ) from error
    if getattr(transport, "is_pty", False):  # of which mpremote would wait for a byte forever
        transport.serial.timeout = RESET_PATIENCE
    return transport


def _only_port() -> str:
    found = _ports()
    if len(found) == 1:
        return found[0]
    raise UsageError(f"--port is needed: boards here: {', '.join(found) or 'none is plugged in'}")


def _ports() -> list[str]:
    """Serial ports behind USB."""
    try:
        from serial.tools.list_ports import comports
    except ImportError:
        raise IntegradError(f"talking to boards needs mpremote; {BRINGS}") from None
    return sorted(port.device for port in comports() if re.search("usb|acm", port.hwid + port.device, re.I))


def _is_lost(error: OSError) -> bool:
    return error.errno in (errno.EIO, errno.ENXIO, errno.ENODEV, errno.EBADF)
