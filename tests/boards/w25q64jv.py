"""A model of the flash chip W25Q64JV, from its data sheet. As the chip, it ignores what it cannot execute."""

SIZE, SECTOR, PAGE = 8 << 20, 4096, 256
PROGRAM, READ_STATUS, WRITE_ENABLE, ERASE = 0x02, 0x05, 0x06, 0x20
BUSY, WRITE_ENABLED = 1, 2
LOOKS = {PROGRAM: 2, ERASE: 5}
"""Command → how often the status is read before the chip is ready; None: it never is."""

LINE = 32
"""Bytes for which `changed` tells whether they were changed."""


class PowerCutError(Exception):
    """The power fails while the chip changes something."""


class FlashChip:
    """array: its contents. changed: numbers of the lines that were changed and that nobody has taken yet.
    cut_in: how many commands that change something are executed until the power fails within one of them."""

    def __init__(self):
        self.array = bytearray(b"\xff") * SIZE
        self.changed: set[int] = set()
        self.commands: list[int] = []
        self.cut_in: int | None = None
        self.looks = dict(LOOKS)
        self.power_on()

    def power_on(self) -> None:
        self._left: int | None = 0
        self._write_enabled = False

    @property
    def is_busy(self) -> bool:
        return self._left != 0

    def execute(self, command: int, address: int = 0, data: bytes = b"") -> bytes:
        """What the chip answers. data: behind the address."""
        if command == READ_STATUS:
            return self._status()
        if self.is_busy:
            return b""
        if command == WRITE_ENABLE:
            self._write_enabled = True
        elif command in LOOKS and self._write_enabled:
            self._write_enabled = False
            self._left = self.looks[command]
            self.commands.append(command)
            self._change(*(self._erased(address) if command == ERASE else self._programmed(address, data)))
        return b""

    def _status(self) -> bytes:
        value = BUSY * self.is_busy | WRITE_ENABLED * self._write_enabled
        if self._left:
            self._left -= 1
        return bytes([value])

    def _erased(self, address: int) -> tuple[int, bytes]:
        return address // SECTOR * SECTOR, b"\xff" * SECTOR

    def _programmed(self, address: int, data: bytes) -> tuple[int, bytes]:
        """Bits only become 0, and behind the end of a page its beginning follows."""
        begin = address // PAGE * PAGE
        page = bytearray(self.array[begin : begin + PAGE])
        for i, byte in enumerate(data):
            page[(address + i) % PAGE] &= byte
        return begin, bytes(page)

    def _change(self, begin: int, new: bytes) -> None:
        if self.cut_in is not None:
            self.cut_in -= 1
        is_cut = self.cut_in == 0
        done = len(new) // 3 if is_cut else len(new)
        self.array[begin : begin + done] = new[:done]
        self.changed.update(range(begin // LINE, (begin + len(new)) // LINE))
        if is_cut:
            raise PowerCutError
