"""Flash a board with the program of its boot loader: dfu-util, teensy_loader_cli, bossac."""

from __future__ import annotations

import tempfile
from pathlib import Path

from integrad.boards.flash_method import FlashMethod
from integrad.boards.loader_command import run_loader
from integrad.errors import IntegradError
from integrad.programs import find_program


class LoaderFlash(FlashMethod):
    """command: the words, with FILE for the file that is flashed, ORIGIN for its address and PORT for a port.
    prepare: what the user does first; brings: what installs the program."""

    command: tuple[str, ...] = ()
    prepare = ""
    brings = ""

    def steps(self, contents: bytes) -> list[str]:
        return [
            f"write a {self.ending} file: {len(contents):,} bytes",
            f"the board must wait for it: {self.prepare}",
            f"run: {' '.join(self._words('FILE'))}",
        ]

    def perform(self, contents: bytes) -> list[str]:
        words = self._words("FILE")
        if find_program(words[0]) is None:
            raise IntegradError(f"flashing {self.board.name} requires {words[0]}: {self.brings}")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"program{self.ending}")
            path.write_bytes(contents)
            run_loader(words[0], self._words(str(path)), self.prepare)
        return [f"{words[0]} wrote {self.image.size:,} bytes"]

    def _words(self, path: str) -> list[str]:
        origin = f"0x{self.image.begin:08x}"
        return [word.replace("FILE", path).replace("ORIGIN", origin) for word in self.command]


class DfuFlash(LoaderFlash):
    """The boot ROM of STM32 chips; it erases the blocks of flash that the program lies in."""

    ending = ".bin"
    command = ("dfu-util", "-a", "0", "-d", "0483:df11", "-s", "ORIGIN:leave", "-D", "FILE")
    prepare = "hold BOOT0 while pressing NRST"
    brings = "apt-get install dfu-util (as root)"

    def contents(self) -> bytes:
        return self.image.flat()


class TeensyFlash(LoaderFlash):
    command = ("teensy_loader_cli", "--mcu=TEENSY41", "-v", "FILE")
    prepare = "press the button on the Teensy"
    brings = "apt-get install teensy-loader-cli (as root)"


class BossacFlash(LoaderFlash):
    """Arduino's variant of bossac. The program of the same name that others distribute does not know this
    board; therefore none is run from here."""

    ending = ".bin"
    command = ("bossac", "--port=PORT", "-U", "-i", "-e", "-w", "FILE", "-R")
    prepare = "press reset twice"

    def contents(self) -> bytes:
        return self.image.flat()

    def perform(self, contents: bytes) -> list[str]:
        command = " ".join(self._words("FILE"))
        raise IntegradError(
            f"{self.board.name} is flashed by Arduino's variant of bossac, which is not run from here: "
            f"write FILE with --out, {self.prepare}, and run: {command}"
        )
