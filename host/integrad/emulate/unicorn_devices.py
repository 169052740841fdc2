"""Serial ports and the system timer of a machine in Unicorn, as its programs see them: registers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque


class SerialPort(ABC):
    """untaken: what the program has not read yet; sent: what nobody has taken yet. quiet: how often in a row
    the program has asked in vain whether a byte has arrived."""

    size = 4096

    def __init__(self):
        self.untaken: deque[int] = deque()
        self.sent = bytearray()
        self.quiet = 0
        self._written: dict[int, int] = {}

    def reset(self) -> None:
        """As the program finds it after a reset; what has arrived waits outside of the machine."""
        self._written.clear()

    @abstractmethod
    def read(self, offset: int) -> int: ...

    @abstractmethod
    def write(self, offset: int, value: int) -> None: ...

    def _has_byte(self) -> bool:
        self.quiet = 0 if self.untaken else self.quiet + 1
        return bool(self.untaken)

    def _take(self) -> int:
        return self.untaken.popleft() if self.untaken else 0

    def _send(self, value: int) -> None:
        self.quiet = 0
        self.sent.append(value & 0xFF)


class CmsdkPort(SerialPort):
    """The CMSDK APB UART of the MPS2 machines."""

    DATA, STATE, CONTROL = 0x00, 0x04, 0x08
    RX_FULL, RX_ENABLE = 1 << 1, 1 << 1

    def read(self, offset):
        if offset == self.DATA:
            return self._take()
        if offset == self.STATE:
            enabled = self._written.get(self.CONTROL, 0) & self.RX_ENABLE
            return self.RX_FULL if self._has_byte() and enabled else 0
        return self._written.get(offset, 0)

    def write(self, offset, value):
        if offset == self.DATA:
            self._send(value)
        self._written[offset] = value


class Nrf51Port(SerialPort):
    """The UART of an nRF51. An event stays until the program clears it."""

    START_RX, RX_READY, TX_READY, RX, TX = 0x000, 0x108, 0x11C, 0x518, 0x51C

    def __init__(self):
        super().__init__()
        self._ready = True

    def read(self, offset):
        if offset == self.RX:
            self._ready = True
            return self._take()
        if offset == self.RX_READY:
            return int(self._has_byte() and self._ready and bool(self._written.get(self.START_RX)))
        return self._written.get(offset, 0)

    def write(self, offset, value):
        self._written[offset] = value
        if offset == self.TX:
            self._send(value)
            self._written[self.TX_READY] = 1
        elif offset == self.RX_READY:
            self._ready = bool(value)


PORTS: dict[str, type[SerialPort]] = {
    "microbit": Nrf51Port,
    "mps2-an385": CmsdkPort,
    "mps2-an386": CmsdkPort,
    "mps2-an500": CmsdkPort,
    "mps2-an505": CmsdkPort,
}
"""Machine → kind of its serial port."""


class SystemRegisters:
    """The page of the system registers of a Cortex-M: its timer, its reset, and memory for all others.

    asks_for_reset: whether the program has requested one. interrupts: whether it has enabled interrupts of
    devices, which do not exist here. flag: whether the timer has reached 0 since the program looked.
    """

    address, size = 0xE000E000, 4096
    TIMER, RELOAD, VALUE, ENABLE_FIRST, ENABLE_LAST, RESET = 0x010, 0x014, 0x018, 0x100, 0x13C, 0xD0C
    RESET_KEY = 0x05FA0004
    COUNTED = 1 << 16

    def __init__(self):
        self.asks_for_reset = self.interrupts = self.flag = False
        self._written: dict[int, int] = {}

    def read(self, offset: int) -> int:
        value = self._written.get(offset, 0)
        if offset == self.TIMER:
            value |= self.COUNTED if self.flag else 0
            self.flag = False
        return value

    def write(self, offset: int, value: int) -> None:
        self._written[offset] = value
        self.asks_for_reset |= offset == self.RESET and value == self.RESET_KEY
        self.interrupts |= self.ENABLE_FIRST <= offset <= self.ENABLE_LAST and value != 0

    @property
    def ticks(self) -> int:
        """Cycles from one interrupt of the timer to the next, 0 if it is off."""
        on = self._written.get(self.TIMER, 0) & 1
        return self._written.get(self.RELOAD, 0) + 1 if on else 0

    @property
    def interrupts_by_timer(self) -> bool:
        return self._written.get(self.TIMER, 0) & 2 != 0
