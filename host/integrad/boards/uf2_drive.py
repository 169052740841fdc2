"""Drives of UF2 boot loaders: finding the one of a board, and copying a file to it."""

from __future__ import annotations

import os
import re
import string
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from integrad.errors import IntegradError, UsageError, one_line
from integrad.targets.boards import Board

INFO = ("INFO_UF2.TXT", "info_uf2.txt")
INFO_BYTES = 4096
PATIENCE = 5.0
"""Seconds until a drive must have disappeared after a copy. Boot loaders restart within one."""

FILE_SYSTEMS = ("vfat", "msdos", "fuseblk", "exfat")
ENTER = dict.fromkeys(("rp2040", "rp2350", "rp2350-riscv"), "hold BOOTSEL while connecting USB")
ENTER_OTHERS = "press reset twice"


@dataclass(frozen=True)
class Uf2Drive:
    """board_id: what its INFO_UF2.TXT says."""

    folder: Path
    board_id: str


def enter(board: Board) -> str:
    """What a user does so that the drive appears."""
    return ENTER.get(board.driver, ENTER_OTHERS)


def mount_points() -> list[Path]:
    """Folders in which drives may be mounted."""
    if sys.platform == "win32":
        return [Path(f"{letter}:/") for letter in string.ascii_uppercase]
    if sys.platform == "darwin":
        return sorted(Path("/Volumes").glob("*"))
    with suppress(OSError):
        rows = [line.split() for line in Path("/proc/self/mounts").read_text(errors="replace").splitlines()]
        points = [row[1] for row in rows if len(row) > 2 and row[2] in FILE_SYSTEMS]
        # Blanks and the like are written as octal numbers.
        return [Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), point)) for point in points]
    return []


def read_drive(folder: Path) -> Uf2Drive | None:
    """The drive in a folder, or None if no UF2 boot loader shows it. Raises OSError if it cannot be read."""
    for name in INFO:
        if not (folder / name).is_file():
            continue
        with open(folder / name, "rb") as file:
            text = file.read(INFO_BYTES).decode("utf-8", "replace")
        found = re.search(r"^Board-ID:[ \t]*(\S[^\r\n]*?)\s*$", text, re.MULTILINE | re.IGNORECASE)
        return Uf2Drive(folder, one_line(found[1]) if found else "")
    return None


def find_drive(board: Board, given: str | None) -> Uf2Drive:
    """The drive of a board: in the folder that was given, or the only one that is mounted.

    Raises IntegradError if there is none, or it is that of another board, UsageError if there are several.
    """
    if given is not None:
        return _given_drive(board, given)
    found, unreadable = [], []
    for folder in mount_points():
        try:
            found.append(read_drive(folder))
        except OSError as error:
            unreadable.append(f"{folder}: {error.strerror}")
    drives = [drive for drive in found if drive]
    mine = [drive for drive in drives if drive.board_id in board.uf2_boards]
    if len(mine) == 1:
        return mine[0]
    if mine:
        folders = ", ".join(str(drive.folder) for drive in mine)
        raise UsageError(f"--drive is required; drives of {board.name} found: {folders}")
    start = f"no drive of {board.name} is mounted: {enter(board)}, or name its folder with --drive"
    others = [f"{drive.folder} is that of {drive.board_id or 'an unnamed board'}" for drive in drives]
    remarks = "; ".join(others + [f"cannot read {text}" for text in unreadable[:3]])
    raise IntegradError(f"{start} ({remarks})" if remarks else start)


def _given_drive(board: Board, given: str) -> Uf2Drive:
    folder = Path(given)
    try:
        drive = read_drive(folder)
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        reason = getattr(error, "strerror", None) or error
        raise IntegradError(f"--drive {given}: cannot be read: {reason}") from error
    if drive is None:
        what = f"has no {INFO[0]}; {enter(board)}" if folder.is_dir() else "no such folder"
        raise IntegradError(f"--drive {given}: {what}")
    if drive.board_id not in board.uf2_boards:
        known = " or ".join(board.uf2_boards)
        raise IntegradError(
            f"--drive {given}: is the drive of {drive.board_id or 'an unnamed board'}, not of {board.name} "
            f"({known}); to flash it nevertheless, copy the file of --out there"
        )
    return drive


def copy_to(drive: Uf2Drive, name: str, contents: bytes) -> bool:
    """Copy a file to a drive. Returns whether the drive disappeared, as it does when the board restarts.

    Raises IntegradError if the file cannot be written, or something else is read back.
    """
    path = drive.folder / name
    written = 0
    try:
        with open(path, "wb", buffering=0) as file:
            while written < len(contents):
                written += file.write(contents[written:])
            os.fsync(file.fileno())
    except OSError as error:
        # The last block restarts the board, perhaps before the computer has finished the file.
        if written < len(contents) or not _gone(drive):
            raise IntegradError(f"{path}: cannot be written: {error.strerror}") from error
        return True
    deadline = time.monotonic() + PATIENCE
    while not (gone := _gone(drive)) and time.monotonic() < deadline:
        time.sleep(0.1)
    if not gone:
        with suppress(OSError):
            if path.read_bytes() != contents:
                raise IntegradError(f"{path}: something else is read back; copy it again")
    return gone


def _gone(drive: Uf2Drive) -> bool:
    try:
        return read_drive(drive.folder) is None
    except OSError:
        return True
