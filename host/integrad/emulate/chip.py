"""A whole chip in an emulator, seen from outside: a serial port, a power switch and flash that keeps its
contents."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from pathlib import Path

from integrad.build.program import Program
from integrad.emulate.faults import FirmwareError

CHIPS_EXTRA = "pip install 'integrad[chips]'"


class Chip(ABC):
    """A chip that runs the image of a board. Some run only while somebody reads.

    name: for messages. read() and write() make it a byte stream, as a serial port is one. To be closed
    after use, or used as a context. wait: seconds of the host after which a request may be repeated: an
    emulator in this process loses nothing, but is slow.
    """

    name: str
    wait: float = 60.0

    @abstractmethod
    def read(self, most: int, timeout: float) -> bytes:
        """The bytes that the chip has sent, at most so many. If there are none, it runs until there are, or
        for `timeout` seconds of the host, which are usually fewer on the chip.

        Raises FirmwareError of kind "fault" if the emulator reports one.
        """

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Sends bytes to the chip. They arrive while it runs, none before it has taken the one before it."""

    @abstractmethod
    def restart(self) -> None:
        """Switch it off and on: flash keeps what was programmed, RAM and what was on the line are lost."""

    @property
    def cycles(self) -> int | None:
        """Cycles since it was switched on, as the emulator models them; None if it counts none."""
        return None

    @abstractmethod
    def close(self) -> None:
        """End the emulator."""

    def __enter__(self) -> Chip:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def _fault(self, reason: str, pc: int | None = None, program: Program | None = None) -> FirmwareError:
        """What stopped the chip, in one line."""
        where = f" in {program.describe(pc)}" if pc is not None and program is not None else ""
        return FirmwareError("fault", f"{self.name}: the program faulted: {reason}{where}")


class SteppedChip(Chip):
    """A chip in an emulator that runs in this process, for as long as it is told to."""

    _sent: bytearray

    def read(self, most: int, timeout: float) -> bytes:
        deadline = time.monotonic() + timeout
        while not self._sent and time.monotonic() < deadline:
            self._run()
        received = bytes(self._sent[:most])
        del self._sent[:most]
        return received

    @abstractmethod
    def _run(self) -> None:
        """Run for some milliseconds of the host, and add to _sent what the chip sends."""


def missing_chip_emulator(package: str) -> FirmwareError:
    """Why a chip cannot be emulated, and how to install what can."""
    return FirmwareError("emulator", f"{package} is not installed; {CHIPS_EXTRA}")


def image_path(path: Path, *suffixes: str) -> Path:
    """The path of an image, if its kind is one of these (`.elf`). Raises FirmwareError otherwise."""
    if path.suffix not in suffixes:
        raise FirmwareError("emulator", f"{path.name}: this emulator reads {' and '.join(suffixes)} files")
    if not path.is_file():
        raise FirmwareError("emulator", f"{path}: no such file; build the project first")
    return path


def address_in(text: str) -> int | None:
    """The last hexadecimal number in a message of an emulator."""
    found = re.findall(r"0x([0-9a-fA-F]+)", text)
    return int(found[-1], 16) if found else None
