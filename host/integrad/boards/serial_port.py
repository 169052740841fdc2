"""Find the serial ports of boards, and open them."""

from __future__ import annotations

import contextlib
import errno
import re
import time

from integrad.build.micropython_source import INSTALL_WITH
from integrad.errors import IntegradError, UsageError, one_line

BAUD_RATE = 115200
INSTALL_PYSERIAL = "pip install 'integrad[boards]'"

POLL, WRITE_LIMIT = 0.05, 5
"""Seconds that a read waits at a time, and that a write may take."""

BUSY = (errno.EBUSY, errno.EAGAIN)
"""Error numbers of a port that another program uses."""

LOST = (errno.EIO, errno.ENXIO, errno.ENODEV, errno.EBADF)
"""Error numbers for a port whose board was disconnected."""


def open_port(port: str, patience: float):
    """mpremote's transport to a board. patience: seconds to wait for a byte where mpremote would wait
    forever.

    Raises IntegradError if mpremote is missing or the port cannot be opened.
    """
    try:
        from mpremote.transport import TransportError
        from mpremote.transport_serial import SerialTransport
    except ImportError:
        raise IntegradError(f"talking to boards requires mpremote; {INSTALL_WITH}") from None
    try:
        transport = SerialTransport(port, baudrate=BAUD_RATE)
    except (TransportError, OSError) as error:
        raise _cannot_open(port, error) from error
    if getattr(transport, "is_pty", False):  # for these, mpremote would wait forever
        transport.serial.timeout = patience
    return transport


class PortInUseError(IntegradError):
    """Another program uses the port."""


class PortStream:
    """A serial port as a ByteStream of the serial protocol, for as long as the context lasts.

    Raises IntegradError if pyserial is missing, or the port is in use or cannot be opened.
    """

    def __init__(self, port: str):
        try:
            from serial import Serial
        except ImportError:
            raise IntegradError(f"talking to boards requires pyserial; {INSTALL_PYSERIAL}") from None
        self.name = port
        try:
            self._serial = Serial(port, BAUD_RATE, timeout=POLL, write_timeout=WRITE_LIMIT, exclusive=True)
        except (OSError, ValueError) as error:
            raise _cannot_open(port, error) from error
        self._serial.reset_input_buffer()

    def read(self, most: int, timeout: float) -> bytes:
        deadline = time.monotonic() + timeout
        with self._watched():
            while True:
                data = self._serial.read(min(most, self._serial.in_waiting or 1))
                if data or time.monotonic() >= deadline:
                    return data

    def write(self, data: bytes) -> None:
        with self._watched():
            self._serial.write(data)

    def __enter__(self) -> PortStream:
        return self

    def __exit__(self, *_) -> None:
        with contextlib.suppress(OSError):
            self._serial.close()

    @contextlib.contextmanager
    def _watched(self):
        try:
            yield
        except OSError as error:
            if not is_lost(error):
                raise
            raise IntegradError(f"{self.name}: the board was disconnected: {one_line(error)}") from error


def _cannot_open(port: str, error: Exception) -> IntegradError:
    if getattr(error, "errno", None) in BUSY or "exclusively lock" in str(error):
        return PortInUseError(f"--port {port}: in use by another program; close it and try again")
    found = ", ".join(ports()) or "none"
    return IntegradError(
        f"--port {port}: cannot be opened; boards found: {found}. "
        "On Linux, the user must be in the group dialout"
    )


def is_lost(error: OSError) -> bool:
    """Whether the error means that the board was disconnected."""
    from serial import SerialException

    return isinstance(error, SerialException) or error.errno in LOST  # exceptions of pyserial have no number


def only_port() -> str:
    """The port of the only board. Raises UsageError if there are several, or none."""
    found = ports()
    if len(found) == 1:
        return found[0]
    raise UsageError(f"--port is required; boards found: {', '.join(found) or 'none'}")


def ports() -> list[str]:
    """Serial ports that are connected by USB."""
    try:
        from serial.tools.list_ports import comports
    except ImportError:
        raise IntegradError(f"talking to boards requires mpremote; {INSTALL_WITH}") from None
    return sorted(port.device for port in comports() if re.search("usb|acm", port.hwid + port.device, re.I))
