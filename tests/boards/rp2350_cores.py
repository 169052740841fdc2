"""The two kinds of cores of an RP2350 in Unicorn, with the interrupts that Unicorn lacks."""

import struct

import unicorn
from modelled_chip import AccessError
from riscv_core import RiscVCore
from unicorn import arm_const

SERIAL_INTERRUPT = 33
MOST_OF_A_HANDLER = 10_000
"""Instructions."""


class Hazard(RiscVCore):
    """Hazard3 with its interrupt controller Xh3irq. kind: of functions in the table of the boot ROM."""

    kind = 1
    ENABLED = 0xBE0
    ILLEGAL, EXTERNAL = 2, 11

    def __init__(self):
        super().__init__()
        self.enabled = 0

    def rom(self, size, code, value, entry):
        contents = bytearray(size)  # zeros are no instructions
        contents[0x10:0x14] = b"Mu\x02\x02"
        contents[0x7DF6:0x7DFC] = struct.pack("<3H", 0, value, entry)
        for address in (value, entry, *code):
            contents[address : address + 2] = self.RETURN
        return bytes(contents)

    @staticmethod
    def lookup(_value, entry):
        return entry

    @staticmethod
    def function(address):
        return address

    def enter(self, flash, entry):
        """At the entry point, or at the beginning of flash if there is none."""
        self.pc, sp = entry or (flash, 0)
        self._write("sp", sp)

    def interrupt_cause(self, serial_interrupts):
        is_enabled = self._read("mie") >> self.EXTERNAL & 1 and self.enabled >> SERIAL_INTERRUPT & 1
        return self.EXTERNAL if serial_interrupts and is_enabled else None

    def emulates(self):
        """meiea: the lower half chooses a window of 16 interrupts, which the upper half shows."""
        is_unknown = self._exception == self.ILLEGAL
        word = int.from_bytes(self.uc.mem_read(self.pc - 4, 4), "little") if is_unknown else 0
        if word & 0x7F != 0x73 or word >> 20 != self.ENABLED:
            return False
        operation, target, source = word >> 12 & 7, word >> 7 & 31, word >> 15 & 31
        operand = source if operation & 4 else self._read(f"x{source}")
        shift, bits = 16 * (operand & 31), operand >> 16
        old = self.enabled >> shift & 0xFFFF
        new = (None, bits, old | bits, old & ~bits)[operation & 3]
        self.enabled = self.enabled & ~(0xFFFF << shift) | new << shift
        if target:
            self._write(f"x{target}", old << 16)
        return True


class Cortex:
    """A Cortex-M33 in the secure state: its interrupt controller and its system timer."""

    kind = 4
    RETURN = struct.pack("<H", 0x4770)  # bx lr
    SYSTEM = 0xE000E000
    TIMER, RELOAD, ENABLE, VECTORS = 0x010, 0x014, 0x100, 0xD08
    TIMER_VECTOR = 15
    EXCEPTION_RETURN, END_OF_HANDLER = 0xFFFFFFF9, 8

    def __init__(self):
        self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self.uc.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_M33)
        self.uc.mem_map(0xE0000000, 0x100000)
        self._elapsed = 0
        self._exception = None
        self.uc.hook_add(unicorn.UC_HOOK_INTR, self._on_exception)

    def rom(self, size, code, value, entry):
        contents = bytearray(b"\xde" * size)  # undefined instructions
        contents[0x10:0x14] = b"Mu\x02\x02"
        contents[0x14:0x1A] = struct.pack("<3H", 0, value | 1, entry | 1)
        for address in (value, entry, *code):
            contents[address : address + 2] = self.RETURN
        return bytes(contents)

    @staticmethod
    def lookup(value, _entry):
        return value

    @staticmethod
    def function(address):
        return address | 1

    def enter(self, flash, entry):
        """With the vector table at the beginning of flash."""
        assert entry is None
        sp, pc = struct.unpack("<2I", self.uc.mem_read(flash, 8))
        self._write("sp", sp)
        self.pc = pc & ~1

    def arguments(self, count):
        return [self._read(f"r{number}") for number in range(count)]

    @property
    def result(self):
        return self._read("r0")

    @result.setter
    def result(self, value):
        self._write("r0", value)

    @property
    def masks_interrupts(self):
        return bool(self._read("primask") & 1)

    def run(self, count, cycles, serial_interrupts):
        """So many instructions in so many cycles, after the handlers of interrupts."""
        self._elapsed += cycles
        enabled = self._system(self.ENABLE + SERIAL_INTERRUPT // 32 * 4) >> SERIAL_INTERRUPT % 32 & 1
        if not self.masks_interrupts:
            if serial_interrupts and enabled:
                self._interrupt(16 + SERIAL_INTERRUPT)
            period = self._system(self.RELOAD) + 1
            if self._system(self.TIMER) & 3 == 3 and self._elapsed >= period:
                self._elapsed -= period
                self._interrupt(self.TIMER_VECTOR)
        self._go(count, 0xFFFFFFFE)

    def _go(self, count, until):
        self.uc.emu_start(self.pc | 1, until, count=count)
        self.pc = self._read("pc") & ~1
        found, self._exception = self._exception, None
        if found not in (None, self.END_OF_HANDLER):
            raise AccessError(f"exception {found} at 0x{self.pc:08x}")

    def _interrupt(self, number):
        """Run a handler. All registers are kept here instead of on the stack."""
        kept, pc = self.uc.context_save(), self.pc
        table = self._system(self.VECTORS)
        (handler,) = struct.unpack("<I", self.uc.mem_read(table + 4 * number, 4))
        self._write("sp", (self._read("sp") - 64) & ~7)
        self._write("lr", self.EXCEPTION_RETURN)
        self.pc = handler & ~1
        self._go(MOST_OF_A_HANDLER, self.EXCEPTION_RETURN & ~1)
        if self.pc != self.EXCEPTION_RETURN & ~1:
            raise AccessError(f"the handler of interrupt {number} does not end")
        self.uc.context_restore(kept)
        self.pc = pc

    def _on_exception(self, uc, number, _):
        self._exception = number
        uc.emu_stop()

    def _system(self, offset):
        return int.from_bytes(self.uc.mem_read(self.SYSTEM + offset, 4), "little")

    def _read(self, name):
        return self.uc.reg_read(getattr(arm_const, f"UC_ARM_REG_{name.upper()}"))

    def _write(self, name, value):
        self.uc.reg_write(getattr(arm_const, f"UC_ARM_REG_{name.upper()}"), value)
