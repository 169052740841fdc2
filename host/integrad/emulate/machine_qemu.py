"""A core in QEMU that runs as far as it is told to, with interrupts, sleep and faults as in hardware.

Virtual time follows instructions (one nanosecond each), so that a program which sleeps until its timer
expires goes on at once, and everything is the same in every run.
"""

from __future__ import annotations

import time

from integrad.build.program import Program
from integrad.emulate.machine import OUTPUT_LIMIT, SLICE, Machine, Reason, Stop
from integrad.emulate.qemu_session import QemuSession
from integrad.emulate.qemu_store import FlashFile
from integrad.errors import IntegradError
from integrad.targets.cores import Core

LONG_SLICE = 20 * SLICE
"""Instructions between two looks at the serial port, while nobody reads from it or writes to it."""


class QemuMachine(Machine):
    """program: in flash. name: for messages."""

    def __init__(self, program: Program, core: Core, name: str = ""):
        self.name = name or f"{core.product} in QEMU"
        self.program, self.core = program, core
        self._flash = FlashFile(core)
        self._counted = self._executed_before = 0
        self._break: tuple[int, int] | None = None
        try:
            self._switch_on()
        except IntegradError:
            self._flash.close()
            raise

    def write(self, data: bytes) -> None:
        self._require_power()
        self._session.restarts = 0
        self._process.untaken += data

    def take_output(self, most: int | None = None) -> bytes:
        taken = bytes(self._process.output[:most])
        del self._process.output[:most]
        return taken

    @property
    def console(self) -> bytes:
        return bytes(self._process.console)

    @property
    def instructions(self) -> int:
        return self._counted

    @property
    def executed(self) -> int:
        return self._executed_before + self._session.executed

    def break_at(self, address: int | None, times: int = 1) -> None:
        self._break = None if address is None else (address & ~1, times)
        self._session.break_at(*(self._break or (0, 0)))

    def run(self, instructions: int, until_output: bool = False) -> Stop:
        self._require_power()
        session, process = self._session, self._process
        if session.final is None:
            self._require_life()
        left, stop = instructions, session.final
        deadline = time.monotonic() + self.ceiling
        while True:
            if session.final is None:
                process.move(with_input=session.stands)
            if stop is not None and stop.reason is Reason.BREAKPOINT:
                return stop  # what was sent before can wait, while a break is told once
            if process.output and (until_output or len(process.output) >= OUTPUT_LIMIT) and not session.final:
                return Stop(Reason.OUTPUT, f"sent {len(process.output):,} bytes that nobody has read")
            if stop is not None:
                return stop
            if left <= 0:
                return session.out_of_instructions(instructions)
            is_busy = until_output or process.pending
            try:
                step = session.advance(min(left, SLICE if is_busy else LONG_SLICE), deadline)
            except TimeoutError:
                registers = session.last_registers()
                process.close()
                text = f"has not ended after {self.ceiling:g} s of the host"
                return session.end(Reason.TIME, text, registers)
            counted = 0 if step.took_input else step.executed
            left, stop = left - counted, step.stop
            self._counted += counted
            if stop is not None and stop.reason is Reason.BREAKPOINT:
                self._break = None

    def registers(self) -> dict[str, int]:
        self._require_power()
        if self._session.final is None:
            self._require_life()
        return self._session.registers()

    def read_memory(self, address: int, size: int) -> bytes:
        if self._flash.contains(address, size):
            return self._flash.read(address, size)
        self._require_power()
        self._require_life()
        try:
            return self._process.monitor.read(address, size)
        except IntegradError:
            raise IntegradError(f"{self.name}: no {size:,} bytes of memory at 0x{address:08x}") from None

    def restart(self, flash: bytes | None = None) -> None:
        self.power_off()
        if flash is not None:
            self._flash.contents[: len(flash)] = flash
        self._switch_on()

    def power_off(self) -> None:
        if self._is_on:
            self._is_on = False
            self._executed_before += self._session.executed
            self._session.executed = 0
            self._process.close()

    def close(self) -> None:
        self.power_off()
        self._flash.close()

    @property
    def _process(self):
        return self._session.process

    def _switch_on(self) -> None:
        self._session = QemuSession(self.program, self.core, self._flash)
        self._is_on = True
        if self._break is not None:
            self._session.break_at(*self._break)

    def _require_life(self) -> None:
        if self._process.is_closed:
            raise IntegradError(f"{self.name}: QEMU has ended; call restart()")
