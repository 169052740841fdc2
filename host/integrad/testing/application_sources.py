"""Firmware from sources of a user or from a model alone, with the exported model, start-up and drivers."""

from __future__ import annotations

from collections.abc import Iterable
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
from integrad_codegen.c.module import emit_c, write_files
from integrad_codegen.c.runtime import runtime_files, serial_files
from integrad_codegen.c.serial import emit_serial
from integrad_codegen.plan import Plan

ELF, MAP, SCRIPT = "firmware.elf", "firmware.map", "firmware.ld"

APPLICATION_FLAGS = ("-O2", "-ffunction-sections", "-fdata-sections")
"""Of the sources of users, which choose their own warnings."""

ZIG_FLAGS = ("-fno-sanitize=undefined",)
"""zig adds checks for which there are no functions here."""


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
    source = folder / "source"
    generated = [path for path in write_files(_texts(core, model, plan), source) if path.suffix == ".c"]
    own = [*settings.sources]
    if not own:
        generated.insert(0, *write_files({"main.c": _main(core, model, plan)}, source))
    includes = [source, DEVICE / "board", DEVICE]
    libraries = c_library(tools)
    users = [*tools.core_flags(core), *APPLICATION_FLAGS, *(f"-D{name}" for name in settings.defines)]
    users += [] if libraries else ["-ffreestanding"]
    ours = [*tools.core_flags(core), "-O2", *FREESTANDING]
    objects: list[Path] = []

    def compile_all(sources: Iterable[Path], flags: list[str], folders: list[Path]) -> None:
        for path in sources:
            objects.append(folder / f"{len(objects):03}_{path.stem}.o")
            command = [*tools.compile, *flags, *special_flags(tools, path)]
            command += ZIG_FLAGS if tools.name == "zig" else ()
            compile_object(tools.name, command, folders, path, objects[-1])

    try:
        compile_all(own, users, [*settings.include, *includes])
        compile_all(generated, ours, includes)
        device = [*driver_sources(core), *tools.sources]
        compile_all((DEVICE / name for name in device), ours, includes)
        script = folder / SCRIPT
        text = linker_script(core, core.family.stack_bytes, False, with_store=True)
        script.write_text(text, encoding="utf-8")
        paths = script, objects, folder / ELF, folder / MAP
        link_firmware(tools, core, False, *paths, libraries, "the firmware")
    except IntegradError as error:
        raise _with_hint(error, tools, core) from None
    return folder / ELF


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
    text, package = str(error), core.family.libc_package
    missing = "No such file" in text or "not found" in text or "undefined reference" in text
    if package and missing and not c_library(tools) and not hasattr(error, "needs"):
        error.args = (f"{text} (no C library is installed for gcc; apt-get install {package}, as root)",)
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
