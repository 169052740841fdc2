"""Which emulator runs the images of which board."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from integrad.emulate.chip import Chip
from integrad.emulate.chip_labwired import LabwiredChip
from integrad.emulate.chip_qemu import QemuChip
from integrad.emulate.chip_rp2040 import Rp2040Chip
from integrad.errors import UsageError
from integrad.targets.boards import Board


@dataclass(frozen=True)
class ChipEmulator:
    """An emulator of the chip of a board.

    name: `rp2040py`, `labwired` or `qemu`. chip: what it emulates, by its name there. start: the ELF file of
    a project and its board → the running chip. options: of the compiler, with which an image avoids
    instructions that the emulator lacks. saves: whether it programs flash. counts_cycles: whether its cycles
    follow from what instructions take.
    """

    name: str
    chip: str
    start: Callable[[Path, Board], Chip]
    options: tuple[str, ...] = ()
    saves: bool = True
    counts_cycles: bool = False

    @property
    def product(self) -> str:
        """Its name, and the chip where the name does not say it."""
        return self.name if self.chip in self.name else f"{self.name} {self.chip}"


PORTABLE = ("-DINTEGRAD_PORTABLE",)
LABWIRED = (*PORTABLE, "-mslow-flash-data", "-mfloat-abi=soft")
"""For Cortex-M3 and later: no kernels in assembly, no LDRD of literals, no FPU (docs/results/labwired.md)."""


def _rp2040py() -> ChipEmulator:
    def start(image: Path, board: Board) -> Chip:
        return Rp2040Chip(image, _instance(board), f"{board.name} in rp2040py")

    return ChipEmulator("rp2040py", "rp2040", start, counts_cycles=True)


def _labwired(
    chip: str,
    uart: str | None,
    options: tuple[str, ...] = LABWIRED,
    memories_of_board: bool = False,
    saves: bool = True,
) -> ChipEmulator:
    """memories_of_board: whether the chip gets what the board has (see labwired_description.py)."""

    def start(image: Path, board: Board) -> Chip:
        flash = board.part.flash_origin, board.part.flash_bytes
        like = board if memories_of_board else None
        return LabwiredChip(image, chip, uart, *flash, f"{board.name} in labwired", like)

    return ChipEmulator("labwired", chip, start, options, saves)


def _qemu(machine: str) -> ChipEmulator:
    def start(image: Path, board: Board) -> Chip:
        return QemuChip(image, machine, _instance(board) - 1, f"{board.name} in QEMU")

    return ChipEmulator("qemu", machine, start, saves=False)


def _instance(board: Board) -> int:
    """2 of USART2."""
    return int(re.search(r"\d+$", board.serial)[0])


def _nrf(chip: str) -> ChipEmulator:
    """labwired's nRF52 lack the system timer of their core."""
    return _labwired(chip, None, memories_of_board=True)


def _esp32c3() -> ChipEmulator:
    """Without its boot ROM, which is what changes flash."""
    return _labwired("esp32c3", None, options=(), saves=False)


F405 = _qemu("netduinoplus2")
"""QEMU's STM32F405 runs what only needs the serial port, flash and RAM of an STM32F4 with as much memory."""

EMULATORS: dict[str, tuple[ChipEmulator, ...]] = {
    "blackpill-f411": (_labwired("stm32f411ceu6", "usart1"), F405),
    "bluepill": (_labwired("stm32f103", "uart1"),),
    "esp32-c3-devkitm-1": (_esp32c3(),),
    "microbit-v2": (_nrf("nrf52833"),),
    "nrf52840-dk": (_nrf("nrf52840"),),
    "nucleo-f411re": (_labwired("stm32f411ceu6", "usart2"), F405),
    "nucleo-f446re": (F405,),
    "nucleo-g0b1re": (_labwired("stm32g071", "usart2", PORTABLE, memories_of_board=True),),
    "nucleo-l476rg": (_labwired("stm32l476", "uart2"),),
    "pico": (_rp2040py(),),
    # Without the boot ROM of the chip, which programs flash.
    "pico2": (_labwired("rp2350", "uart0", memories_of_board=True, saves=False),),
    "stm32f4-discovery": (_labwired("stm32f407", "uart2"), F405),
}
"""Board → emulators that ran a project for it, the usual one first. labwired starts programs at the beginning
of flash, so that boards with a boot loader there have none."""

LACKING = {"pico2-riscv": "neither QEMU nor labwired has the RISC-V cores of an RP2350"}
"""Board → why it has no emulator, where that is known."""

MODELLED = ("esp32-c3-devkitm-1", "pico2", "pico2-riscv", "teensy4.1")
"""Boards whose programs ran in a model of their chip that belongs to the tests (docs/boards.md)."""


def emulator_names(board: Board) -> list[str]:
    """Names of the emulators that ran a project for a board; none for others."""
    return [emulator.name for emulator in EMULATORS.get(board.name, ())]


def emulators_of(board: Board, name: str | None = None) -> tuple[ChipEmulator, ...]:
    """The emulators of a board, or the one of this name. Raises UsageError if there is none."""
    found = EMULATORS.get(board.name, ())
    if not found:
        known = ", ".join(EMULATORS)
        why = LACKING.get(board.name, "no emulator runs its image")
        raise UsageError(f"--board {board.name}: {why}; boards with one: {known}")
    chosen = tuple(emulator for emulator in found if name in (None, emulator.name))
    if not chosen:
        names = " and ".join(emulator.name for emulator in found)
        raise UsageError(f"--emulator {name}: does not run images of {board.name}, which {names} can")
    return chosen
