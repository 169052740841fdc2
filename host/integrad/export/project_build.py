"""Builds a project without CMake, with the options of its CMakeLists.txt, to run it in an emulator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from integrad.build.objects import compile_object, run_tool
from integrad.build.toolchain import FREESTANDING, find_toolchain, first_error
from integrad.errors import IntegradError
from integrad.export.project import MEMORY_FUNCTIONS
from integrad.targets.boards import Board
from integrad.targets.cores import core_of

KEEP_LOOPS = "-fno-tree-loop-distribute-patterns"
"""gcc would replace the loop in memcpy by a call of memcpy."""


def build_project(folder: Path, board: Board, options: Sequence[str] = ()) -> Path:
    """Compile and link the project in a folder. Returns the ELF file, which is written to `folder`/build.

    options: more of the compiler's, which replace earlier ones. Objects of earlier builds are used again.
    Raises IntegradError with the first error of the compiler or linker.
    """
    core = core_of(board.part)
    tools = find_toolchain("gcc", core.family)
    flags = [*tools.core_flags(core), "-O2", *FREESTANDING, *options]
    out = folder / "build"
    out.mkdir(exist_ok=True)
    objects = []
    for number, source in enumerate(_sources(folder)):
        objects.append(out / f"{number:03}_{source.stem}.o")
        special = [KEEP_LOOPS] if source.name == MEMORY_FUNCTIONS else []
        includes = [folder / "board", folder / "model"]
        compile_object("gcc", [*tools.compile, *flags, *special], includes, source, objects[-1])
    elf = out / "project.elf"
    command = [*tools.link, *tools.core_flags(core), *options, f"-T{folder / 'board.ld'}"]
    result = run_tool([*command, "-Wl,--gc-sections", *map(str, objects), "-lgcc", "-o", str(elf)])
    if result.returncode:
        raise IntegradError(f"gcc cannot link the project: {first_error(result.stderr)}")
    return elf


def _sources(folder: Path) -> list[Path]:
    """The sources in the order in which CMake links them."""
    application, runtime = folder.glob("*.c"), (folder / "model/integrad").glob("*.c")
    model, board = (folder / "model").glob("*.c"), (folder / "board").rglob("*.c")
    return [path for group in (application, runtime, model, board) for path in sorted(group)]
