"""Runs one case of a C unit test, from reset to its result."""

from __future__ import annotations

from dataclasses import dataclass

from integrad.emulate.machine import Machine
from integrad.emulate.machines import start_machine
from integrad.errors import IntegradError
from integrad.testing.application import Application
from integrad.testing.dut import DeviceFailure, Dut
from integrad.testing.settings import Settings
from integrad.testing.tap import Result, read_results
from integrad.testing.unit_test_cases import cases_in_program, only_case


@dataclass(frozen=True)
class CaseFirmware:
    """The program of a file, which runs one of its cases. Raises IntegradError if it does not have the
    case."""

    application: Application
    emulator: str
    name: str

    @property
    def number(self) -> int:
        names = cases_in_program(self.application.program)
        if self.name not in names:
            raise IntegradError(f"is not among the cases that INTEGRAD_TESTS lists: {', '.join(names)}")
        return names.index(self.name) + 1

    def start(self) -> Machine:
        application = self.application
        program = only_case(application.program, self.number)
        return start_machine(program, application.core, self.emulator)

    def properties(self) -> dict[str, object]:
        """For reports."""
        return {"core": self.application.core.name, "emulator": self.emulator}


def run_case(dut: Dut, firmware: CaseFirmware, settings: Settings) -> Result:
    """Run a device that has just been switched on until the program ends, and read the result of its case.

    Raises DeviceFailure if there is none, because the case faults, hangs or ends the program.
    """
    __tracebackhide__ = True
    stop = dut.run(settings.instructions)
    results = read_results(dut.text)
    if not results:
        dut.failed = True
        summary = f"{firmware.name} has no result: {dut.name} {stop.text or stop.reason.value}"
        raise DeviceFailure("\n".join([summary, *dut.state()]), stop)
    first, number = results[0], firmware.number
    if (first.number, first.name) != (number, firmware.name):
        raise IntegradError(
            f"the result of case {number} was expected, but that of case {first.number}, {first.name}, "
            "arrived: the program itself prints a line that begins with ok or not ok"
        )
    return first
