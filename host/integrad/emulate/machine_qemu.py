"""A core in QEMU that runs as far as it is told to, with interrupts, sleep and faults as in hardware.

Virtual time follows instructions (one nanosecond each), so that a program which sleeps until its timer
expires goes on at once, and everything is the same in every run.
"""

from __future__ import annotations

import time

from integrad.build.program import Program
from integrad.emulate.faults import EXIT_FAULT, explain_console
from integrad.emulate.machine import SLICE, Machine, Reason, Stop
from integrad.emulate.qemu_cores import view_of
from integrad.emulate.qemu_process import OUTPUT_LIMIT, QemuProcess, Report
from integrad.emulate.qemu_store import FlashFile
from integrad.errors import IntegradError
from integrad.targets.cores import Core

MOST_RESTARTS = 20
"""Restarts without any input between them, from which on a program is said to restart again and again."""

LONG_SLICE = 20 * SLICE
"""Instructions between two looks at the serial port, while nobody reads from it or writes to it."""


class QemuMachine(Machine):
    """program: in flash. name: for messages."""

    def __init__(self, program: Program, core: Core, name: str = ""):
        self.name = name or f"{core.product} in QEMU"
        self.program, self.core = program, core
        self._flash = FlashFile(core)
        self._counted = 0
        self._break: tuple[int, int] | None = None
        self._process: QemuProcess | None = None
        self._switch_on()

    # What a Chip does.

    def write(self, data: bytes) -> None:
        self._restarts = 0
        if self._process is not None:
            self._process.untaken += data

    def take_output(self, most: int | None = None) -> bytes:
        taken = bytes(self._process.output[:most])
        del self._process.output[:most]
        return taken

    @property
    def console(self) -> bytes:
        """What the program printed through semihosting since it was switched on, the beginning of it."""
        return bytes(self._process.console)

    def restart(self, flash: bytes | None = None) -> None:
        if flash is not None:
            self._flash.contents[: len(flash)] = flash
        self._process.close()
        self._switch_on()

    def power_off(self) -> None:
        """Switch it off, at whatever instruction it stands. The memory that stands for flash can be read."""
        self._process.close()

    def close(self) -> None:
        self._process.close()
        self._flash.close()

    # How far it runs.

    @property
    def instructions(self) -> int:
        return self._counted

    def break_at(self, address: int | None, times: int = 1) -> None:
        self._break = None if address is None else (address & ~1, times)
        self._process.send("break {} {}".format(*(self._break or (0, 0))))

    def run(self, instructions: int, until_output: bool = False) -> Stop:
        if self._final is not None:
            return self._final
        process, left = self._process, instructions
        deadline = time.monotonic() + self.ceiling
        try:
            while True:
                process.move()
                if process.output and (until_output or len(process.output) >= OUTPUT_LIMIT):
                    return self._stop(Reason.OUTPUT, "something was sent")
                if left <= 0:
                    where = self._place()
                    return self._stop(Reason.INSTRUCTIONS, f"ran for {instructions:,} instructions", where)
                busy = until_output or process.pending
                left, stop = self._advance(min(left, SLICE if busy else LONG_SLICE), left, deadline)
                if stop is not None:
                    return stop
        except TimeoutError:
            process.close()
            text = f"has not ended after {self.ceiling:g} s of the host"
            self._final = Stop(Reason.TIME, text)
            return self._final

    def _advance(self, instructions: int, left: int, deadline: float) -> tuple[int, Stop | None]:
        """Run to the next report, at most so many instructions. Returns how many are left to be executed."""
        process = self._process
        if self._stands:
            process.send(f"run {self._executed + instructions}")
            self._stands = False
        before = process.pending
        report = process.report(deadline)
        if report is None:
            return left, self._ended()
        done, self._executed = report.executed - self._executed, report.executed
        if report.reason == "idle":
            self._counted += done
            return left - done, self._look_asleep(report)
        if report.reason == "exit":
            self._counted += done
            return left - done, None  # the end of QEMU follows
        self._stands, self._pc, self._idle_at = True, report.address, None
        stop = self._at_mark(report) if report.reason != "spent" else None
        if before:
            # What the serial port can take, it takes now; if it took nothing, the program reads nothing.
            process.monitor.synchronise()
            process.move()
            if process.pending < before:
                done = 0
        self._counted += done
        return left - done, stop

    def _at_mark(self, report: Report) -> Stop | None:
        if report.reason == "break":
            self._break = None
            text = f"reached {self.program.describe(report.address)}"
            return self._stop(Reason.BREAKPOINT, text, self._place())
        if report.address == self._view.reset:
            self._restarts += report.executed > 1
            if self._restarts < MOST_RESTARTS:
                return None
            text = f"restarted {self._restarts} times without any input"
            return self._end(Reason.RESTARTS, text, self._place())
        registers = self._registers()
        for address in self._view.new_marks(report.address, registers):
            self._process.send(f"mark {address}")
        fault = self._view.fault_at(report.address, registers, self._process.monitor)
        if fault is None:
            return None
        text, registers = fault
        return self._end(Reason.FAULT, f"faulted: {text}", self._view.place(registers), registers)

    def _look_asleep(self, report: Report) -> Stop | None:
        """Whether the core sleeps. The stepper says so as well if only the host is slow, so that the same is
        looked at twice, after QEMU has looked at its timers and at input."""
        process = self._process
        process.monitor.synchronise()
        process.move()
        if self._idle_at != report.executed:
            self._idle_at = report.executed
            return None
        registers = self._view.named(process.monitor.registers())
        if not self._view.sleeps(registers["pc"], process.monitor):
            return None
        self._pc = registers["pc"]
        self._idle_at = None
        where = self.program.describe(self._pc)
        if self._view.input_wakes(registers, process.monitor) and not process.pending:
            return self._stop(Reason.WAITING, f"sleeps in {where} until something arrives", self._place())
        return self._stop(Reason.ASLEEP, f"sleeps in {where}, and nothing wakes it", self._place())

    def _ended(self) -> Stop:
        """QEMU has ended, which a program can cause in two ways."""
        status, errors = self._process.end()
        if "Lockup" in errors:
            registers = self._view.named_in(errors)
            text = "locked up: a fault inside the fault handler"
            return self._end(Reason.FAULT, text, self._view.place(registers), registers)
        if status < 0 or (status and errors.strip()):
            raise self._process.died()
        fault = explain_console(self.console.decode(errors="replace"), self.program)
        if status == EXIT_FAULT and fault is not None:
            return self._end(Reason.FAULT, f"faulted: {fault}")
        self._final = Stop(Reason.EXIT, f"exited with status {status}", exit_code=status)
        return self._final

    # What can be seen.

    def registers(self) -> dict[str, int]:
        if self._final is not None:
            return self._final.registers
        return self._registers()

    def read_memory(self, address: int, size: int) -> bytes:
        if self._flash.contains(address, size):
            return self._flash.read(address, size)
        data = self._process.monitor.read(address, size)
        if len(data) != size:
            raise IntegradError(f"{self.name}: no memory at 0x{address:08x}")
        return data

    # Inside.

    def _switch_on(self) -> None:
        self._view = view_of(self.program, self.core)
        self._final: Stop | None = None
        self._executed = self._restarts = 0
        self._idle_at: int | None = None
        flash = self._flash
        process = QemuProcess(self.program, self.core, self._view.marks, flash.options, (flash.descriptor,))
        self._process = process
        first = process.report(time.monotonic() + self.ceiling)
        if first is None:
            raise process.died()
        self._stands, self._pc = True, first.address
        flash.insert(process, self.ceiling)
        if self._break is not None:
            process.send("break {} {}".format(*self._break))

    def _registers(self) -> dict[str, int]:
        """QEMU's program counter is only right where a basic block begins."""
        return self._view.named(self._process.monitor.registers()) | {"pc": self._pc}

    def _place(self) -> str:
        return self._view.place(self._registers())

    def _stop(self, reason: Reason, text: str, place: str = "") -> Stop:
        return Stop(reason, text, place, self._registers())

    def _end(self, reason: Reason, text: str, place: str = "", registers: dict | None = None) -> Stop:
        """A stop from which the core does not go on."""
        self._final = Stop(reason, text, place, self._registers() if registers is None else registers)
        return self._final
