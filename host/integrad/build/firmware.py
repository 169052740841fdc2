"""Firmware for a core: compile and link sources with the device files; errors name what does not fit."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import jinja2

from integrad.build.objects import compile_object, run_tool
from integrad.build.program import Program, read_program
from integrad.build.sizes import Sizes, measure
from integrad.build.toolchain import DEVICE, FREESTANDING, Toolchain, find_toolchain, first_error
from integrad.errors import IntegradError
from integrad.targets.cores import Core
from integrad.targets.machines import STORE_BYTES

MEMORY_FUNCTIONS = "bare_metal/memory.c"


@dataclass(frozen=True)
class Firmware:
    """A linked program for a core. `toolchain`: name of the toolchain that built it."""

    elf: Path
    map_file: Path
    core: Core
    toolchain: str
    whole_machine: bool

    @cached_property
    def program(self) -> Program:
        return read_program(self.elf)

    @cached_property
    def sizes(self) -> Sizes:
        return measure(self.program, self.core.machine)


class DoesNotFitError(IntegradError):
    """The program needs more memory than the part has.

    needs: "flash" or "RAM" → (needed, available) in bytes. shortage: the same as text.
    """

    def __init__(self, core: Core, needs: dict[str, tuple[int, int]], what: str = "the network"):
        self.core, self.needs = core, needs
        parts = [
            f"{memory} needs {needed:,} bytes, {needed - available:,} more than the {available:,} available"
            for memory, (needed, available) in needs.items()
        ]
        self.shortage = "; ".join(parts)
        super().__init__(f"{what} does not fit {core.part.name}: {self.shortage}")


def build_firmware(
    core: Core,
    sources: list[Path],
    include_dirs: list[Path],
    out_dir: Path,
    *,
    stack_bytes: int | None = None,
    whole_machine: bool = False,
    toolchain: str | None = None,
    optimisation: str = "-O2",
) -> Firmware:
    """Compile and link `sources`, one of which defines main, with start-up code, transport and checksum.

    The memory sizes are those of the part, or of the emulated machine if whole_machine is set; stack_bytes is
    by default the reserve of the family. Writes firmware.elf, firmware.map, firmware.ld and object files to
    out_dir. Raises DoesNotFitError if the program does not fit, and IntegradError with the first error of the
    compiler or linker.
    """
    tools = find_toolchain(toolchain, core.family)
    out_dir.mkdir(parents=True, exist_ok=True)
    script = out_dir / "firmware.ld"
    reserve = core.family.stack_bytes if stack_bytes is None else stack_bytes
    script.write_text(linker_script(core, reserve, whole_machine), encoding="utf-8")
    family = core.family
    own = ("checksum.c", family.startup, family.transport, MEMORY_FUNCTIONS, *tools.sources)
    flags = [*tools.core_flags(core), optimisation, *FREESTANDING, *tools.flags]
    objects = []
    for number, source in enumerate([*sources, *(DEVICE / name for name in own)]):
        objects.append(out_dir / f"{number:02}_{source.stem}.o")
        command = [*tools.compile, *flags, *special_flags(tools, source)]
        compile_object(tools.name, command, [*include_dirs, DEVICE], source, objects[-1])
    elf, map_file = out_dir / "firmware.elf", out_dir / "firmware.map"
    link_firmware(tools, core, whole_machine, script, objects, elf, map_file)
    return Firmware(elf, map_file, core, tools.name, whole_machine)


def linker_script(core: Core, stack_bytes: int, whole_machine: bool, with_store: bool = False) -> str:
    """The text of the linker script; the stack is rounded up as calls require. with_store: for the start-up
    code and the drivers of boards (device/board/), and with the machine's memory for a weight store."""
    machine, alignment = core.machine, core.family.stack_alignment
    flash_bytes, ram_bytes = core.memory_bytes(whole_machine)
    return _template(core.family.linker_script).render(
        title=machine.name if whole_machine else core.part.name,
        vectors_origin=f"0x{machine.vectors_origin:08X}",
        vectors_bytes=64,
        flash_origin=f"0x{machine.flash_origin:08X}",
        flash_bytes=flash_bytes,
        ram_origin=f"0x{machine.ram_origin:08X}",
        ram_bytes=ram_bytes,
        stack_bytes=-(-stack_bytes // alignment) * alignment,
        store_origin=f"0x{machine.store_origin:08X}" if with_store else "",
        store_bytes=STORE_BYTES,
    )


@cache
def _template(name: str) -> jinja2.Template:
    loader = jinja2.PackageLoader("integrad_templates", "")
    return jinja2.Environment(loader=loader, trim_blocks=True, lstrip_blocks=True).get_template(name)


def special_flags(tools: Toolchain, source: Path) -> list[str]:
    """Options of the compiler for one of the device files alone."""
    # gcc would replace the loop in memcpy by a call of memcpy.
    if source == DEVICE / MEMORY_FUNCTIONS and tools.name == "gcc":
        return ["-fno-tree-loop-distribute-patterns"]
    return []


def link_firmware(
    tools: Toolchain,
    core: Core,
    whole_machine: bool,
    script: Path,
    objects: list[Path],
    elf: Path,
    map_file: Path,
    libraries: Sequence[str] = (),
    what: str = "the network",
) -> None:
    """Link objects with a linker script. libraries: options of the linker that name some; what: is too large
    if it does not fit. Raises DoesNotFitError or IntegradError as build_firmware() does."""
    through_gcc = tools.name == "gcc"
    command = [*tools.link, *(tools.core_flags(core) if through_gcc else ()), *map(str, objects)]
    command += ["-T", str(script)]
    for option in ("--gc-sections", f"-Map={map_file}"):
        command += ["-Xlinker", option] if through_gcc else [option]
    command += [*libraries, *(["-lgcc"] if tools.has_runtime_library else [])]
    result = run_tool([*command, "-o", str(elf)])
    if result.returncode:
        if needs := overflow(result.stderr, core.memory_bytes(whole_machine)):
            raise DoesNotFitError(core, needs, what)
        text = result.stderr.replace(f"{elf.parent}{os.sep}", "")  # a temporary folder
        raise IntegradError(f"{tools.name} cannot link {what}: {first_error(text)}")


def overflow(text: str, memory_bytes: tuple[int, int]) -> dict[str, tuple[int, int]]:
    """What a linker says is too small: "flash" or "RAM" → (needed, available) bytes. memory_bytes: of both
    memories."""
    needs = {}
    for memory, has in zip(("FLASH", "RAM"), memory_bytes, strict=True):
        # Each section that does not fit is reported with the excess up to its end, so the largest one counts.
        excess = re.findall(rf"region [`']{memory}'(?:: | )overflowed by (\d+) bytes", text)
        if excess:
            needs["flash" if memory == "FLASH" else memory] = (has + max(map(int, excess)), has)
    return needs
