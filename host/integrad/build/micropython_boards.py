"""MicroPython's firmware for four emulated cores, built from its sources and kept in the user's cache."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from integrad.targets.cores import BOARDS, Board
from integrad.build.micropython_source import contents_of, get_sources
from integrad.build.toolchain import DEVICE, first_error
from integrad.errors import IntegradError, UsageError

COMPILER = "arm-none-eabi-gcc"
OWN = DEVICE / "micropython"
FLAGS = f"-ffreestanding -fbuiltin -isystem {OWN / 'libc'} -DMICROPY_USE_INTERNAL_ERRNO=1"

FILES = 240
"""About so many files are compiled for a firmware."""


@dataclass(frozen=True)
class MicroPythonBoard:
    """An emulated board that runs MicroPython.

    architecture: the native modules that it is for; it runs those of lesser Arm cores, too. data_address:
    where a file system image is put; has_fpu: whether a run must switch the unit on first.
    """

    board: Board
    architecture: str
    data_address: int
    has_fpu: bool


MICROPYTHON_BOARDS = {
    board.board.name: board
    for board in (
        MicroPythonBoard(BOARDS["m0"], "armv6m", 0x00080000, False),
        MicroPythonBoard(BOARDS["m3"], "armv7m", 0x21000000, False),
        MicroPythonBoard(BOARDS["m4"], "armv7emsp", 0x21000000, True),
        MicroPythonBoard(BOARDS["m7"], "armv7emdp", 0x60000000, True),
    )
}


def get_micropython_board(name: str) -> MicroPythonBoard:
    """UsageError, which lists the known ones, if there is no MicroPython for this core."""
    if name.lower() not in MICROPYTHON_BOARDS:
        raise UsageError(
            f"no MicroPython for core {name!r}; there is one for {', '.join(MICROPYTHON_BOARDS)}"
        )
    return MICROPYTHON_BOARDS[name.lower()]


def firmware_path(board: MicroPythonBoard, user_modules: Path | None = None) -> Path:
    """Where the firmware stands in the cache once it is built: another compiler, source or option is
    another file. user_modules: folder of user C modules to build in."""
    tree = get_sources()
    digest = hashlib.sha256(repr((FLAGS.replace(str(OWN), ""), str(tree), contents_of(tree))).encode())
    digest.update(subprocess.run([_compiler(), "--version"], capture_output=True).stdout)
    for folder in (OWN, *([user_modules] if user_modules else [])):
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            digest.update(file.name.encode() + file.read_bytes())
    name = f"firmware-{board.board.name}-{digest.hexdigest()[:16]}.elf"
    return user_cache_path("integrad") / "micropython" / name


def build_micropython(
    board: MicroPythonBoard,
    progress: Callable[[int], None] = lambda compiled: None,
    user_modules: Path | None = None,
) -> Path:
    """The firmware, from the cache if it is there; else it takes the better part of a minute to build.

    progress: is told how many of about FILES files have been compiled. Raises IntegradError with the first
    error if that fails, or with what brings the tool that is missing.
    """
    firmware = firmware_path(board, user_modules)
    if firmware.exists():
        return firmware
    if not shutil.which("make"):
        raise IntegradError("building MicroPython needs make; apt-get install make (as root)")
    try:
        firmware.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=firmware.parent, prefix="build-") as folder:
            _make(board, Path(folder), progress, user_modules)
            os.replace(Path(folder, "firmware.elf"), firmware)
    except OSError as error:
        raise IntegradError(f"cannot write {firmware.parent}: {error.strerror}") from error
    return firmware


def _compiler() -> str:
    if path := shutil.which(COMPILER):
        return path
    raise IntegradError(f"building MicroPython needs {COMPILER}; apt-get install gcc-arm-none-eabi (as root)")


def _make(
    board: MicroPythonBoard, build: Path, progress: Callable[[int], None], user_modules: Path | None
) -> None:
    settings = {
        "BOARD": board.board.name,
        "BOARD_DIR": OWN / "boards" / board.board.name,
        "BUILD": build,
        "CFLAGS_EXTRA": FLAGS,
        "FROZEN_MANIFEST": "",
        "PYTHON": sys.executable,
        **({"USER_C_MODULES": user_modules} if user_modules else {}),
    }
    words = [f"{name}={value}" for name, value in settings.items()]
    command = ["make", "-C", str(get_sources() / "ports/qemu"), f"-j{os.cpu_count()}", *words]
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    environment |= {"LC_ALL": "C", "BUILD_VERBOSE": "0"}
    lines, compiled = [], 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        for line in process.stdout:
            lines.append(line)
            if re.match(r"CC |AS ", line):
                progress(compiled := compiled + 1)
    if process.returncode:
        raise IntegradError(f"MicroPython for {board.board.core}: {first_error(''.join(lines))}")
