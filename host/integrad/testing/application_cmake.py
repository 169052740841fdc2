"""Firmware from the CMake project of a user, which need not know of integrad.

A toolchain file makes CMake compile for the core. Start-up, drivers and the exported model are a library that
CMake takes for a part of the C library: every executable is linked with it, and finds its headers.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

from integrad.build.firmware import DoesNotFitError, overflow
from integrad.build.objects import run_tool
from integrad.build.toolchain import DEVICE, Toolchain, first_error
from integrad.errors import IntegradError
from integrad.model_file import Model
from integrad.programs import find_program
from integrad.targets.cores import Core
from integrad.testing.application_sources import SCRIPT, application_flags, build_support, c_library
from integrad.testing.kept_builds import builds_folder, locked, remove_oldest
from integrad.testing.settings import Settings
from integrad_codegen.plan import Plan

LIBRARY, TOOLCHAIN_FILE = "libintegrad.a", "toolchain.cmake"

BRINGS_CMAKE = "apt-get install cmake (as root), or pip install cmake"

QUERY = ".cmake/api/v1/query/codemodel-v2"
"""Asks CMake to describe the targets of a project in files."""


def build_cmake_support(
    settings: Settings, core: Core, tools: Toolchain, model: Model | None, plan: Plan | None, folder: Path
) -> None:
    """Write the library, the headers, the linker script and the toolchain file that names them."""
    _require_no_dollar(settings, folder)
    objects = build_support(core, tools, model, plan, folder)
    archiver = find_program(_program(core, "ar"))
    if archiver is None:
        raise IntegradError(f"{_program(core, 'ar')} is not installed; {core.family.brings_gcc}")
    result = run_tool([archiver, "rcs", str(folder / LIBRARY), *map(str, objects)])
    if result.returncode:
        raise IntegradError(f"{archiver}: {first_error(result.stderr)}")
    (folder / TOOLCHAIN_FILE).write_text(_toolchain_file(settings, core, tools), encoding="utf-8")


def _require_no_dollar(settings: Settings, folder: Path) -> None:
    """make and ninja take it for the beginning of a variable in the options of a toolchain file. Raises
    UsageError."""
    for path in (folder, DEVICE):
        if "$" in str(path):
            raise settings.place.inner("cmake").refusal(
                f"needs the folder {path}, but its options cannot name one with a $; move the user's cache "
                "(XDG_CACHE_HOME) or the installation elsewhere"
            )
    for name in settings.defines:
        if "$" in name:
            raise settings.place.inner("defines").refusal(
                f"{name!r} has a $, which CMake's options cannot pass on; define it in CMakeLists.txt"
            )


def _program(core: Core, name: str) -> str:
    """A command of the compiler's package."""
    return core.family.gcc.removesuffix("gcc") + name


def _toolchain_file(settings: Settings, core: Core, tools: Toolchain) -> str:
    here = "${CMAKE_CURRENT_LIST_DIR}"
    flags = " ".join([*tools.core_flags(core), *application_flags(settings, tools)]).replace('"', '\\"')
    headers = " ".join(f'"{path}"' for path in (f"{here}/source", DEVICE / "board", DEVICE))
    libraries = " ".join([f'\\"{here}/{LIBRARY}\\"', *c_library(tools), "-lgcc"])
    compilers = {"C": tools.compile[0], "ASM": tools.compile[0], "CXX": find_program(_program(core, "g++"))}
    lines = [
        "set(CMAKE_SYSTEM_NAME Generic)",
        f"set(CMAKE_SYSTEM_PROCESSOR {core.family.name.lower().replace('-', '')})",
        "# A program for a test of the compiler would have no main.",
        "set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)",
        f'set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostdlib \\"-T{here}/{SCRIPT}\\" -Wl,--gc-sections")',
    ]
    for language, compiler in compilers.items():
        lines += [f'set(CMAKE_{language}_COMPILER "{compiler}")'] if compiler else []
        lines += [
            f'set(CMAKE_{language}_FLAGS_INIT "{flags}")',
            f"set(CMAKE_{language}_STANDARD_INCLUDE_DIRECTORIES {headers})",
            f'set(CMAKE_{language}_STANDARD_LIBRARIES "{libraries}")',
        ]
    return "\n".join(lines) + "\n"


def build_cmake(settings: Settings, core: Core, support: Path) -> Path:
    """Build the target of a project, as far as something has changed. Returns the executable.

    support: the folder of build_cmake_support(). CMake builds in a folder that belongs to both.
    """
    cmake = find_program("cmake")
    if cmake is None:
        raise IntegradError(f"cmake is not installed; {BRINGS_CMAKE}")
    name = hashlib.sha256(f"{settings.cmake.resolve()} {support}".encode()).hexdigest()
    folder = builds_folder() / "cmake" / name
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder)
    remove_oldest(folder.parent)
    with locked(folder / "lock"):
        if not (folder / "CMakeCache.txt").exists() or not _reply(folder):
            _configure(cmake, settings, support, folder)
        target = _target(settings, folder)
        result = _run([cmake, "--build", str(folder), "--target", settings.target])
        if result.returncode:
            text = result.stdout + result.stderr
            if needs := overflow(text, core.memory_bytes(False)):
                raise DoesNotFitError(core, needs, "the firmware")
            raise IntegradError(f"{settings.place.inner('cmake')}: cannot be built: {_reason(text)}")
        return folder / target


def _configure(cmake: str, settings: Settings, support: Path, folder: Path) -> None:
    query = folder / QUERY
    query.parent.mkdir(parents=True, exist_ok=True)
    query.touch()
    command = [cmake, "-S", str(settings.cmake), "-B", str(folder), "-DCMAKE_BUILD_TYPE=RelWithDebInfo"]
    command += [f"-DCMAKE_TOOLCHAIN_FILE={support / TOOLCHAIN_FILE}"]
    command += ["-G", "Ninja"] if find_program("ninja") else []
    result = _run(command)
    if result.returncode:
        (folder / "CMakeCache.txt").unlink(missing_ok=True)
        reason = _reason(result.stderr)
        raise IntegradError(f"{settings.place.inner('cmake')}: cannot be configured: {reason}")


def _reason(text: str) -> str:
    """The first error of CMake, whose text is in the line below, or that of the compiler or linker."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("CMake Error"):
            return f"{line} {following}"
    return first_error(text)


def _target(settings: Settings, folder: Path) -> str:
    """The path of the executable of the target, relative to `folder`. Raises UsageError if there is none."""
    found = {}
    for path in _reply(folder):
        target = json.loads(path.read_text(encoding="utf-8"))
        if target.get("type") == "EXECUTABLE":
            found[target["name"]] = target["artifacts"][0]["path"]
    if settings.target not in found:
        known = f"its executables: {', '.join(sorted(found))}" if found else "it has none"
        raise settings.place.inner("target").refusal(
            f"{settings.cmake / 'CMakeLists.txt'} has no executable {settings.target!r}; {known}"
        )
    return found[settings.target]


def _reply(folder: Path) -> list[Path]:
    return sorted((folder / ".cmake/api/v1/reply").glob("target-*.json"))


def _run(command: list[str]) -> subprocess.CompletedProcess:
    """As run_tool(), but what the user's environment says to CMake does not count."""
    ignored = ("CFLAGS", "CXXFLAGS", "LDFLAGS", "ASMFLAGS", "CMAKE_TOOLCHAIN_FILE", "CMAKE_GENERATOR")
    environment = {key: value for key, value in os.environ.items() if key not in ignored}
    return subprocess.run(command, capture_output=True, text=True, env=environment | {"LC_ALL": "C"})
