"""A RISC-V core of 32 bits in Unicorn, in machine mode, with the interrupts that Unicorn lacks."""

import struct

import unicorn
from modelled_chip import AccessError
from unicorn import riscv_const


class RiscVCore:
    """pc: where it stands. traps: causes of exceptions that the program handled.

    vectors_alignment: of the table of vectors.
    """

    vectors_alignment = 64
    RETURN = struct.pack("<H", 0x8082)  # c.jr ra
    ENABLES = 8
    """Of mstatus: the bit that enables interrupts."""

    def __init__(self):
        self.uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
        self.pc, self.traps, self._exception = 0, [], None
        self.uc.hook_add(unicorn.UC_HOOK_INTR, self._on_exception)
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
        return not self._read("mstatus") & self.ENABLES

    def interrupt_cause(self, serial_interrupts):
        """The number of the interrupt that the serial port raises at the core, or None."""
        raise NotImplementedError

    def emulates(self):
        """Whether it did what the instruction before the pc says, which Unicorn does not know."""
        return False

    def run(self, count, _cycles, serial_interrupts):
        """So many instructions, after an interrupt if there is one. Timers are outside of the core."""
        cause = self.interrupt_cause(serial_interrupts)
        if cause is not None and not self.masks_interrupts:
            self._trap(0x80000000 | cause)
        left = count
        while left > 0:
            self._exception = None
            self.uc.emu_start(self.pc, 0xFFFFFFFE, count=left)
            self.pc = self._read("pc")
            if self._exception is None:
                return
            if not self.emulates():
                self.traps.append(self._exception)
                self._trap(self._exception)
            left -= count // 10

    def _trap(self, cause):
        vectors, status = self._read("mtvec"), self._read("mstatus")
        if not vectors & ~3:
            raise AccessError(f"exception {cause} at 0x{self.pc:08x}, and no handler")
        if vectors & 1 and vectors % self.vectors_alignment != 1:
            raise AccessError(f"the vectors at 0x{vectors - 1:08x} are not aligned")
        self._write("mepc", self.pc)
        self._write("mcause", cause)
        self._write("mstatus", status & ~0x88 | (status & self.ENABLES) << 4 | 0x1800)
        in_table = 4 * (cause & 0x1F) if vectors & 1 and cause >> 31 else 0
        self.pc = (vectors & ~3) + in_table

    def _on_exception(self, uc, number, _):
        self._exception = number
        uc.emu_stop()

    def _read(self, name):
        return self.uc.reg_read(getattr(riscv_const, f"UC_RISCV_REG_{name.upper()}"))

    def _write(self, name, value):
        self.uc.reg_write(getattr(riscv_const, f"UC_RISCV_REG_{name.upper()}"), value)
