"""Flash a board through its serial port, with esptool."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path

from integrad.boards import serial_port
from integrad.boards.flash_checks import ESP_DIRECT_BOOT
from integrad.boards.flash_method import FlashMethod
from integrad.boards.loader_command import run_loader
from integrad.errors import IntegradError
from integrad.targets.boards import BRINGS_TOOLS

CHIPS = {"esp32c3": "esp32c3"}
"""Driver → the chip's name in esptool."""

OFFSET = "0x0"
"""Where in flash the boot ROM of the ESP32-C3 looks for a program."""

ENTER = "hold BOOT while pressing RESET, and close other programs that use this port"


class EsptoolFlash(FlashMethod):
    ending = ".bin"
    uses = "port"
    takes = (".bin", ".elf")

    def contents(self) -> bytes:
        """A binary file as it is, if esptool finds no fault in it; of an ELF file, the bytes in flash if they
        begin with the mark of direct boot, otherwise the image that esptool makes."""
        flat = self.image.flat() if len(self.image.segments) == 1 or self._direct else b""
        if flat.startswith(ESP_DIRECT_BOOT):
            return flat
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "image.bin")
            if self.image.format == "ELF":
                remedy = f"link {self.image.path} for {self.board.name}"
                self._esptool(remedy, "elf2image", "--use-segments", "--output", str(path), self.image.path)
                return path.read_bytes()
            path.write_bytes(flat)
            if "(invalid" in self._esptool("build it again", "image-info", str(path)):
                raise IntegradError(f"{self.image.path}: damaged: esptool finds a wrong checksum")
            return flat

    @property
    def _direct(self) -> bool:
        flash = self.board.part.flash_bytes
        return self.image.begin == self.board.program_origin and self.image.end - self.image.begin <= flash

    def steps(self, contents: bytes) -> list[str]:
        made = (
            "make an image with esptool elf2image" if self.image.format == "ELF" else "take the file as it is"
        )
        if contents.startswith(ESP_DIRECT_BOOT):
            made = "take the bytes in flash, which begin with the mark of direct boot"
        command = " ".join(self._write_words(self.place.port or "PORT", "FILE"))
        return [f"{made}: {len(contents):,} bytes", f"run: esptool {command}, which compares and resets"]

    def perform(self, contents: bytes) -> list[str]:
        port = self.place.port or serial_port.only_port()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "image.bin")
            path.write_bytes(contents)
            self._esptool(ENTER, *self._write_words(port, str(path)))
        return [f"esptool wrote {len(contents):,} bytes through {port}, compared them and reset the board"]

    def _write_words(self, port: str, path: str) -> list[str]:
        return ["--chip", CHIPS[self.board.driver], "--port", port, "write-flash", OFFSET, path]

    def _esptool(self, remedy: str, *words: str) -> str:
        if importlib.util.find_spec("esptool") is None:
            raise IntegradError(f"flashing {self.board.name} requires esptool; {BRINGS_TOOLS}")
        chip = () if "--chip" in words else ("--chip", CHIPS[self.board.driver])
        return run_loader("esptool", [sys.executable, "-m", "esptool", *chip, *words], remedy)
