"""The firmware under test: built for an emulated core from sources, a CMake project or a model alone, or
given as an ELF file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from integrad.build.firmware import DoesNotFitError
from integrad.build.program import Program, read_program
from integrad.build.sizes import Sizes, measure, measure_foreign
from integrad.build.toolchain import find_toolchain
from integrad.errors import IntegradError
from integrad.export.model_name import model_name
from integrad.model_file import Model, load_model
from integrad.targets.cores import Core
from integrad.testing.application_cmake import build_cmake, build_cmake_support
from integrad.testing.application_key import application_key
from integrad.testing.application_sources import ELF, build_sources
from integrad.testing.kept_builds import kept_build
from integrad.testing.settings import Settings
from integrad_codegen.plan import Plan, make_plan


@dataclass(frozen=True)
class Application:
    """Firmware for a core.

    core: with the memory sizes that the firmware was linked for. toolchain: the compiler that built it, ""
    if it was given.
    """

    elf: Path
    core: Core
    settings: Settings = field(repr=False)
    toolchain: str = ""

    @cached_property
    def program(self) -> Program:
        """Raises IntegradError if the file is no ELF file with symbols."""
        try:
            return read_program(self.elf)
        except Exception as error:
            raise IntegradError(f"{self.elf}: not an ELF file with symbols ({error})") from error

    @cached_property
    def sizes(self) -> Sizes:
        measured = measure if self.toolchain else measure_foreign
        return measured(self.program, self.core.machine)


def build_application(settings: Settings, core: str, toolchain: str | None = None) -> Application:
    """The firmware of these settings for the core of this name.

    toolchain: gcc, clang or zig, by default the first of gcc and zig that is installed. What was built before
    from the same texts is used again. Raises DoesNotFitError, with the sizes, if the firmware exceeds the
    memories of the core, and IntegradError with the first error of the compiler or linker, or with how to
    install a compiler.
    """
    chosen = settings.core(core)
    if settings.elf:
        return _given(Application(settings.elf, chosen, settings))
    if settings.model is None and not settings.sources and not settings.cmake:
        raise settings.place.refusal("names no firmware; add model, sources, cmake or elf")
    # CMake finds programs of gcc by itself, which another compiler lacks.
    tools = find_toolchain("gcc" if settings.cmake else toolchain, chosen.family)
    fill = build_cmake_support if settings.cmake else build_sources

    def build(folder: Path) -> None:
        model = load_model(settings.model) if settings.model else None
        fill(settings, chosen, tools, model, plan_of(model, settings) if model else None, folder)

    key = application_key(settings, chosen, tools)
    if not settings.cmake:
        elf = kept_build(chosen.name, key, build) / ELF
    else:
        support = kept_build(chosen.name, f"{key}-cmake", build)
        elf = _kept(chosen, build_cmake(settings, chosen, support))
    return Application(elf, chosen, settings, tools.name)


def _given(application: Application) -> Application:
    """An ELF file that is there, if the core can run it."""
    core, program, place = application.core, application.program, application.settings.place.inner("elf")
    machine, file = core.machine, application.elf
    if program.machine != core.family.elf_machine:
        raise place.refusal(
            f"{file} is a program for {program.machine}, core {core.name} is {core.family.name}"
        )
    if not any(at <= machine.vectors_origin < at + len(data) for at, data in program.segments):
        raise place.refusal(
            f"{file} has nothing at 0x{machine.vectors_origin:08x}, where core {core.name} begins; link it "
            f"for {machine.name}: flash at 0x{machine.flash_origin:08x}, RAM at 0x{machine.ram_origin:08x}"
        )
    used = {"flash": application.sizes.flash, "RAM": application.sizes.ram}
    available = dict(zip(used, core.memory_bytes(False), strict=True))
    needs = {key: (used[key], available[key]) for key in used if used[key] > available[key]}
    if needs:
        raise DoesNotFitError(core, needs, "the firmware")
    return application


def _kept(core: Core, elf: Path) -> Path:
    """A copy of an executable that a later build does not replace while an emulator uses it."""
    data = elf.read_bytes()

    def copy(folder: Path) -> None:
        (folder / ELF).write_bytes(data)

    return kept_build(core.name, hashlib.sha256(data).hexdigest(), copy) / ELF


def model_prefix(settings: Settings) -> str | None:
    """The name of the model in C, as given or after its file; None if there is no model."""
    if settings.model is None:
        return None
    return settings.name or model_name(settings.model)


def plan_of(model: Model, settings: Settings) -> Plan:
    """The plan of the model on the device."""
    name = model_prefix(settings)
    return make_plan(model.network, name, settings.learn, settings.batch_size, model.constants)
