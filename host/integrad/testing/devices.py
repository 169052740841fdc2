"""From settings to a running device, which several tests may share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from integrad.build.program import Program
from integrad.build.sizes import Sizes
from integrad.emulate.machine import Machine
from integrad.emulate.machines import start_machine
from integrad.errors import UsageError
from integrad.targets.cores import Core
from integrad.testing.application import Application, build_application
from integrad.testing.board_firmware import BoardFirmware, build_for_board
from integrad.testing.dut import Dut
from integrad.testing.settings import Settings


@dataclass(frozen=True)
class CoreFirmware:
    """Firmware for an emulated core. emulator: `qemu` or `unicorn`."""

    application: Application
    emulator: str

    @property
    def elf(self) -> Path:
        return self.application.elf

    @property
    def core(self) -> Core:
        return self.application.core

    @property
    def program(self) -> Program:
        return self.application.program

    @property
    def sizes(self) -> Sizes:
        return self.application.sizes

    def start(self) -> Machine:
        return start_machine(self.program, self.core, self.emulator)

    def properties(self) -> dict[str, object]:
        """For reports."""
        return {"core": self.core.name, "emulator": self.emulator} | self._sizes

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return {"flash": self.sizes.flash, "ram": self.sizes.ram}


def build(settings: Settings, core: str | None, board: str | None = None) -> CoreFirmware | BoardFirmware:
    """The firmware of the settings for a core or a board. Raises IntegradError if it cannot be built."""
    if board is not None:
        return build_for_board(settings, board)
    if core is None:
        raise UsageError(f"{settings.place}: name cores or boards")
    return CoreFirmware(build_application(settings, core), settings.emulator)


class Device:
    """A device that is started when a test needs it, and again after a test in which it failed.

    firmware: what start() runs; properties() describe it in reports.
    """

    def __init__(self, firmware: CoreFirmware | BoardFirmware, settings: Settings):
        self.firmware, self.settings = firmware, settings
        self._dut: Dut | None = None

    def dut(self) -> tuple[Dut, bool]:
        """(the device, whether it has just been switched on)."""
        if self._dut is not None and self._dut.failed:
            self.close()
        is_new = self._dut is None
        if is_new:
            settings = self.settings
            self._dut = Dut(self.firmware.start(), settings.instructions, settings.timeout)
        return self._dut, is_new

    def await_ready(self) -> None:
        """Waits for the text that the settings name, if they do."""
        if self.settings.ready is not None:
            self._dut.expect(self.settings.ready)

    def restart(self, flash: bytes | None = None) -> None:
        """Switch it off and on, with these contents of flash or what it has, and wait until it is ready."""
        chip = self._dut.chip
        if flash is None:
            chip.restart()
        else:
            chip.restart(flash)
        self._dut.restarted()
        self.await_ready()

    def close(self) -> None:
        if self._dut is not None:
            self._dut.close()
        self._dut = None
