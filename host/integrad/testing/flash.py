"""The fixture `flash`: the memory in which the firmware saves, and power cuts while it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from integrad.emulate.machine import STORE, Machine
from integrad.errors import IntegradError
from integrad.testing.devices import Device
from integrad.testing.dut import Dut

STORES, PROGRAMS, ERASES = "integrad_flash_change", "integrad_flash_program", "integrad_flash_erase"
"""Functions of the drivers of emulated machines, before which the power can be cut: for each word that
changes, each call that programs, each call that erases."""


class PowerCut(Exception):
    """The power failed. The context that wanted it catches it."""


class Cut:
    """A context in which the power fails when a function is reached for the n-th time (`at`), before it does
    anything. At its end, the device has been switched on and is ready again.

    happened: whether the power failed; the function may have been reached fewer times.
    """

    def __init__(self, device: Device, dut: Dut, address: int, at: int):
        self.at, self.happened = at, False
        self._device, self._dut, self._address = device, dut, address

    def __enter__(self) -> Cut:
        def cut(_stop) -> None:
            raise PowerCut

        self._dut.break_at(self._address, self.at, cut)
        return self

    def __exit__(self, kind, _error, _traceback) -> bool:
        self._dut.break_at(None)
        if kind is not PowerCut:
            return False
        self.happened = True
        self._dut.power_off()
        self._device.restart()
        return True


class Flash:
    """The flash memory of an emulated core, and cuts of its power."""

    def __init__(self, device: Device, dut: Dut):
        self._device, self._dut = device, dut

    @property
    def contents(self) -> bytes:
        """All of it: the address and size of the weight store are those of the firmware."""
        return self._machine.read_memory(*self._place)

    def restart(self, contents: bytes | None = None) -> None:
        """Switch the device off and on, with these contents of flash, or those that it has; erased bytes are
        0xFF. Waits until it is ready."""
        size = self._place[1]
        if contents is not None and len(contents) > size:
            raise IntegradError(f"{self._dut.name}: its flash has {size:,} bytes, not {len(contents):,}")
        self._device.restart(None if contents is None else contents.ljust(size, b"\xff"))

    def cut(self, at: int, of: str = STORES) -> Cut:
        """A context in which the power fails: `with flash.cut(at=7): model.save()`.

        of: the function that counts, by default the one that every word passes which changes in flash;
        PROGRAMS, ERASES, or one of the firmware's own.
        """
        if at < 1:
            raise ValueError("the power is cut at the first time at the earliest: at=1")
        return Cut(self._device, self._dut, self._address(of), at)

    def cuts(self, of: str = STORES, every: int = 1) -> Iterator[Cut]:
        """The cuts at the 1st, the 1 + every-th … time, until one does not happen any more:

            for cut in flash.cuts():
                model.train(x, y)
                with cut:
                    model.save()
                assert model.crc() in (before, after)

        Before each, the device is switched on with the contents that flash has at the beginning.
        """
        before, at, happened = self.contents, 1, True
        while happened:
            self._device.restart(before)
            cut = self.cut(at, of)
            yield cut
            happened, at = cut.happened, at + every

    def count(self, action: Callable[[], object], of: str = STORES) -> int:
        """How often a function is reached during an action, such as model.save."""
        reached, address = [], self._address(of)

        def go_on(stop) -> None:
            reached.append(stop)
            self._dut.break_at(address, 1, go_on)

        self._dut.break_at(address, 1, go_on)
        try:
            action()
        finally:
            self._dut.break_at(None)
        return len(reached)

    @property
    def _machine(self) -> Machine:
        if not isinstance(self._dut.chip, Machine):
            raise IntegradError(f"{self._dut.name}: its emulator shows no memory; test flash on a core")
        return self._dut.chip

    @property
    def _place(self) -> tuple[int, int]:
        core = self._device.firmware.core.name
        if core not in STORE:
            raise IntegradError(f"core {core}: its machine has no flash that a program can write")
        return STORE[core]

    def _address(self, function: str) -> int:
        try:
            return self._device.firmware.program.address_of(function)
        except KeyError:
            raise IntegradError(
                f"{self._device.firmware.elf}: contains no function {function}; of firmware with its own "
                "driver of flash, name the function that writes: flash.cut(at, of=NAME)"
            ) from None
