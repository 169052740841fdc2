"""Build native modules of MicroPython (.mpy) from the generated C, one per architecture."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from integrad.build.micropython_source import contents_of, get_sources
from integrad.build.object_key import compiler_identity, digest_of, read_texts
from integrad.build.objects import compile_object, find, keep, listed
from integrad.build.toolchain import DEVICE, first_error
from integrad.errors import IntegradError, UsageError
from integrad.programs import ask, find_program
from integrad.targets.cores import Core, micropython_cores, micropython_flags
from integrad.targets.families import ARM
from integrad_codegen.c.runtime import ONE_UNIT, SMALL

CONFIGURATION = "config.h"

FLAGS = (
    *("-std=c99", "-Wall", "-Werror", "-DNDEBUG", "-fpic", "-fno-common", "-fvisibility=hidden"),
    *("-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables", "-U_FORTIFY_SOURCE"),
    # No implicit calls to memset, memcpy or the jump tables of a library.
    *("-fno-tree-loop-distribute-patterns", "-fno-jump-tables"),
    # The kernels are static functions of the model's own file, and bytes count as much as instructions.
    *(f"-D{ONE_UNIT}", f"-D{SMALL}"),
    *("-DNO_QSTR", "-DMICROPY_ENABLE_DYNRUNTIME=1", f'-DMP_CONFIGFILE="{CONFIGURATION}"'),
)
FREESTANDING = ("-ffreestanding", f"-isystem{DEVICE / 'micropython/libc'}")
SMALLEST, FAST = "-Os", "-O2"
"""Optimisation of modules whose kernels are optimised by hand, and of what the compiler has to optimise."""
SMALLER = ("-fno-tree-loop-optimize", "-fno-schedule-insns2")
"""For cores whose kernels leave no important loops to the compiler: saves 3 % of the bytes."""
RUNTIME = ("bare_metal/memory.c",)
"""Copying, which is linked instead of a library, as are the helpers of the family of cores: division and the
like, where a core has no instructions for them."""


@dataclass(frozen=True)
class Architecture:
    """An architecture of native code, by its name in MicroPython.

    cores: processors that can run it, for display. level: of optimisation. machine: expected target of the
    compiler, if compilers for other targets have the same name.
    """

    name: str
    cores: str
    compiler: str
    flags: tuple[str, ...]
    floats: str
    runtime: tuple[str, ...] = ()
    brings: str = ""
    machine: str = ""
    level: str = SMALLEST

    def trouble(self) -> str:
        """Why it cannot be compiled for here, with a remedy; "" if it can."""
        if not find_program(self.compiler):
            return f"{self.name} requires {self.compiler}, which is not installed; {self.brings}"
        if self.machine:
            answer = ask(self.compiler, "-dumpmachine")
            if answer.partition("-")[0] != self.machine:
                found = answer.strip() or "an unknown machine"
                wanted = f"{self.name} requires a {self.compiler} for {self.machine}"
                return f"{wanted}; the installed one is for {found}"
        return ""


def _of_core(core: Core) -> Architecture:
    board, family = core.micropython, core.family
    smaller = () if core.keeps_loops else SMALLER
    return Architecture(
        *(board.architecture, board.runs_on, family.gcc),
        (*micropython_flags(core), *FREESTANDING, *smaller),
        board.floats,
        (family.helpers, *RUNTIME),
        family.brings_gcc,
        level=SMALLEST if family is ARM else FAST,
    )


ARCHITECTURES = {
    architecture.name: architecture
    for architecture in (
        *map(_of_core, micropython_cores().values()),
        Architecture(
            *("xtensawin", "ESP32, ESP32-S3", "xtensa-esp32-elf-gcc", (), "FLOAT"),
            brings="Espressif's xtensa-esp32-elf-gcc on the PATH",
        ),
        Architecture(
            *("x64", "MicroPython on a PC", "gcc", ("-fno-stack-protector",), "DOUBLE"),
            brings="apt-get install gcc (as root)",
            machine="x86_64",
        ),
    )
}


def installed_architectures() -> list[str]:
    """Names of the architectures whose compiler is installed."""
    return [name for name, architecture in ARCHITECTURES.items() if not architecture.trouble()]


def get_architecture(name: str) -> Architecture:
    """The architecture of this name. Raises UsageError, which lists the known ones."""
    if name not in ARCHITECTURES:
        raise UsageError(f"unknown architecture {name!r}; known architectures: {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name]


def build_module(sources: Mapping[str, str], name: str, architecture: Architecture) -> bytes:
    """The .mpy file of module `name`, built from C sources, one of which is NAME_module.c (without the _).

    sources: path → text, from emit_module(). Deterministic for the same compiler, so a module is kept like an
    object file. Raises IntegradError if the compiler or the sources of MicroPython are missing, with the
    first error of the compiler if it fails, or if the module contains something that is not allowed:
    variables or functions of a library.
    """
    if trouble := architecture.trouble():
        raise IntegradError(trouble)
    tree = get_sources()
    contents = str(tree), contents_of(tree)
    key = _key(sources, name, architecture, contents)
    if (module := find(key)) is None:
        with tempfile.TemporaryDirectory(prefix="integrad-") as folder:
            glue = sources.get(_glue(name), "")
            (Path(folder) / CONFIGURATION).write_bytes(_configuration(glue, tree, contents))
            module, headers = _build(sources, name, architecture, tree, Path(folder))
            keep(key, module, headers)
    return module


def _glue(name: str) -> str:
    return f"{name.removeprefix('_')}_module.c"


def _key(sources: Mapping[str, str], name: str, architecture: Architecture, contents: object) -> str:
    """The digest of all that a module is made of, except headers of the system. contents: of MicroPython's
    tree."""
    own = [DEVICE / file for file in architecture.runtime]
    own += sorted((DEVICE / "micropython/libc").rglob("*.h"))
    texts = [text for path in own for text in read_texts((), [], path)]
    identity = compiler_identity(architecture.compiler, architecture.compiler)
    settings = (FAST, FLAGS, architecture, name, sorted(sources.items()), sys.version)
    return digest_of((identity, settings, contents, [text.digest for text in texts]))


def _configuration(glue: str, tree: Path, contents: object) -> bytes:
    """The header with the numbers of MicroPython's names in a module. Most modules use the same names, so it
    is kept as well."""
    key = digest_of((CONFIGURATION, contents, sorted(set(re.findall(r"MP_QSTR_\w*", glue, re.ASCII)))))
    if (header := find(key)) is None:
        with tempfile.TemporaryDirectory(prefix="integrad-") as folder:
            (Path(folder) / "glue.c").write_text(glue, encoding="utf-8")
            _run([*_mpy_ld(tree), "--preprocess", "-o", CONFIGURATION, "glue.c"], Path(folder))
            header = (Path(folder) / CONFIGURATION).read_bytes()
        keep(key, header, [])
    return header


def _mpy_ld(tree: Path) -> list[str]:
    return [sys.executable, str(tree / "tools/mpy_ld.py")]


def _build(
    sources: Mapping[str, str], name: str, architecture: Architecture, tree: Path, where: Path
) -> tuple[bytes, list[Path]]:
    """The module, built in a folder that has nothing but CONFIGURATION, and the headers of the system that
    were included."""
    for file, text in sources.items():
        (where / file).parent.mkdir(parents=True, exist_ok=True)
        (where / file).write_text(text, encoding="utf-8")
    files = [file for file in sources if file.endswith(".c") and "/" not in file]
    compiler = [architecture.compiler, *architecture.flags]
    floats = f"-DMICROPY_FLOAT_IMPL=MICROPY_FLOAT_IMPL_{architecture.floats}"
    flags = [*FLAGS, floats]
    _run([*compiler, architecture.level, *flags, "-MD", f"-I{tree}", "-I.", "-c", *files], where)
    objects = [f"{Path(file).stem}.o" for file in files]
    for file in architecture.runtime:
        objects.append(f"{Path(file).stem}.o")
        command = [*compiler, FAST, *flags]
        compile_object(architecture.compiler, command, [], DEVICE / file, where / objects[-1])
    # A single object with everything that mpy_init reaches, since mpy_ld.py links whole objects.
    together = ["-nostdlib", "-r", "-Wl,--gc-sections", "-Wl,--entry=mpy_init", "-o", "together.o"]
    _run([*compiler, *together, *objects], where)
    words = ["--arch", architecture.name, "--qstrs", CONFIGURATION, "-o", f"{name}.mpy", "together.o"]
    report = _run([*_mpy_ld(tree), *words], where)
    if not re.search(r"^bss size: +0$", report, re.MULTILINE):
        raise IntegradError(f"{name}: a module may not have static variables")
    included = {where / path for listing in where.glob("*.d") for path in listed(listing.read_text())}
    headers = [path for path in included if not (path.is_relative_to(where) or path.is_relative_to(tree))]
    return (where / f"{name}.mpy").read_bytes(), headers


def _run(command: list[str], folder: Path) -> str:
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if result.returncode:
        tool = Path(command[1] if command[0] == sys.executable else command[0]).name
        raise IntegradError(f"{tool}: {first_error(result.stderr + result.stdout)}")
    return result.stdout
