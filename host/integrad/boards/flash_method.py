"""What ways of flashing a board have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from integrad.boards.flash_image import FlashImage
from integrad.boards.intel_hex import write_hex
from integrad.targets.boards import Board


@dataclass(frozen=True)
class Place:
    """Where the board is connected; None for the only place. port: a serial port; drive: folder of a mounted
    drive; probe: unique ID of a debug probe, or a part of it."""

    port: str | None = None
    drive: str | None = None
    probe: str | None = None


class FlashMethod(ABC):
    """A way of flashing a board with a program.

    ending: of the file that is flashed. uses: the field of Place that it uses. takes: the endings of programs
    in a folder, the best first.
    """

    ending = ".hex"
    uses = ""
    takes: tuple[str, ...] = (".elf", ".hex", ".uf2", ".bin")

    def __init__(self, board: Board, image: FlashImage, place: Place):
        self.board, self.image, self.place = board, image, place

    def contents(self) -> bytes:
        """The file that is flashed."""
        return write_hex(self.image.segments)

    @abstractmethod
    def steps(self, contents: bytes) -> list[str]:
        """What perform() does, for a reader. Nothing has to be connected."""

    @abstractmethod
    def perform(self, contents: bytes) -> list[str]:
        """Flash the board. Returns what was done. Raises IntegradError or UsageError with a remedy."""
