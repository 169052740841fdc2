"""The two kinds of cores of an RP2350 in Unicorn, with the interrupts that Unicorn lacks."""

import struct

import unicorn
from rp2350_peripherals import AccessError
from unicorn import arm_const, riscv_const

SERIAL_INTERRUPT = 33
MOST_OF_A_HANDLER = 10_000
"""Instructions."""


class Hazard:
    """Hazard3: its interrupt controller Xh3irq, and machine mode with its memory protection.

    kind: of functions in the table of the boot ROM. traps: causes of exceptions that the program handled.
    """

    kind = 1
    RETURN = struct.pack("<H", 0x8082)  # c.jr ra
    ENABLED = 0xBE0
    ILLEGAL = 2

    def __init__(self):
        self.uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        self.enabled, self.traps, self._exception = 0, [], None
        self.uc.hook_add(unicorn.UC_HOOK_INTR, self._on_exception)

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
        self._write("mstatus", 0x1800)  # the mode before a trap was machine mode

    def arguments(self, count):
        return [self._read(f"a{number}") for number in range(count)]

    @property
    def result(self):
        return self._read("a0")

    @result.setter
    def result(self, value):
        self._write("a0", value)

    @property
    def masks_interrupts(self):
        return not self._read("mstatus") & 8

    def run(self, count, cycles, serial_interrupts):
        """So many instructions, after an interrupt if there is one. The timer is outside of the core."""
        is_enabled = self._read("mie") >> 11 & 1 and self.enabled >> SERIAL_INTERRUPT & 1
        if serial_interrupts and is_enabled and not self.masks_interrupts:
            self._trap(0x8000000B)
        begin = count
        while count > 0:
            self._exception = None
            self.uc.emu_start(self.pc, 0xFFFFFFFE, count=count)
            self.pc = self._read("pc")
            if self._exception is None:
                return
            self._serve(self._exception)
            count -= begin // 10

    def _serve(self, cause):
        """An exception. Unicorn knows no registers of Xh3irq, and stands behind the instruction."""
        word = int.from_bytes(self.uc.mem_read(self.pc - 4, 4), "little") if cause == self.ILLEGAL else 0
        if word & 0x7F == 0x73 and word >> 20 == self.ENABLED:
            self._access_enabled(word)
            return
        self.traps.append(cause)
        self._trap(cause)

    def _access_enabled(self, word):
        """meiea: the lower half chooses a window of 16 interrupts, which the upper half shows."""
        operation, target, source = word >> 12 & 7, word >> 7 & 31, word >> 15 & 31
        operand = source if operation & 4 else self._number(source)
        shift, bits = 16 * (operand & 31), operand >> 16
        old = self.enabled >> shift & 0xFFFF
        new = (None, bits, old | bits, old & ~bits)[operation & 3]
        self.enabled = self.enabled & ~(0xFFFF << shift) | new << shift
        if target:
            self.uc.reg_write(riscv_const.UC_RISCV_REG_X0 + target, old << 16)

    def _trap(self, cause):
        vectors, status = self._read("mtvec"), self._read("mstatus")
        if not vectors & ~3:
            raise AccessError(f"exception {cause} at 0x{self.pc:08x}, and no handler")
        if vectors & 1 and vectors % 64 != 1:
            raise AccessError(f"the vectors at 0x{vectors - 1:08x} are not aligned")
        self._write("mepc", self.pc)
        self._write("mcause", cause)
        self._write("mstatus", status & ~0x88 | (status & 8) << 4 | 0x1800)
        in_table = 4 * (cause & 0x1F) if vectors & 1 and cause >> 31 else 0
        self.pc = (vectors & ~3) + in_table

    def _on_exception(self, uc, number, _):
        self._exception = number
        uc.emu_stop()

    def _number(self, register):
        return self.uc.reg_read(riscv_const.UC_RISCV_REG_X0 + register)

    def _read(self, name):
        return self.uc.reg_read(getattr(riscv_const, f"UC_RISCV_REG_{name.upper()}"))

    def _write(self, name, value):
        self.uc.reg_write(getattr(riscv_const, f"UC_RISCV_REG_{name.upper()}"), value)


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
