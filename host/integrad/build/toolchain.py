"""Compilers for bare-metal cores: how to find them, and the options that all firmware is compiled with."""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from integrad.errors import IntegradError, UsageError
from integrad.programs import find_program
from integrad.targets.cores import Core
from integrad.targets.families import ARM, PIP, Family

DEVICE = Path(str(files("integrad_device")))

WARNINGS = (
    *("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wpedantic", "-Werror"),
    *("-fstrict-aliasing", "-Wstrict-aliasing=2"),
)
FREESTANDING = ("-std=c99", "-ffreestanding", "-ffunction-sections", "-fdata-sections", *WARNINGS)

# Functions are not inlined unless declared `inline`, so that a profile by function is a profile by layer.
GCC_SEPARATE = (
    "-fno-inline-functions",
    "-fno-inline-small-functions",
    "-fno-inline-functions-called-once",
    "-fno-partial-inlining",
    "-fno-ipa-cp",
    "-fno-ipa-sra",
    "-fno-ipa-icf",
)
LLVM_SEPARATE = ("-finline-hint-functions",)


@dataclass(frozen=True)
class Toolchain:
    """A compiler for a family of cores. `link` is the command of the linker, or of gcc if it links."""

    name: str
    compile: tuple[str, ...]
    link: tuple[str, ...]
    flags: tuple[str, ...]
    sources: tuple[str, ...]
    has_runtime_library: bool

    def core_flags(self, core: Core) -> tuple[str, ...]:
        return core.flags[self.name]


def find_toolchain(name: str | None = None, family: Family = ARM) -> Toolchain:
    """The toolchain of this name (gcc, clang, zig) for a family, or the first of gcc and zig that is
    installed.

    Raises IntegradError, with how to install it, if it is missing, and UsageError for another name.
    """
    candidates = {"gcc": _find_gcc, "clang": _find_clang, "zig": _find_zig}
    if name is None:
        found = _find_gcc(family) or _find_zig(family)
        if found is None:
            raise IntegradError(f"no compiler for {family.name} is installed; {family.brings_compiler}")
        return found
    if name not in candidates:
        raise UsageError(f"unknown toolchain {name!r}; known toolchains: {', '.join(candidates)}")
    if name != "gcc" and not family.helpers:
        raise UsageError(f"toolchain {name}: does not compile for {family.name}; gcc does")
    found = candidates[name](family)
    if found is None:
        command = {
            "gcc": family.brings_gcc,
            "clang": "apt-get install clang lld (as root)",
            "zig": PIP,
        }[name]
        raise IntegradError(f"toolchain {name} is not installed; {command}")
    return found


def _find_gcc(family: Family) -> Toolchain | None:
    gcc = find_program(family.gcc)
    if gcc is None:
        return None
    return Toolchain("gcc", (gcc,), (gcc, "-nostdlib"), GCC_SEPARATE, (), True)


def _find_clang(family: Family) -> Toolchain | None:
    clang, linker = find_program("clang"), find_program("ld.lld")
    if clang is None or linker is None:
        return None
    return Toolchain("clang", (clang,), (linker,), LLVM_SEPARATE, (family.helpers,), False)


def _find_zig(family: Family) -> Toolchain | None:
    if importlib.util.find_spec("ziglang") is None or not family.helpers:
        return None
    zig = (sys.executable, "-m", "ziglang")
    flags = (*LLVM_SEPARATE, "-fno-sanitize=undefined")
    return Toolchain("zig", (*zig, "cc"), (*zig, "ld.lld"), flags, (family.helpers,), False)


def first_error(text: str) -> str:
    """The first line of compiler output that reports an error, or else the last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    reports = r"\b(error|undefined reference|multiple definition|cannot find)\b"
    errors = [line for line in lines if re.search(reports, line)]
    return (errors or lines[-1:] or ["no message"])[0]
