"""From settings to a running device, which several tests may share."""

from __future__ import annotations

from integrad.testing.dut import Dut
from integrad.testing.settings import Settings


def build(settings: Settings, core: str | None, board: str | None):
    raise NotImplementedError


class Device:
    """A device that is started when a test needs it, and again after a test in which it failed.

    firmware: has start(), which returns the running chip, and properties().
    """

    def __init__(self, firmware, settings: Settings):
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

    def close(self) -> None:
        if self._dut is not None:
            self._dut.close()
        self._dut = None
