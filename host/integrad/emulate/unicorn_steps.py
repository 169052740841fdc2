"""Runs a core in Unicorn piece by piece, with its serial port, its timer and its breakpoint."""

from __future__ import annotations

import struct

from integrad.build.program import Program
from integrad.emulate.instructions import ends_in_wfi, is_wide
from integrad.emulate.unicorn_core import PAGE, CoreFault, UnicornCore, require_unicorn
from integrad.emulate.unicorn_devices import PORTS, SystemRegisters
from integrad.targets.cores import Core

SECOND = 10**9
"""In nanoseconds."""

SYSTEM = 0xE0000000
RETURN = 0xFFFFFFF9
"""What an interrupt handler returns to."""

HANDLER = 100_000
"""Instructions after which a handler of the timer is said to hang."""

TIMER_VECTOR, FIRST_VECTORS = 15, 64


class Steps:
    """port, system: the devices. at_break, asleep: how the last step ended. restarts: of the program.
    waited: nanoseconds of its timer that have passed while it only waited for input."""

    def __init__(self, program: Program, core: Core, store: int, flash: bytes):
        require_unicorn(core)
        self._machine = core.machine
        self.core = UnicornCore(program, core, *core.memory_bytes(False))
        uc, library = self.core.uc, self.core.unicorn
        uc.mem_map(store, len(flash))
        uc.mem_write(store, flash)
        self.port, self.system = PORTS[core.machine.name](), SystemRegisters()
        system = self.system.address
        uc.mem_map(SYSTEM, system - SYSTEM)
        for device, base in ((self.port, core.machine.serial_port), (self.system, system)):
            uc.mmio_map(base, device.size, _reader(device), None, self._writer(device), None)
        uc.mem_map(system + PAGE, PAGE * (256 - 15))
        self.at_break = self.asleep = False
        self.restarts, self.waited = -1, 0
        self._now, self._next = 0, None
        self._counts_blocks = False
        self._blocks, self._most, self._last = 0, 0, (0, 0)
        self._in_handler = False
        self._lengths: dict[tuple[int, int], list[int]] = {}
        self._break_hook, self._left = None, 0
        start = self.core.pc & ~1
        uc.hook_add(library.UC_HOOK_CODE, self._on_reset, None, start, start)

    def go(self, count: int) -> int:
        """Execute about so many instructions, fewer if something happens. Returns how many it were. Raises
        CoreFault.

        Unicorn counts instructions fast, but does not tell how many there were if something else ends a step.
        Therefore blocks are counted here from the first such step on, or as soon as there is a breakpoint.
        """
        self.at_break = self.asleep = False
        self._blocks = 0
        self._most = count
        at_call = self.core.go(0 if self._counts_blocks else count)
        self.asleep = not at_call and self._is_behind_wfi()
        is_early = at_call or self.at_break or self.asleep or self.system.asks_for_reset
        done = self._executed() if self._counts_blocks else count
        if at_call:
            self.core.serve_call()
        if self.system.asks_for_reset:
            self._reset()
        if is_early and not self._counts_blocks:
            self._count_blocks()  # from now on it is known how far a piece went
        self._pass(done)
        return done

    def break_at(self, where: tuple[int, int] | None) -> None:
        """An address, and how often it is reached before the core stops there; None: it does not stop."""
        uc, library = self.core.uc, self.core.unicorn
        if self._break_hook is not None:
            uc.hook_del(self._break_hook)
            self._break_hook = None
        if where is not None:
            address, times = where
            self._left = times + (address == self.core.pc)  # where it stands does not count
            self._break_hook = uc.hook_add(library.UC_HOOK_CODE, self._on_break, None, address, address)
            if not self._counts_blocks:
                self._count_blocks()
        uc.ctl_flush_tb()

    def pass_time(self) -> None:
        """Let the timer's next interrupt come at once."""
        if self._next is not None:
            if self.port.quiet:
                self.waited += self._next - self._now
            self._now = self._next
            self._pass(0)

    def _pass(self, nanoseconds: int) -> None:
        """Let time pass, of which an instruction takes a nanosecond, as in QEMU."""
        self._now += nanoseconds
        if not self.port.quiet:
            self.waited = 0
        if not self.system.ticks:
            self._next = None
            return
        period = self.system.ticks * SECOND // self._machine.core_hz
        if self._next is None:
            self._next = self._now + period
        if self._now >= self._next:
            self._next = self._now + period
            self.system.flag = True
            if self.system.interrupts_by_timer and not self.core.register("primask"):
                self._interrupt()

    def _interrupt(self) -> None:
        """Run the handler of the timer. All registers are kept here instead of on the stack."""
        core = self.core
        kept, pc = core.uc.context_save(), core.pc
        table = core.uc.mem_read(self._machine.vectors_origin + 4 * TIMER_VECTOR, 4)
        (handler,) = struct.unpack("<I", table)
        core.write_register("sp", (core.register("sp") - FIRST_VECTORS) & ~7)
        core.write_register("lr", RETURN)
        core.pc = handler & ~1
        self._in_handler = True
        try:
            core.go(HANDLER, until=RETURN & ~1)
        except CoreFault:
            if core.pc != RETURN & ~1:
                raise
        finally:
            self._in_handler = False
        if core.pc != RETURN & ~1:
            raise CoreFault("endless handler of the system timer")
        core.uc.context_restore(kept)
        core.pc = pc

    def _reset(self) -> None:
        self.system.__init__()
        self.port.reset()
        for name in ("primask", "control", "basepri", "faultmask"):
            self.core.write_register(name, 0)
        self.core.reset()

    def _is_behind_wfi(self) -> bool:
        return ends_in_wfi(bytes(self.core.uc.mem_read(max(self.core.pc - 4, 0), 4)))

    def _executed(self) -> int:
        """Instructions of the blocks that were entered, without those of the last one behind the pc."""
        begin, size = self._last
        rest = [at for at in self._lengths.get(self._last, ()) if at >= self.core.pc]
        return self._blocks - (len(rest) if begin <= self.core.pc < begin + size else 0)

    def _count_blocks(self) -> None:
        self._counts_blocks = True
        self.core.uc.hook_add(self.core.unicorn.UC_HOOK_BLOCK, self._on_block)
        self.core.uc.ctl_flush_tb()

    def _on_block(self, uc, address: int, size: int, _) -> None:
        if self._in_handler:
            return
        if self._blocks >= self._most:
            self._last = (0, 0)
            uc.emu_stop()  # before this block
            return
        self._last = (address, size)
        if self._last not in self._lengths:
            self._lengths[self._last] = _instructions(bytes(uc.mem_read(address, size)), address)
        self._blocks += len(self._lengths[self._last])

    def _on_break(self, uc, address: int, _size, _) -> None:
        self._left -= 1
        if self._left == 0:
            self.at_break = True
            uc.emu_stop()

    def _on_reset(self, uc, _address, _size, _) -> None:
        self.restarts += 1

    def _writer(self, device):
        def write(uc, offset: int, _size, value: int, _) -> None:
            device.write(offset, value)
            if self.system.asks_for_reset:
                uc.emu_stop()

        return write


def _reader(device):
    return lambda _uc, offset, _size, _: device.read(offset)


def _instructions(code: bytes, address: int) -> list[int]:
    """Addresses of the instructions of a block."""
    found, offset = [], 0
    while offset < len(code):
        found.append(address + offset)
        offset += 4 if is_wide(int.from_bytes(code[offset : offset + 2], "little")) else 2
    return found
