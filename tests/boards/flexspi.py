"""A model of FlexSPI, the controller of flash chips in an i.MX RT1062, from its reference manual.

Of the controller it has what commands by registers need. What the manual forbids, and what has no defined
result, raises RefusedError.
"""

import struct

from w25q64jv import FlashChip

MCR0, INTR, LUTKEY, LUTCR = 0x00, 0x14, 0x18, 0x1C
IPCR0, IPCR1, IPCMD, IPRXFCR, IPTXFCR, STS0 = 0xA0, 0xA4, 0xB0, 0xB8, 0xBC, 0xE0
RFDR, TFDR, LUT, LUT_WORDS = 0x100, 0x180, 0x200, 64
SOFTWARE_RESET = 1
DONE, GRANT_TIMEOUT, ERROR, SPACE = 1 << 0, 1 << 1, 1 << 3, 1 << 6
IDLE = 3
KEY, LOCK, UNLOCK = 0x5AF05AF0, 1, 2
STOP, COMMAND, ADDRESS, WRITE, READ = 0, 1, 2, 8, 9
FIFO_BYTES, WATERMARK = 128, 8


class RefusedError(Exception):
    """What a driver must not do."""


class FlexSpi:
    """The controller, with the chip that it is wired to. fresh: numbers of lines that the core sees as they
    are now, if it has not kept them elsewhere; others come from the buffers of the controller."""

    def __init__(self, chip: FlashChip, lookup_table: bytes):
        self.chip = chip
        self.fresh: set[int] = set()
        self._table = list(struct.unpack(f"<{LUT_WORDS}I", lookup_table))
        self._written: dict[int, int] = {}
        self._is_locked, self._key = True, 0
        self._flags = 0
        self._sent, self._received = bytearray(), b""
        self._command: tuple[int, int] | None = None
        self._reads, self._data = False, bytearray()
        self._reads_ahead = self._resets = 2
        self._is_sending = False

    def read(self, offset: int) -> int:
        if offset == INTR:
            self._send_some()
            return self._flags | SPACE * self._has_space
        if offset == STS0:
            return IDLE * (self._counted("_reads_ahead") and self._command is None)
        if offset == MCR0:
            return self._written.get(MCR0, 0) & ~SOFTWARE_RESET | (not self._counted("_resets"))
        if RFDR <= offset < RFDR + FIFO_BYTES:
            return int.from_bytes(self._received[offset - RFDR :][:4].ljust(4, b"\0"), "little")
        if LUT <= offset < LUT + 4 * LUT_WORDS:
            return self._table[(offset - LUT) // 4]
        return self._written.get(offset, 0)

    def write(self, offset: int, value: int) -> None:
        self._written[offset] = value
        if LUT <= offset < LUT + 4 * LUT_WORDS:
            self._write_table((offset - LUT) // 4, value)
        elif offset == LUTKEY:
            self._key = value
        elif offset == LUTCR and self._key == KEY:
            self._is_locked = value == LOCK
            self._key = 0
        elif offset == INTR:
            self._flags &= ~value
            if value & SPACE:
                self._push()
        elif offset == IPRXFCR and value & 1:
            self._received = b""
        elif offset == IPTXFCR and value & 1:
            self._sent.clear()
        elif offset == IPCMD and value & 1:
            self._start()
        elif offset == MCR0 and value & SOFTWARE_RESET:
            self._reset()

    def _counted(self, name: str) -> bool:
        """Whether a state that lasts for some looks at it is over."""
        left = getattr(self, name)
        setattr(self, name, max(left - 1, 0))
        return left == 0

    @property
    def _has_space(self) -> bool:
        return len(self._sent) + WATERMARK <= FIFO_BYTES

    def _write_table(self, number: int, word: int) -> None:
        if self._is_locked:
            return
        if self._reads_ahead or self._command is not None:
            raise RefusedError("the look-up table is written while the controller works")
        if number < 4:
            raise RefusedError("the sequence that reads the flash for the core is overwritten")
        self._table[number] = word

    def _push(self) -> None:
        if not self._has_space:
            raise RefusedError("the FIFO has no space for what is sent")
        self._sent += struct.pack("<2I", self._written.get(TFDR, 0), self._written.get(TFDR + 4, 0))

    def _start(self) -> None:
        if self._command is not None:
            raise RefusedError("a command is started before the last one has ended")
        number, size = self._written[IPCR1] >> 16 & 15, self._written[IPCR1] & 0xFFFF
        instructions = [
            (half >> 10, half >> 8 & 3, half & 0xFF)
            for word in self._table[4 * number : 4 * number + 4]
            for half in (word & 0xFFFF, word >> 16)
        ]
        steps = instructions[: [step[0] for step in [*instructions, (STOP,)]].index(STOP)]
        if not steps or steps[0][0] != COMMAND:
            self._flags |= ERROR | DONE
            return
        if any(pads for _, pads, _ in steps):
            raise RefusedError("a command on more than one pad")
        kinds = [kind for kind, _, _ in steps[1:]]
        if kinds not in ([], [ADDRESS], [READ], [ADDRESS, WRITE]):
            raise RefusedError(f"a sequence of kinds {kinds}")
        if ADDRESS in kinds and steps[1][2] != 24:
            raise RefusedError("an address that has not 24 bits")
        self._reads, self._data = kinds == [READ], bytearray()
        self._command = steps[0][2], size if WRITE in kinds else 0

    def _send_some(self) -> None:
        """At every other look at the flags, take eight bytes from the FIFO, and end the command if that is
        everything."""
        self._is_sending = not self._is_sending
        if self._command is None or not self._is_sending:
            return
        command, size = self._command
        taken = min(size - len(self._data), WATERMARK, len(self._sent))
        self._data += self._sent[:taken]
        del self._sent[:taken]
        if len(self._data) < size:
            return
        self._command = None
        self._flags |= DONE
        answer = self.chip.execute(command, self._written[IPCR0] & 0xFFFFFF, bytes(self._data))
        if self._reads:
            self._received = answer[: self._written[IPCR1] & 0xFFFF]

    def _reset(self) -> None:
        """Empties the buffers of the core's reads, so that it sees what the chip holds now."""
        if self.chip.is_busy:
            raise RefusedError("the core may read the chip again before that is ready")
        self._command, self._flags = None, 0
        self._sent.clear()
        self.fresh |= self.chip.changed
        self.chip.changed.clear()
        self._reads_ahead = self._resets = 2
