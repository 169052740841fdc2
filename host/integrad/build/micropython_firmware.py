"""MicroPython firmware for emulated cores, built from source and kept in the user's cache."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path

from integrad.build.micropython_source import contents_of, get_sources
from integrad.build.toolchain import DEVICE, first_error
from integrad.build_folder import build_folder
from integrad.errors import IntegradError
from integrad.programs import ask, find_program
from integrad.targets.cores import Core, micropython_flags
from integrad.targets.families import ARM

OWN = DEVICE / "micropython"
FLAGS = f"-ffreestanding -fbuiltin -isystem {OWN / 'libc'} -DMICROPY_USE_INTERNAL_ERRNO=1"

FILES = 240
"""Approximate number of files that are compiled for a firmware."""


def firmware_path(core: Core, user_modules: Path | None = None) -> Path:
    """Path of the firmware in the cache, which depends on compiler, sources and options. user_modules: folder
    of user C modules to include."""
    tree = get_sources()
    settings = FLAGS.replace(str(OWN), ""), _board_settings(core)
    digest = hashlib.sha256(repr((settings, str(tree), contents_of(tree))).encode())
    digest.update(ask(_compiler(core), "--version").encode())
    digest.update((DEVICE / "region.h").read_bytes())
    for folder in (OWN, *([user_modules] if user_modules else [])):
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            digest.update(file.name.encode() + file.read_bytes())
    name = f"firmware-{core.name}-{digest.hexdigest()[:16]}.elf"
    return user_cache_path("integrad") / "micropython" / name


def build_micropython(
    core: Core,
    progress: Callable[[int], None] = lambda compiled: None,
    user_modules: Path | None = None,
) -> Path:
    """The firmware, from the cache or else newly built, which takes almost a minute.

    progress: called with the number of files compiled so far, of about FILES. Raises IntegradError with the
    first error if the build fails, or with how to install a missing tool.
    """
    firmware = firmware_path(core, user_modules)
    if firmware.exists():
        return firmware
    if not find_program("make"):
        raise IntegradError("building MicroPython requires make; apt-get install make (as root)")
    try:
        firmware.parent.mkdir(parents=True, exist_ok=True)
        with build_folder(firmware.parent) as folder:
            _make(core, folder, progress, user_modules)
            os.replace(folder / "firmware.elf", firmware)
    except OSError as error:
        raise IntegradError(f"cannot write {firmware.parent}: {error.strerror}") from error
    return firmware


def _compiler(core: Core) -> str:
    if path := find_program(core.family.gcc):
        return path
    raise IntegradError(f"building MicroPython requires {core.family.gcc}; {core.family.brings_gcc}")


def _board_settings(core: Core) -> dict[str, object]:
    """Variables for device/micropython/board/mpconfigboard.mk."""
    board = core.micropython
    return {
        "MCU": core.product,
        "CPU": " ".join(micropython_flags(core)),
        "QEMU_MACHINE": core.machine.name,
        "QEMU_ARCH": "arm" if core.family is ARM else "riscv32",
        "SOC": board.soc,
        "MCU_SCRIPT": board.linker_script,
        "THUMB": board.thumb,
        "FILES_ADDRESS": f"{board.files:#x}",
        "FILES_BYTES": board.files_bytes,
        "HEAP_ADDRESS": f"{board.heap:#x}",
        "HEAP_BYTES": board.heap_bytes,
    }


def _make(core: Core, build: Path, progress: Callable[[int], None], user_modules: Path | None) -> None:
    settings = {
        "BOARD": core.name,
        "BOARD_DIR": OWN / "board",
        "BUILD": build,
        **_board_settings(core),
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
        raise IntegradError(f"MicroPython for {core.product}: {first_error(''.join(lines))}")
