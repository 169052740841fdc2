"""A Teensy 4.1 as far as a project needs it, in Unicorn: a core, its memories, FlexSPI with the flash chip,
the serial port. Other peripherals are memory, and there are no interrupts.

It is stricter than the board, whose caches hide some faults: the core never sees a change of flash before the
buffers of FlexSPI and the line of the data cache were emptied, and each access to flash while that is closed
or busy ends the run.
"""

import struct
from collections import deque
from dataclasses import replace

from flexspi import IPCMD, LUT_WORDS, FlexSpi, RefusedError
from w25q64jv import LINE, SIZE, FlashChip, PowerCutError

from integrad.build.program import Program
from integrad.emulate.chip import SteppedChip
from integrad.emulate.unicorn_core import CoreFault, UnicornCore
from integrad.targets.cores import get_core
from integrad.targets.machines import Machine

FLASH, RAM, RAM_BYTES = 0x60000000, 0x20200000, 512 * 1024
FLEXSPI, LPUART6, SYSTEM = 0x402A8000, 0x40198000, 0xE000E000
MEMORIES = (0x400FC000, 0x401BC000, 0x401F8000)
"""Clock, GPIO2 and pins."""

PERIPHERAL_BYTES = 4096
TAG, LOOKUP_TABLE, VECTOR_TABLE, BOOT_DATA = 0x000, 0x080, 0x1000, 0x1020
STAT, DATA, RECEIVED, EMPTY = 0x14, 0x1C, 1 << 21, 3 << 22
CCR, RESET, RESET_KEY, MPU_TYPE, MPU_CONTROL = 0xD14, 0xD0C, 0x05FA0004, 0xD90, 0xD94
MPU_NUMBER, MPU_BASE, MPU_ATTRIBUTES, INVALIDATE, CLEAN = 0xD98, 0xD9C, 0xDA0, 0xF5C, 0xF64
DATA_CACHE = 1 << 16

SLICE = 100_000
"""Instructions between two looks at what the program has sent. If a time limit ends a run, Unicorn may repeat
an access to a device."""

QUIET = 100
"""How often a program looks in vain for a byte before somebody else may go on."""


class Teensy(SteppedChip):
    """A board with a program in its flash. chip: the flash, which may be that of another board before.

    data_cache: whether the boot ROM leaves the data cache on. starts: how often the program has begun.
    """

    name = "Teensy 4.1 in Unicorn"

    def __init__(self, program: Program, chip: FlashChip | None = None, data_cache: bool = False):
        self.chip = chip or FlashChip()
        self.starts = 0
        self._program, self._data_cache = program, data_cache
        for address, data in program.segments:
            self.chip.array[address - FLASH : address - FLASH + len(data)] = data
        self.restart()

    def write(self, data: bytes) -> None:
        self._arriving.extend(data)

    def close(self) -> None:
        pass

    def restart(self) -> None:
        self.chip.power_on()
        self._sent, self._arriving, self._quiet = bytearray(), deque(), 0
        machine = Machine("teensy4.1", FLASH, RAM, FLASH + 0x2000)
        core = replace(get_core("m7"), machine=machine)
        self.core = UnicornCore(self._program, core, SIZE, RAM_BYTES)
        uc, library = self.core.uc, self.core.unicorn
        for address in MEMORIES:
            uc.mem_map(address, PERIPHERAL_BYTES)
        for address, read, write in (
            (FLEXSPI, self._read_flexspi, self._write_flexspi),
            (LPUART6, self._read_serial, self._write_serial),
            (SYSTEM, self._read_system, self._write_system),
        ):
            uc.mmio_map(address, PERIPHERAL_BYTES, self._reader(read), None, self._writer(write), None)
        end = FLASH + SIZE - 1
        uc.hook_add(library.UC_HOOK_BLOCK, self._on_fetch, None, FLASH, end)
        uc.hook_add(library.UC_HOOK_MEM_READ, self._on_read, None, FLASH, end)
        if self._data_cache:
            uc.hook_add(library.UC_HOOK_BLOCK, self._on_fetch_from_ram, None, RAM, RAM + RAM_BYTES - 1)
        self._boot()

    def _boot(self) -> None:
        """What the boot ROM does with the beginning of flash."""
        self.starts += 1
        flash = bytes(self.chip.array)
        self.core.uc.mem_write(FLASH, flash)
        self.chip.changed.clear()
        words = struct.unpack_from("<8I", flash, VECTOR_TABLE)
        begin, self.image_bytes = struct.unpack_from("<2I", flash, BOOT_DATA)
        assert flash[TAG : TAG + 4] == b"FCFB" and words[0] == 0x432000D1
        assert words[4:6] == (FLASH + BOOT_DATA, FLASH + VECTOR_TABLE) and begin == FLASH
        self.flexspi = FlexSpi(self.chip, flash[LOOKUP_TABLE : LOOKUP_TABLE + 4 * LUT_WORDS])
        self._system: dict[int, int] = {CCR: DATA_CACHE * self._data_cache}
        self._regions: dict[int, tuple[int, int]] = {}
        self._is_closed = False
        self._cleaned: set[int] = set()
        self._refusal, self._is_cut, self._asks_for_reset = "", False, False
        self.core.write_register("primask", 0)
        self.core.write_register("sp", 0x20001000)  # memory of the ROM, which this model lacks
        self.core.pc = words[1] & ~1

    def _run(self) -> None:
        try:
            self.core.go(SLICE)
        except CoreFault as fault:
            raise self._fault(self.core.explain(str(fault))) from None
        if self._is_cut:
            raise PowerCutError
        if self._refusal:
            raise self._fault(self._refusal)
        if self._asks_for_reset:
            self.chip.power_on()
            self._boot()

    def _stop(self) -> None:
        self.core.uc.emu_stop()

    def _refuse(self, reason: str) -> None:
        """The first one counts: the core goes on for some instructions."""
        self._refusal = self._refusal or reason
        self._stop()

    def _reader(self, read):
        return lambda _uc, offset, _size, _: self._checked(read, offset) or 0

    def _writer(self, write):
        return lambda _uc, offset, _size, value, _: self._checked(write, offset, value)

    def _checked(self, access, *words: int) -> int | None:
        """The result of an access to a device, unless it is the end of this run."""
        if self._refusal or self._is_cut or self._asks_for_reset:
            return None
        try:
            return access(*words)
        except RefusedError as error:
            self._refuse(str(error))
        except PowerCutError:
            self._is_cut = True
            self._stop()
        return None

    # Access to flash.

    def _require_flash(self, what: str, address: int) -> None:
        if self.chip.is_busy or self._is_closed:
            self._refuse(f"{what} flash at 0x{address:08x} while the chip is changed")

    def _on_fetch(self, _uc, address: int, _size, _) -> None:
        self._require_flash("code is read from", address)

    def _on_read(self, _uc, _access, address: int, _size, _value, _) -> None:
        self._require_flash("data are read from", address)

    def _on_fetch_from_ram(self, _uc, address: int, size: int, _) -> None:
        lines = range(address // LINE, (address + size - 1) // LINE + 1)
        if self._system[CCR] & DATA_CACHE and not self._cleaned.issuperset(lines):
            self._refuse(f"code at 0x{address:08x} is only in the data cache")

    def _forbids_flash(self) -> bool:
        """Whether a region of the memory protection unit forbids all access to flash, which keeps a Cortex-M7
        from reading ahead there."""
        return bool(self._system.get(MPU_CONTROL, 0) & 1) and any(
            base == FLASH
            and attributes & 1
            and not attributes >> 24 & 7
            and 2 << (attributes >> 1 & 31) == SIZE
            for base, attributes in self._regions.values()
        )

    # Devices.

    def _read_flexspi(self, offset: int) -> int:
        return self.flexspi.read(offset)

    def _write_flexspi(self, offset: int, value: int) -> None:
        if offset == IPCMD and not self.core.register("primask"):
            raise RefusedError("a command is started with interrupts on")
        if offset == IPCMD and not self._is_closed:
            raise RefusedError("a command is started while the core may read flash ahead")
        self.flexspi.write(offset, value)

    def _read_serial(self, offset: int) -> int:
        if offset == DATA:
            return self._arriving.popleft() if self._arriving else 0
        if offset != STAT:
            return 0
        self._quiet = 0 if self._arriving else self._quiet + 1
        if self._quiet > QUIET and self._sent:
            self._stop()
        return EMPTY | RECEIVED * bool(self._arriving)

    def _write_serial(self, offset: int, value: int) -> None:
        if offset == DATA:
            self._sent.append(value & 0xFF)
            self._quiet = 0

    def _read_system(self, offset: int) -> int:
        return 16 << 8 if offset == MPU_TYPE else self._system.get(offset, 0)

    def _write_system(self, offset: int, value: int) -> None:
        self._system[offset] = value
        if offset == MPU_ATTRIBUTES:
            self._regions[self._system[MPU_NUMBER]] = self._system[MPU_BASE], value
            self._is_closed = self._forbids_flash()
        elif offset == CLEAN:
            self._cleaned.add(value // LINE)
        elif offset == INVALIDATE and (line := (value - FLASH) // LINE) in self.flexspi.fresh:
            self.flexspi.fresh.remove(line)
            at = line * LINE
            self.core.uc.mem_write(FLASH + at, bytes(self.chip.array[at : at + LINE]))
        elif offset == RESET and value == RESET_KEY:
            self._asks_for_reset = True
            self._stop()
