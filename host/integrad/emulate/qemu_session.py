"""A core in QEMU from power-on to power-off: what its stepper reports, and what that means."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass

from integrad.build.program import Program
from integrad.emulate.faults import EXIT_FAULT, FirmwareError, explain_console
from integrad.emulate.machine import MOST_RESTARTS, Reason, Stop
from integrad.emulate.qemu_cores import view_of
from integrad.emulate.qemu_monitor import MonitorClosed
from integrad.emulate.qemu_process import QemuProcess, Report
from integrad.emulate.qemu_store import FlashFile
from integrad.errors import IntegradError
from integrad.targets.cores import Core

START_SECONDS = 60.0
"""Seconds of the host within which QEMU must have loaded the program; it takes a fraction of one."""

LOOKS = 3
"""How often a core must be found asleep at the same place."""


@dataclass(frozen=True)
class Step:
    """What happened until the next report: instructions executed, whether the program has taken input that
    waited, and the stop, if the machine is to stop."""

    executed: int
    took_input: bool = False
    stop: Stop | None = None


class QemuSession:
    """Drives a QemuProcess, and says what its reports mean for the program.

    executed: instructions since power-on. stands: whether the core waits for commands. final: the stop
    from which it does not go on."""

    def __init__(self, program: Program, core: Core, flash: FlashFile):
        self.program = program
        self._view = view_of(program, core)
        self.final: Stop | None = None
        self.executed = self.restarts = 0
        self._idle_at: int | None = None
        self._looks = 0
        self._is_paused = False
        inherited = (flash.descriptor,)
        self.process = QemuProcess(program, core, self._view.places, flash.options, inherited)
        try:
            self._begin(flash)
        except TimeoutError:
            self.process.close()
            text = f"QEMU has not started within {START_SECONDS:g} s of the host"
            raise FirmwareError("emulator", text) from None
        except IntegradError:
            self.process.close()
            raise

    def _begin(self, flash: FlashFile) -> None:
        deadline = time.monotonic() + START_SECONDS
        first = self.process.report(deadline)
        if first is None:
            raise self.process.died()
        self.stands, self._pc = True, first.address
        flash.insert(self.process, deadline)

    def break_at(self, address: int, times: int) -> None:
        self.process.send(f"break {address} {times}")

    def advance(self, instructions: int, deadline: float) -> Step:
        """Run to the next report, at most so many instructions. Raises TimeoutError at the deadline."""
        process, before = self.process, self.executed
        if self.stands:
            process.send(f"run {self.executed + instructions}")
            self.stands = False
        elif not self._is_paused:
            # It sleeps, and is to stop when it wakes, before it takes anything from the serial port.
            process.send("pause")
            while (report := process.report(deadline, with_input=False)) and report.reason != "paused":
                pass
            self._is_paused = True
        waiting, stop = process.pending, None
        while stop is None and not self.stands:
            report = process.report(deadline)
            if report is None:
                return Step(self.executed - before, stop=self._ended())
            self.executed = report.executed
            if report.reason == "idle":
                with suppress(MonitorClosed):  # the program has ended meanwhile, as the next report says
                    stop = self._look_asleep(report)
            elif report.reason not in ("paused", "exit"):  # the end of QEMU follows
                self.stands, self._is_paused = True, False
                self._pc, self._idle_at = report.address, None
                stop = self._at_place(report) if report.reason != "spent" else None
        if waiting:
            # What the serial port can take, it takes now; if it took nothing, the program reads nothing.
            process.monitor.synchronise()
            process.move()
        return Step(self.executed - before, process.pending < waiting, stop)

    def registers(self) -> dict[str, int]:
        if self.final is not None:
            return self.final.registers
        # QEMU's program counter is only right where a basic block begins.
        return self._view.named(self.process.monitor.registers()) | {"pc": self._pc}

    def last_registers(self) -> dict[str, int]:
        """About where the core is, which runs; nothing if QEMU does not answer."""
        try:
            return self._view.named(self.process.monitor.registers())
        except IntegradError:
            return {}

    def out_of_instructions(self, instructions: int) -> Stop:
        """The end of what the core was given. It may stand in a handler of faults that was not recognised
        before, because the program has moved its vector table."""
        fault = self._view.late_fault(registers := self.registers(), self.process.monitor)
        if fault is not None:
            return self.end(Reason.FAULT, f"faulted: {fault}; it stands in the handler", registers)
        return self.stop(Reason.INSTRUCTIONS, f"executed {instructions:,} instructions and runs on")

    def stop(self, reason: Reason, text: str) -> Stop:
        """A stop where the core stands."""
        registers = self.registers()
        return Stop(reason, text, self._view.place(registers), registers)

    def end(self, reason: Reason, text: str, registers: dict[str, int] | None = None, **others) -> Stop:
        """A stop from which the core does not go on."""
        registers = registers or {}
        self.final = Stop(reason, text, self._view.place(registers), registers, **others)
        return self.final

    def _at_place(self, report: Report) -> Stop | None:
        if report.reason == "break":
            return self.stop(Reason.BREAKPOINT, f"reached {self.program.describe(report.address)}")
        registers = self.registers()
        if report.address == self._view.reset:
            self.restarts += report.executed > 1
            if self.restarts < MOST_RESTARTS:
                return None
            text = f"restarted {self.restarts} times without any input"
            return self.end(Reason.RESTARTS, text, registers)
        for address in self._view.new_marks(report.address, registers):
            self.process.send(f"mark {address}")
        fault = self._view.fault_at(report.address, registers, self.process.monitor)
        return fault and self.end(Reason.FAULT, f"faulted: {fault[0]}", fault[1])

    def _look_asleep(self, report: Report) -> Stop | None:
        """Whether the core sleeps. The stepper says so as well if only the host is slow, so that this must
        be found several times, each after QEMU has looked at its timers and at input."""
        self.process.monitor.synchronise()
        self.process.move()
        if self._idle_at != report.executed:
            self._idle_at, self._looks = report.executed, 0
        self._looks += 1
        if not self.process.core_rests:
            self._looks = 0
        if self._looks < LOOKS:
            return None
        registers = self._view.named(self.process.monitor.registers())
        if not self._view.sleeps(registers["pc"], self.process.monitor):
            return None
        self._pc, self._idle_at = registers["pc"], None
        where = self.program.describe(self._pc)
        if self._view.input_wakes(registers, self.process.monitor) and not self.process.pending:
            return self.stop(Reason.WAITING, f"sleeps in {where} until an interrupt, as of input")
        return self.stop(Reason.ASLEEP, f"sleeps in {where}, and nothing wakes it")

    def _ended(self) -> Stop:
        """QEMU has ended, which a program can cause in two ways."""
        status, errors = self.process.end()
        if "Lockup" in errors:
            text = "locked up: a fault inside the fault handler, or without one"
            return self.end(Reason.FAULT, text, self._view.named_in(errors))
        if status < 0 or (status and _complaints(errors)):
            raise self.process.died()
        fault = explain_console(self.process.console.decode(errors="replace"), self.program)
        if status == EXIT_FAULT and fault is not None:
            return self.end(Reason.FAULT, f"faulted: {fault}")
        return self.end(Reason.EXIT, f"exited with status {status}", exit_code=status)


def _complaints(errors: str) -> list[str]:
    """What QEMU says when it fails; a core that sleeps for ever is a warning to it."""
    return [line for line in errors.splitlines() if line.strip() and "warning:" not in line]
