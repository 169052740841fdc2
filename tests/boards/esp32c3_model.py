"""An ESP32-C3 in Unicorn, from its boot ROM's view of an image in flash on: the core with its interrupt
matrix, the functions of the ROM that change flash, at the addresses in esp32c3.rom.ld of ESP-IDF and with the
rules in its header spi_flash.h, and the peripherals that a program of this project touches.
"""

import ctypes
import struct
from functools import reduce
from itertools import pairwise
from operator import xor

import unicorn
from esp32c3_peripherals import Peripherals, Uart
from modelled_chip import AccessError, ModelledChip, WrongCallError
from riscv_core import RiscVCore

FLASH_BYTES, SECTOR = 4 << 20, 4096
CODE, DATA, RAM_BYTES = 0x40380000, 0x3FC80000, 384 << 10
"""Two addresses of the same RAM."""

ROM, ROM_BYTES = 0x40000000, 384 << 10
FLASH_DATA = 0x3FCDFFF0
"""Where the ROM keeps what it knows of the flash chip."""

FUNCTIONS = {0x40000128: "erase_sector", 0x4000012C: "write", 0x40000130: "read"}
NEVER_WRITTEN = 0xA5


class Core(RiscVCore):
    """io: Peripherals, with the interrupt matrix."""

    vectors_alignment = 256

    def __init__(self, io):
        super().__init__()
        self._io = io

    def interrupt_cause(self, serial_interrupts):
        return self._io.serial_cause if serial_interrupts else None


class Esp32C3Model(ModelledChip):
    """A chip with an image at the beginning of its flash, which is erased otherwise, switched on.

    changes: what was called with which offset and count since it was switched on, in order.
    """

    cycles_per_byte = 3_500

    def __init__(self, image):
        contents = image.read_bytes()
        self.flash = bytearray(contents.ljust(FLASH_BYTES, b"\xff"))
        super().__init__("ESP32-C3 model", Uart())

    def _switch_on(self):
        super()._switch_on()
        self.io, self.changes = Peripherals(self.uart), []
        self.core = Core(self.io)
        uc = self.core.uc
        self._ram = ctypes.create_string_buffer(bytes([NEVER_WRITTEN]) * RAM_BYTES, RAM_BYTES)
        where = ctypes.addressof(self._ram)
        uc.mem_map_ptr(CODE, RAM_BYTES, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC, where)
        uc.mem_map_ptr(DATA, RAM_BYTES, unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE, where)
        uc.mem_map(ROM, ROM_BYTES, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        for address in FUNCTIONS:
            uc.mem_write(address, Core.RETURN)
        uc.mmio_map(0x60000000, Peripherals.size, *self._callbacks(self.io.read, self.io.write))
        uc.hook_add(unicorn.UC_HOOK_CODE, self._on_rom, None, min(FUNCTIONS), max(FUNCTIONS))
        uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._on_bad_access)
        entry, segments = boot_image(self.flash)
        for address, contents in segments:
            uc.mem_write(address, contents)
        uc.mem_write(FLASH_DATA, struct.pack("<I", FLASH_DATA - 32))
        self.core.pc = entry

    def _pass_time(self):
        super()._pass_time()
        self.io.require_stopped_watchdogs()

    def _on_bad_access(self, _uc, _access, address, _size, _value, _):
        self._fail(AccessError(f"0x{address:08x} is accessed at 0x{self.core._read('pc'):08x}"))
        return False

    # The functions of the ROM.

    def _on_rom(self, _uc, address, _size, _):
        """Before the instruction at the address, which returns to the caller."""
        if address in FUNCTIONS:
            try:
                getattr(self, f"_{FUNCTIONS[address]}")(*self.core.arguments(3))
                self.core.result = 0
            except WrongCallError as error:
                self._fail(error)

    def _erase_sector(self, number, *_):
        _require((number + 1) * SECTOR <= FLASH_BYTES, f"sector {number} is erased: outside of the chip")
        self.flash[number * SECTOR : (number + 1) * SECTOR] = b"\xff" * SECTOR
        self.changes.append(("erase", number * SECTOR, SECTOR))

    def _write(self, offset, data, count):
        text = self._require_words("program", offset, data, count)
        new, old = bytes(self.core.uc.mem_read(data, count)), self.flash[offset : offset + count]
        _require(all(a & b == a for a, b in zip(new, old, strict=True)), f"{text}: not erased before")
        self.flash[offset : offset + count] = new
        self.changes.append(("program", offset, count))

    def _read(self, offset, data, count):
        self._require_words("read", offset, data, count)
        self.core.uc.mem_write(data, bytes(self.flash[offset : offset + count]))

    def _require_words(self, what, offset, data, count):
        text = f"{what} of 0x{count:x} bytes at 0x{offset:x}"
        _require(not (offset % 4 or count % 4 or data % 4) and count > 0, f"{text}: not whole words")
        _require(offset + count <= FLASH_BYTES, f"{text}: outside of the chip")
        _require(data >= DATA and data + count <= DATA + RAM_BYTES, f"{text}: its data are not in RAM")
        return text


def _require(is_right, text):
    if not is_right:
        raise WrongCallError(text)


def boot_image(flash):
    """(entry, (address, bytes) of the segments) of the image at the beginning of flash.

    The header has 24 bytes; the bytes of all segments and 0xEF, combined by XOR, are the checksum, which is
    the last byte of a multiple of 16.
    """
    magic, count, _, _, entry = struct.unpack_from("<4BI", flash)
    (chip,) = struct.unpack_from("<H", flash, 12)
    assert magic == 0xE9 and chip == 5, "an image for an ESP32-C3"
    at, segments, checksum = 24, [], 0xEF
    for _ in range(count):
        address, size = struct.unpack_from("<2I", flash, at)
        contents = bytes(flash[at + 8 : at + 8 + size])
        at += 8 + size
        checksum = reduce(xor, contents, checksum)
        begin = address - (CODE if address >= CODE else DATA)
        assert begin >= 0 and begin + size <= RAM_BYTES, f"0x{address:08x} is not in RAM"
        segments.append((begin, address, contents))
    assert flash[at | 15] == checksum
    taken = sorted((begin, begin + len(contents)) for begin, _, contents in segments)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(taken)), "they overlap"
    return entry, [(address, contents) for _, address, contents in segments]
