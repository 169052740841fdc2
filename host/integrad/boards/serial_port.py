"""Find the serial ports of boards, and open them."""

from __future__ import annotations

import errno
import re

from integrad.build.micropython_source import INSTALL_WITH
from integrad.errors import IntegradError, UsageError

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
        transport = SerialTransport(port, baudrate=115200)
    except (TransportError, OSError) as error:
        found = ", ".join(ports()) or "none"
        raise IntegradError(
            f"--port {port}: cannot be opened; boards found: {found}. "
            "On Linux, the user must be in the group dialout"
        ) from error
    if getattr(transport, "is_pty", False):  # for these, mpremote would wait forever
        transport.serial.timeout = patience
    return transport


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
