"""An RP2350 in Unicorn, from its boot ROM's view of a program on: either of its two kinds of cores, the
functions of the ROM that change flash (flash_rom.py), and the peripherals that a program of this project
touches (rp2350_peripherals.py). There is one core, and nothing is modelled that no program here needs.
"""

import struct

import unicorn
from flash_rom import FlashRom
from modelled_chip import AccessError, ModelledChip, WrongCallError
from rp2350_cores import Cortex, Hazard
from rp2350_peripherals import RX, SIO, TX, UART_FUNCTION, Peripherals, Uart

from integrad.boards.flash_image import read_image

FLASH, FLASH_BYTES = 0x10000000, 4 << 20
RAM, RAM_BYTES = 0x20000000, 520 << 10
NEVER_WRITTEN = 0xA5
"""RAM after switching on, since a program must not expect zeros."""

CORES = {0: Cortex, 1: Hazard}
"""By their numbers in image definitions."""

ROM_BYTES, ENTRIES = 32 << 10, 0x400
LOOKUP_VALUE, LOOKUP_ENTRY = 0x100, 0x110
FUNCTIONS = {
    b"IF": "connect_internal_flash",
    b"EX": "flash_exit_xip",
    b"RE": "flash_range_erase",
    b"RP": "flash_range_program",
    b"FC": "flash_flush_cache",
    b"CX": "flash_enter_cmd_xip",
}
CODE = {0x200 + 16 * number: name for number, name in enumerate(FUNCTIONS)}
"""Address in the ROM → name in its table."""


class Rp2350Model(ModelledChip):
    """A chip with a program in its flash, which is erased otherwise, switched on. image: a UF2 or ELF file.

    core: Cortex or Hazard; io: Peripherals; rom: FlashRom.
    """

    cycles_per_byte = 13_000

    def __init__(self, image):
        self.flash = bytearray(b"\xff" * FLASH_BYTES)
        for address, contents in read_image(str(image), FLASH, None).segments:
            self.flash[address - FLASH : address - FLASH + len(contents)] = contents
        super().__init__("RP2350 model", Uart())

    def _switch_on(self):
        super()._switch_on()
        self.io = Peripherals(self.uart)
        cpu, entry = boot_definition(self.flash)
        self.core = CORES[cpu]()
        self.uc = uc = self.core.uc
        uc.mem_map(0, ROM_BYTES, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        uc.mem_write(0, self.core.rom(ROM_BYTES, CODE, LOOKUP_VALUE, LOOKUP_ENTRY))
        uc.mem_map(FLASH, FLASH_BYTES, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        uc.mem_write(FLASH, bytes(self.flash))
        uc.mem_map(RAM, RAM_BYTES)
        uc.mem_write(RAM, bytes([NEVER_WRITTEN]) * RAM_BYTES)
        uc.mmio_map(0x40000000, Peripherals.size, *self._callbacks(self.io.read, self.io.write))
        uc.mmio_map(SIO, 4096, *self._callbacks(self.io.read_sio, self.io.write_sio))
        self.rom = FlashRom(self.flash, self._show, self._hide, self._unhide)
        uc.hook_add(unicorn.UC_HOOK_CODE, self._on_rom, None, LOOKUP_VALUE, max(CODE))
        uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._on_bad_access)
        self.core.enter(FLASH, entry)

    def _pass_time(self):
        if self.io.function(RX) == self.io.function(TX) == UART_FUNCTION:
            super()._pass_time()

    def _on_bad_access(self, _uc, access, address, _size, _value, _):
        fetches = (unicorn.UC_MEM_FETCH_UNMAPPED, unicorn.UC_MEM_FETCH_PROT)
        what = "code is executed" if access in fetches else "memory is accessed"
        hidden = self.rom.is_serial and FLASH <= address < FLASH + FLASH_BYTES
        where = "in flash while it is hidden" if hidden else "where there is none, or that is read-only"
        self._fail((WrongCallError if hidden else AccessError)(f"0x{address:08x}: {what} {where}"))
        return False

    # The boot ROM.

    def _on_rom(self, _uc, address, _size, _):
        """Before the instruction at the address, which returns to the caller."""
        try:
            if address in (LOOKUP_VALUE, LOOKUP_ENTRY):
                self.core.result = self._looked_up(address)
            elif address in CODE:
                self._call(FUNCTIONS[CODE[address]])
        except WrongCallError as error:
            self._fail(error)

    def _looked_up(self, helper):
        """The value of an entry of the ROM's table, or its address, which on RISC-V is that of a jump."""
        name, kind = self.core.arguments(2)
        if kind != self.core.kind:
            raise WrongCallError(f"the table of the ROM is asked for the kind {kind}")
        if helper != self.core.lookup(LOOKUP_VALUE, LOOKUP_ENTRY):
            raise WrongCallError("the table of the ROM is asked in the way of the other kind of cores")
        where = {bytes(found): address for address, found in CODE.items()}
        address = where.get(name.to_bytes(2, "little"), 0)
        return address and self.core.function(address)

    def _call(self, name):
        if not self.core.masks_interrupts:
            raise WrongCallError(f"{name} with interrupts")
        function = getattr(self.rom, name)
        if name == "flash_range_erase":
            function(*self.core.arguments(4))
        elif name == "flash_range_program":
            offset, data, count = self.core.arguments(3)
            function(offset, data, bytes(self.uc.mem_read(data, count)))
        else:
            function()

    def _show(self, offset, contents):
        self.uc.mem_write(FLASH + offset, contents)

    def _hide(self):
        self.uc.mem_protect(FLASH, FLASH_BYTES, unicorn.UC_PROT_NONE)

    def _unhide(self):
        self.uc.mem_protect(FLASH, FLASH_BYTES, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)


def boot_definition(flash):
    """(kind of cores, (pc, sp) or None) of the image definition in the first 4 KB of flash.

    Independent of what flashes: the words of a single block, as section 5.9 of the data sheet has them.
    """
    words = struct.unpack("<1024I", flash[:4096])
    begin = words.index(0xFFFFDED3)
    block = words[begin : words.index(0xAB123579, begin) + 1]
    kind, *items, last, link, _ = block[1:]
    assert kind & 0xFFFF == 0x0142 and last == len(items) + 1 << 8 | 0xFF and link == 0, block
    assert kind >> 16 & 0xF == 1 and kind >> 28 == 1, "executable, RP2350"
    cpu = kind >> 24 & 7
    assert kind >> 20 & 3 == (0 if cpu else 2), "the security state exists on Arm only"
    if not items:
        return cpu, None
    header, pc, sp = items
    assert header == 0x0344
    return cpu, (pc, sp)
