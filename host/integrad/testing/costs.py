"""The fixture `costs`: memory of the firmware, and exact numbers of instructions of parts of it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from integrad.build.program import Program
from integrad.emulate.counting import INSTRUCTION_SETS
from integrad.emulate.machine import Stop
from integrad.errors import IntegradError
from integrad.testing.application import Application
from integrad.testing.budget import Budget
from integrad.testing.dut import Dut
from integrad.testing.machine_drivers import STACK_PAINT
from integrad.testing.settings import Settings

STACK = "integrad_stack_limit", "integrad_stack_top"
"""Symbols at the ends of the stack, which the start-up code fills with STACK_PAINT."""

SECONDS = 600
"""In which the model is measured at most."""


class FirmwareCosts:
    """Figures of the firmware as it was built, and as it runs on the device."""

    def __init__(self, dut: Dut, firmware: Application, settings: Settings):
        self._dut, self._firmware, self._settings = dut, firmware, settings

    @property
    def flash(self) -> int:
        """Bytes of the program in flash."""
        return self._firmware.sizes.flash

    @property
    def ram(self) -> int:
        """Bytes in RAM, with what is reserved for the stack."""
        return self._firmware.sizes.ram

    @property
    def stack(self) -> int:
        """Bytes of the stack that the device has used since it was switched on."""
        low, high = (self._address(name) for name in STACK)
        words = struct.unpack(f"<{(high - low) // 4}I", self._dut.read_memory(low, high - low))
        unused = next((count for count, word in enumerate(words) if word != STACK_PAINT), len(words))
        return high - low - 4 * unused

    @property
    def instructions_per_inference(self) -> int:
        """Of the model alone, normalisation of the sample included; the mean of a few."""
        return self._of_model["instructions_per_inference"]

    @property
    def instructions_per_step(self) -> int:
        """Of a training step of the model alone, of a whole batch; the mean of a few."""
        if "instructions_per_step" not in self._of_model:
            raise IntegradError("the settings name no layers that learn: set `learn`")
        return self._of_model["instructions_per_step"]

    def of_regions(self, action: Callable[[], object]) -> list[int]:
        """Instructions of each region that is executed during an action: `lambda: dut.expect("done")`.

        A region begins with integrad_region_begin() and ends with integrad_region_end(), of region.h; what it
        measures is a call of a function.
        """
        begins, ends = (_places(self._firmware.program, marker) for marker in ("BEGIN", "END"))
        if len(begins) != 1 or len(ends) != 1:
            raise IntegradError(
                f"{self._firmware.elf}: contains {len(begins)} beginnings and {len(ends)} ends of regions; "
                "mark one region, or measure a function with of_calls()"
            )
        return self._between(begins[0], lambda _stop: ends[0], action, 1)

    def of_calls(self, function: str, action: Callable[[], object]) -> list[int]:
        """Instructions of each call of a function during an action, from its first one to its return; what it
        calls is included, and interrupts are too. It must not receive anything meanwhile."""
        return self._between(self._address(function), self._return_address, action, 0)

    def _return_address(self, _stop: Stop) -> int:
        registers = self._dut.registers()
        return registers.get("lr", registers.get("ra", 0)) & ~1

    def _between(
        self, begin: int, end_of: Callable[[Stop], int], action: Callable[[], object], markers: int
    ) -> list[int]:
        """Instructions from one address to another, without markers, during an action."""
        dut, counts, open_since = self._dut, [], []

        def at_begin(stop: Stop) -> None:
            open_since.append(dut.executed)

            def at_end(_stop: Stop) -> None:
                counts.append(dut.executed - open_since.pop() - markers)
                dut.break_at(begin, 1, at_begin)

            dut.break_at(end_of(stop), 1, at_end)

        dut.break_at(begin, 1, at_begin)
        try:
            action()
        finally:
            dut.break_at(None)
        if open_since:
            raise IntegradError(
                f"{self._dut.name}: what is measured began and did not end; a region must contain the "
                "call of a function, and the action must wait for what follows it"
            )
        return counts

    @property
    def _of_model(self) -> dict[str, float]:
        if self._settings.model is None:
            raise IntegradError("the settings name no model; set `model`, or --integrad-model FILE")
        budgets = dict.fromkeys(self._settings.budgets, Budget())
        return _figures(_Key(replace(self._settings, data=None, budgets=budgets)), self._firmware.core.name)

    def _address(self, name: str) -> int:
        try:
            return self._firmware.program.address_of(name)
        except KeyError:
            raise IntegradError(f"{self._firmware.elf}: contains no {name}") from None


class _Key:
    """Settings as the key of a cache: equal texts are equal settings."""

    def __init__(self, settings: Settings):
        self.settings, self._text = settings, repr(settings)

    def __eq__(self, other) -> bool:
        return self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)


@cache
def _figures(key: _Key, core: str) -> dict[str, float]:
    """Name → figure of the model, measured once for all tests."""
    from integrad.testing.measure import Task

    with TemporaryDirectory(prefix="integrad-") as folder:
        return Task.of(key.settings, SECONDS).measure(core, Path(folder)).figures


def _places(program: Program, marker: str) -> list[int]:
    """Addresses of the markers of regions in the code."""
    known = INSTRUCTION_SETS[program.machine]
    wanted = struct.pack("<H", getattr(known, f"MARKER_{marker}"))
    start, code = program.section_bytes(".text")
    return [start + at for at in range(0, len(code) - 1, 2) if code[at : at + 2] == wanted]
