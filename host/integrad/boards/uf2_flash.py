"""Flash a board through the drive of its UF2 boot loader."""

from __future__ import annotations

from integrad.boards.flash_method import FlashMethod
from integrad.boards.uf2 import BLOCK_BYTES, Uf2Error, read_blocks, verify_uf2, write_uf2
from integrad.boards.uf2_drive import copy_to, enter, find_drive
from integrad.errors import IntegradError
from integrad.targets.uf2_families import family_name


class Uf2Flash(FlashMethod):
    ending = ".uf2"
    uses = "drive"
    takes = (".elf", ".uf2", ".hex", ".bin")

    def contents(self) -> bytes:
        """A UF2 file as it is, and other programs as one, which is read back block by block."""
        if self.image.format == "UF2":
            return self.image.data
        contents = write_uf2(self.image.segments, self.board.uf2_id)
        try:
            verify_uf2(contents, self.image.segments, self.board.uf2_id)
        except Uf2Error as error:
            raise IntegradError(f"{self.image.path}: of the UF2 file made of it, {error}") from error
        return contents

    def steps(self, contents: bytes) -> list[str]:
        blocks = len(contents) // BLOCK_BYTES
        made = "take the UF2 file as it is" if self.image.format == "UF2" else "write a UF2 file"
        ids = " or ".join(self.board.uf2_boards)
        where = self.place.drive or f"the only mounted drive with Board-ID {ids}"
        return [
            f"{made}: {blocks:,} blocks for {family_name(self.board.uf2_id)}",
            f"read it back and compare each block with the program ({self.image.size:,} bytes)",
            f"find the drive: {where} ({enter(self.board)})",
            f"copy the file to the drive as {self._name}, and wait until the board restarts",
        ]

    def perform(self, contents: bytes) -> list[str]:
        drive = find_drive(self.board, self.place.drive)
        count = len(read_blocks(contents))
        restarted = copy_to(drive, self._name, contents)
        copied = f"copied {count:,} blocks to {drive.folder} ({drive.board_id})"
        if restarted:
            return [copied, "the drive disappeared: the board has restarted"]
        return [copied, "the drive is still there: eject it, and press reset if the program does not start"]

    @property
    def _name(self) -> str:
        return f"{self.board.name}{self.ending}"
