"""A core in an emulator that runs as far as it is told to, with a serial port and a view inside."""

from __future__ import annotations

import time
from abc import abstractmethod
from dataclasses import dataclass, field
from enum import Enum

from integrad.emulate.chip import Chip
from integrad.emulate.faults import FirmwareError
from integrad.errors import IntegradError
from integrad.targets.cores import CORES
from integrad.targets.machines import STORE_BYTES

SLICE = 200_000
"""Instructions between two looks at the serial port, while somebody reads from it."""

OUTPUT_LIMIT = 256 << 10
"""Bytes that are kept until somebody takes them; the machine stands still when there are more."""

MOST_RESTARTS = 20
"""Restarts without any input between them, from which on a program is said to restart again and again."""

STORE: dict[str, tuple[int, int]] = {
    core.name: (core.machine.store_origin, STORE_BYTES)
    for core in CORES.values()
    if core.machine.store_origin is not None
}
"""Core → address and bytes of the memory that stands for flash which a program writes. It holds 0xFF when a
machine is switched on for the first time, and keeps its contents when the machine is restarted."""

ERASED = 0xFF


class Reason(Enum):
    """Why a machine stopped."""

    INSTRUCTIONS = "all instructions that it was given have been executed"
    OUTPUT = "something was sent"
    WAITING = "it waits for input, or sleeps until it arrives"
    ASLEEP = "it sleeps, and nothing that the emulator knows of will wake it"
    BREAKPOINT = "an address was reached"
    FAULT = "a fault was taken"
    RESTARTS = "it restarts again and again"
    EXIT = "it ended through semihosting"
    TIME = "the host has waited for too long"


@dataclass(frozen=True)
class Stop:
    """A machine that has stopped.

    text: what happened, as the end of a sentence that begins with the name of the machine ("faulted: access
    to an address without memory 0x40000000 in read_sensor"). place: where in the program it stands
    ("read_sensor, called by main (pc 0x00000a12)"), or "". registers: name → value, or none. exit_code: of
    EXIT.
    """

    reason: Reason
    text: str
    place: str = ""
    registers: dict[str, int] = field(default_factory=dict)
    exit_code: int | None = None

    @property
    def is_final(self) -> bool:
        """Whether the machine can only be restarted."""
        return self.reason in (Reason.FAULT, Reason.RESTARTS, Reason.EXIT, Reason.TIME)


class Machine(Chip):
    """A core that executes as many instructions as it is told to.

    Between two calls it stands still, so that no result depends on the speed of the host. ceiling: seconds of
    the host after which a call gives up all the same (Reason.TIME).
    """

    ceiling: float = 60.0
    _is_on = False

    @abstractmethod
    def run(self, instructions: int, until_output: bool = False) -> Stop:
        """Execute so many instructions, or fewer if something happens before.

        until_output: whether to stop when bytes have been sent that nobody has read yet; if there are very
        many of them, the machine stops in any case, and goes on when they are taken. A basic block is
        always executed as a whole. What is executed while the emulator has not passed on all input yet is not
        counted.
        """

    @property
    @abstractmethod
    def instructions(self) -> int:
        """Executed and counted (see run()) since the machine was first switched on, to the basic block."""

    @property
    def executed(self) -> int:
        """All that was executed since the machine was first switched on. For differences between two stops,
        exact if both are at breakpoints."""
        return self.instructions

    @abstractmethod
    def take_output(self, most: int | None = None) -> bytes:
        """The bytes that were sent and not taken yet, at most so many."""

    @abstractmethod
    def registers(self) -> dict[str, int]:
        """Name (`pc`, `sp`, `lr`, `r0` …) → value."""

    @abstractmethod
    def read_memory(self, address: int, size: int) -> bytes:
        """Bytes of flash or RAM. Raises IntegradError outside of them."""

    @abstractmethod
    def break_at(self, address: int | None, times: int = 1) -> None:
        """Stop when an instruction address is reached for the n-th time from now; None: no longer.

        Inside a basic block, registers may still have the values of its beginning, but for the program
        counter; memory has what the instructions before have stored.
        """

    @property
    @abstractmethod
    def console(self) -> bytes:
        """What the program printed through semihosting since it was switched on, the beginning of it."""

    @abstractmethod
    def power_off(self) -> None:
        """Switch it off, at whatever instruction it stands. The memory that stands for flash can be read, and
        what was sent before can still be taken; everything else raises IntegradError until restart()."""

    @abstractmethod
    def restart(self, flash: bytes | None = None) -> None:
        """Switch it off, at whatever instruction it stands, and on. The memory that stands for flash keeps
        what was stored, or has these contents; RAM and what was on the line are lost."""

    def read(self, most: int, timeout: float) -> bytes:
        deadline = time.monotonic() + timeout
        while not (taken := self.take_output(most)) and time.monotonic() < deadline:
            stop = self.run(SLICE, until_output=True)
            if stop.is_final:
                kind = "fault" if stop.reason is Reason.FAULT else "emulator"
                raise FirmwareError(kind, f"{self.name} {stop.text}", stop.exit_code)
        return taken

    def _require_power(self) -> None:
        if not self._is_on:
            raise IntegradError(f"{self.name}: is switched off; call restart() first")
