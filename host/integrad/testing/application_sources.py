"""Firmware from sources of a user or from a model alone, with the exported model, start-up and drivers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from integrad.build.firmware import link_firmware, linker_script, special_flags
from integrad.build.objects import compile_object, run_tool
from integrad.build.toolchain import DEVICE, FREESTANDING, Toolchain
from integrad.errors import IntegradError
from integrad.export.project import BAUD, render
from integrad.export.project_fit import has_spare_memory
from integrad.model_file import Model
from integrad.targets.cores import Core
from integrad.testing.machine_drivers import SLOTS, driver_sources, machine_config
from integrad.testing.settings import Settings
from integrad_codegen.c.kernels import needed
from integrad_codegen.c.module import emit_c, write_files
from integrad_codegen.c.runtime import FOLDER, kernels, runtime_files, serial_files
from integrad_codegen.c.serial import emit_serial
from integrad_codegen.plan import Plan

ELF, MAP, SCRIPT = "firmware.elf", "firmware.map", "firmware.ld"

APPLICATION_FLAGS = ("-O2", "-ffunction-sections", "-fdata-sections")
"""Of the sources of users, which choose their own warnings."""

ZIG_FLAGS = ("-fno-sanitize=undefined",)
"""zig adds checks for which there are no functions here."""

OF_LIBRARY = (
    r"error: '?(assert|ctype|errno|inttypes|math|stdio|stdlib|string|time)\.h"
    r"|undefined (reference to|symbol:) [`']?"
    r"(str\w+|mem\w+|v?s?n?printf|puts|abs|abort|atoi|malloc|free|qsort)\b"
)
"""A message about a header or function that only a C library has."""


@dataclass(frozen=True)
class _Slots:
    slots: int


@dataclass(frozen=True)
class _Board:
    """What the program of a project says of its board."""

    title: str
    tx: str = "TX"
    rx: str = "RX"
    led: str = ""
    led_on: str = ""
    button: str = ""


def build_sources(
    settings: Settings, core: Core, tools: Toolchain, model: Model | None, plan: Plan | None, folder: Path
) -> Path:
    """Compile and link in a folder. Returns the ELF file.

    model, plan: None if there is no model. Without sources in the settings, the program is the one that
    `integrad project` makes.
    """
    objects = _Objects(tools, folder)
    try:
        compile_support(core, objects, model, plan, with_main=not settings.sources)
        flags = [*tools.core_flags(core), *application_flags(settings, tools)]
        objects.add(settings.sources, flags, [*settings.include, *_headers(folder)])
        paths = folder / SCRIPT, objects.paths, folder / ELF, folder / MAP
        link_firmware(tools, core, False, *paths, c_library(tools), "the firmware")
    except IntegradError as error:
        raise _with_hint(error, tools, core) from None
    return folder / ELF


def build_support(
    core: Core, tools: Toolchain, model: Model | None, plan: Plan | None, folder: Path
) -> list[Path]:
    """Compile everything but the program. Returns the objects; the linker script and the headers are in the
    folder."""
    objects = _Objects(tools, folder)
    compile_support(core, objects, model, plan, with_main=False)
    return objects.paths


class _Objects:
    """Object files in a folder, in the order in which they are linked."""

    def __init__(self, tools: Toolchain, folder: Path):
        self.tools, self.folder = tools, folder
        self.paths: list[Path] = []

    def add(self, sources: Iterable[Path], flags: list[str], headers: list[Path]) -> None:
        """Compile sources. headers: folders."""

        def compile_one(source: Path, target: Path) -> None:
            command = [*self.tools.compile, *flags, *special_flags(self.tools, source)]
            command += ZIG_FLAGS if self.tools.name == "zig" else ()
            compile_object(self.tools.name, command, headers, source, target)

        sources = list(sources)
        first = len(self.paths)
        self.paths += [self.folder / f"{n:03}_{path.stem}.o" for n, path in enumerate(sources, first)]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(compile_one, sources, self.paths[first:]))


def compile_support(
    core: Core, objects: _Objects, model: Model | None, plan: Plan | None, with_main: bool
) -> None:
    """Write and compile the model, start-up and drivers, and write the linker script. with_main: and the
    program of `integrad project`. Kernels that the model does not call are not compiled."""
    folder, tools = objects.folder, objects.tools
    texts = _texts(core, model, plan) | ({"main.c": _main(core, model, plan)} if with_main else {})
    called = needed(plan) if plan else set()
    unused = {folder / f"source/{FOLDER}/{name}.c" for name in kernels().keys() - called}
    written = write_files(texts, folder / "source")
    generated = [path for path in written if path.suffix == ".c" and path not in unused]
    flags = [*tools.core_flags(core), "-O2", *FREESTANDING]
    device = (DEVICE / name for name in (*driver_sources(core), *tools.sources))
    objects.add([*generated, *device], flags, _headers(folder))
    script = linker_script(core, core.family.stack_bytes, False, with_store=True)
    (folder / SCRIPT).write_text(script, encoding="utf-8")


def application_flags(settings: Settings, tools: Toolchain) -> list[str]:
    """Options of the compiler for the sources of a user, besides those for the core."""
    defines = [f"-D{name}" for name in settings.defines]
    return [*APPLICATION_FLAGS, *defines, *([] if c_library(tools) else ["-ffreestanding"])]


def _headers(folder: Path) -> list[Path]:
    """Folders of the headers of the model, of the drivers and of what else is in device/."""
    return [folder / "source", DEVICE / "board", DEVICE]


def c_library(tools: Toolchain) -> list[str]:
    """Options that link a C library, if gcc has one: the small one where there are two."""
    if tools.name == "gcc":
        for name in ("c_nano", "c"):
            found = run_tool([*tools.compile, f"-print-file-name=lib{name}.a"]).stdout.strip()
            if Path(found).is_absolute():
                return [f"-l{name}"]
    return []


def _with_hint(error: IntegradError, tools: Toolchain, core: Core) -> IntegradError:
    """The same error; where a function or header of the C library is missing, with what brings it."""
    package = core.family.libc_package
    if package and re.search(OF_LIBRARY, str(error)) and not c_library(tools):
        error.args = (f"{error} (no C library is installed for gcc; apt-get install {package}, as root)",)
    return error


def _texts(core: Core, model: Model | None, plan: Plan | None) -> dict[str, str]:
    """Path → text of what is generated besides the program."""
    config = {"board_config.h": machine_config(core, plan)}
    if model is None or plan is None:
        return serial_files() | config
    return emit_c(model, plan) | runtime_files() | emit_serial(model, plan) | config


def _main(core: Core, model: Model, plan: Plan) -> str:
    """The program of `integrad project`."""
    board = _Board(f"machine {core.machine.name}")
    learns = plan.batch > 0
    return render(
        "main.c",
        p=plan.prefix,
        plan=plan,
        learns=learns,
        has_spare=has_spare_memory(model, plan, core.part),
        board=board,
        baud=BAUD,
        memory=_Slots(SLOTS if learns else 0),
    )
