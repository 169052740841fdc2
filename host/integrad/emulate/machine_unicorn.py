"""A core in Unicorn that runs as far as it is told to, without an installed emulator.

Of all interrupts only those of the system timer exist, whose instructions are not counted. A program that
looks in vain for input, again and again, and one that sleeps get the next of them at once.
"""

from __future__ import annotations

import time

from integrad.build.program import Program
from integrad.emulate.machine import ERASED, MOST_RESTARTS, OUTPUT_LIMIT, SLICE, STORE, Machine, Reason, Stop
from integrad.emulate.qemu_cores import view_of
from integrad.emulate.unicorn_core import CoreFault
from integrad.emulate.unicorn_steps import SECOND, Steps
from integrad.errors import IntegradError
from integrad.targets.cores import Core

PIECE, QUIET_PIECE = SLICE // 10, 500
"""Instructions between two looks at the devices, and while the program waits for input."""

QUIET = 64
"""Looks at the serial port in vain and in a row, from which on a program is said to wait."""

LOOKS = 5000
"""The same for a program without a timer, from which on nothing else is expected of it."""

LONGEST_WAIT = 3 * SECOND
"""Nanoseconds of a program with a timer that only waits, from which on nothing else is expected of it."""


class UnicornMachine(Machine):
    """program: in flash. name: for messages."""

    def __init__(self, program: Program, core: Core, name: str = ""):
        self.name = name or f"{core.product} in Unicorn"
        self.program, self.core = program, core
        self._view = view_of(program, core)
        self._store, size = STORE[core.name]
        self._flash = bytes([ERASED]) * size
        self._counted = 0
        self._break: tuple[int, int] | None = None
        self._switch_on()

    # What a Chip does.

    def write(self, data: bytes) -> None:
        self._require_power()
        self._steps.restarts = 0
        self._steps.port.untaken += data

    def take_output(self, most: int | None = None) -> bytes:
        sent = self._steps.port.sent
        taken = bytes(sent[:most])
        del sent[:most]
        return taken

    @property
    def console(self) -> bytes:
        return bytes(self._steps.core.console)

    def restart(self, flash: bytes | None = None) -> None:
        kept = self.read_memory(self._store, len(self._flash))
        self._flash = kept if flash is None else flash + kept[len(flash) :]
        self._switch_on()

    def power_off(self) -> None:
        self._is_on = False

    def close(self) -> None:
        pass

    # How far it runs.

    @property
    def instructions(self) -> int:
        return self._counted

    def break_at(self, address: int | None, times: int = 1) -> None:
        self._break = None if address is None else (address & ~1, times)
        self._steps.break_at(self._break)

    def run(self, instructions: int, until_output: bool = False) -> Stop:
        self._require_power()
        steps, left = self._steps, instructions
        deadline = time.monotonic() + self.ceiling
        while True:
            if steps.port.sent and (until_output or len(steps.port.sent) >= OUTPUT_LIMIT) and not self._final:
                text = f"sent {len(steps.port.sent):,} bytes that nobody has read"
                return self._stop(Reason.OUTPUT, text)
            if self._final is not None:
                return self._final
            if left <= 0:
                text = f"ran for {instructions:,} instructions{self._lacking}"
                return self._stop(Reason.INSTRUCTIONS, text)
            if time.monotonic() > deadline:
                return self._end(Reason.TIME, f"has not ended after {self.ceiling:g} s of the host")
            piece = QUIET_PIECE if steps.port.quiet >= QUIET else PIECE
            try:
                done = steps.go(min(left, piece))
            except CoreFault as fault:
                return self._end(Reason.FAULT, f"faulted: {steps.core.explain(str(fault))}")
            self._counted += done
            left -= done
            if stop := self._what_happened():
                return stop

    def _what_happened(self) -> Stop | None:
        """Why the last step ended, if the machine is to stop for it."""
        steps = self._steps
        where = self.program.describe(steps.core.pc)
        if steps.core.exit_code is not None:
            status = steps.core.exit_code
            return self._end(Reason.EXIT, f"exited with status {status}", status)
        if steps.at_break:
            self._break, steps.at_break = None, False
            return self._stop(Reason.BREAKPOINT, f"reached {where}")
        if steps.restarts >= MOST_RESTARTS:
            return self._end(Reason.RESTARTS, f"restarted {steps.restarts} times without any input")
        if steps.asleep:
            if steps.system.interrupts and steps.port.untaken:
                return None  # it is awake again
            if steps.system.interrupts_by_timer:
                steps.pass_time()
            elif steps.system.interrupts:
                text = f"sleeps in {where} until something arrives{self._lacking}"
                return self._stop(Reason.WAITING, text)
            else:
                return self._stop(Reason.ASLEEP, f"sleeps in {where}, and nothing wakes it")
        elif steps.port.quiet >= QUIET and steps.system.ticks:
            steps.pass_time()
            if steps.waited > LONGEST_WAIT:
                return self._waits(where)
        elif steps.port.quiet >= LOOKS:
            return self._waits(where)
        return None

    def _waits(self, where: str) -> Stop:
        self._steps.port.quiet, self._steps.waited = 0, 0
        return self._stop(Reason.WAITING, f"waits for input in {where}{self._lacking}")

    @property
    def _lacking(self) -> str:
        """What a program may wait for in vain."""
        enabled = self._steps.system.interrupts
        return "; it has enabled interrupts of devices, which Unicorn lacks: use QEMU" if enabled else ""

    # What can be seen.

    def registers(self) -> dict[str, int]:
        self._require_power()
        names = (*(f"r{number}" for number in range(13)), "sp", "lr", "xpsr")
        core = self._steps.core
        return {name: core.register(name) for name in names} | {"pc": core.pc}

    def read_memory(self, address: int, size: int) -> bytes:
        if not self._store <= address <= address + size <= self._store + len(self._flash):
            self._require_power()
        core = self._steps.core
        try:
            return bytes(core.uc.mem_read(address, size))
        except core.unicorn.UcError:
            raise IntegradError(f"{self.name}: no memory at 0x{address:08x}") from None

    # Inside.

    def _switch_on(self) -> None:
        self._is_on = True
        self._final: Stop | None = None
        self._steps = Steps(self.program, self.core, self._store, self._flash)
        self._steps.break_at(self._break)

    def _stop(self, reason: Reason, text: str, exit_code: int | None = None) -> Stop:
        registers = self.registers()
        return Stop(reason, text, self._view.place(registers), registers, exit_code)

    def _end(self, reason: Reason, text: str, exit_code: int | None = None) -> Stop:
        """A stop from which the core does not go on."""
        self._final = self._stop(reason, text, exit_code)
        return self._final
