"""Programs to be flashed: reading ELF, UF2, Intel HEX and binary files, and choosing one in a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from integrad.boards import intel_hex, uf2
from integrad.boards.segments import OverlapError, Segment, joined
from integrad.build.program import read_contents
from integrad.errors import IntegradError, UsageError, one_line
from integrad.files import read_bounded

MOST_BYTES = 64 * 2**20
FOLDERS = ("", "build")
"""Where a folder's programs are searched: in itself, and where CMake builds."""


@dataclass(frozen=True)
class FlashImage:
    """A program. format: `ELF`, `UF2`, `Intel HEX` or `binary`; segments: (address in flash, bytes), sorted.

    machine, architecture: of an ELF file, as in integrad.build.program.Contents. families: of a UF2 file.
    data: the file itself.
    """

    path: str
    format: str
    segments: tuple[Segment, ...]
    machine: str | None = None
    architecture: int | None = None
    families: tuple[int | None, ...] = ()
    data: bytes = field(default=b"", repr=False)

    @property
    def begin(self) -> int:
        return self.segments[0][0]

    @property
    def end(self) -> int:
        address, contents = self.segments[-1]
        return address + len(contents)

    @property
    def size(self) -> int:
        return sum(len(contents) for _, contents in self.segments)

    def flat(self) -> bytes:
        """The bytes from begin to end; gaps are as in erased flash."""
        result = bytearray(b"\xff" * (self.end - self.begin))
        for address, contents in self.segments:
            result[address - self.begin : address - self.begin + len(contents)] = contents
        return bytes(result)


def find_program(path: str, endings: Sequence[str]) -> str:
    """The file to flash: path itself, or the only program in that folder. endings: `.elf` and others, the
    best first. Raises UsageError if the folder has none, or several of that kind."""
    if not os.path.isdir(path):
        return path
    found: dict[str, list[str]] = {ending: [] for ending in endings}
    for folder in FOLDERS:
        for ending in endings:
            try:
                names = sorted(os.listdir(Path(path, folder)))
            except OSError:
                continue
            found[ending] += [
                str(Path(path, folder, name)) for name in names if name.lower().endswith(ending)
            ]
    for ending in endings:
        if len(found[ending]) == 1:
            return found[ending][0]
        if found[ending]:
            names = ", ".join(os.path.relpath(name, path) for name in found[ending][:5])
            raise UsageError(f"{path}: has several programs: {names}; name one of them")
    wanted = ", ".join(endings)
    raise UsageError(
        f"{path}: has no program ({wanted}), neither here nor in build/; build the project first"
    )


def read_image(path: str, origin: int, family: int | None) -> FlashImage:
    """Read a program. origin: address of a binary file; family: whose blocks of a UF2 file are taken, if it
    has some. Raises IntegradError for other files and damaged ones."""
    data = read_bounded(path, MOST_BYTES, "a program")
    try:
        image = _read(path, data, origin, family)
    except (uf2.Uf2Error, intel_hex.HexError, OverlapError) as error:
        kind = {uf2.Uf2Error: "UF2", intel_hex.HexError: "Intel HEX"}.get(type(error), "program")
        raise IntegradError(f"{path}: damaged {kind} file: {error}") from error
    if not image.segments:
        raise IntegradError(f"{path}: contains no program; an ELF file must be linked")
    return image


def _read(path: str, data: bytes, origin: int, family: int | None) -> FlashImage:
    if data.startswith(b"\x7fELF"):
        return _read_elf(path, data)
    if data.startswith(uf2.BEGIN[0].to_bytes(4, "little")):
        families = uf2.read_uf2(data)
        if family not in families and families:
            family = next(iter(families))
        return FlashImage(path, "UF2", tuple(families.get(family, ())), families=tuple(families), data=data)
    if path.lower().endswith((".hex", ".ihex")):
        return FlashImage(path, "Intel HEX", tuple(intel_hex.read_hex(data)))
    if path.lower().endswith(".bin"):
        return FlashImage(path, "binary", ((origin, data),) if data else ())
    raise IntegradError(
        f"{path}: is no program: expected an ELF, UF2, Intel HEX (.hex) or binary (.bin) file"
    )


def _read_elf(path: str, data: bytes) -> FlashImage:
    try:
        contents = read_contents(data)
    except Exception as error:  # of a damaged file: of many kinds
        raise IntegradError(f"{path}: damaged ELF file: {one_line(error) or type(error).__name__}") from error
    segments = tuple(joined((address, bytes(part)) for address, part in contents.segments))
    return FlashImage(path, "ELF", segments, contents.machine, contents.architecture)
