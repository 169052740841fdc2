"""Projects: complete programs for a board, without a vendor's SDK.

A project consists of the files of the target `c` in its folder model/, the drivers of the board in board/,
and what templates/project/ adds: the application, the build files, the linker script, a README.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files as resources
from pathlib import Path

from integrad import __version__
from integrad.build.toolchain import FREESTANDING
from integrad.emulate.chips import MODELLED, emulator_names
from integrad.estimate.store_costs import StoreMemory
from integrad.export.board_driver import Driver, Macro
from integrad.export.board_drivers import driver_of
from integrad.export.leftovers import MARKER
from integrad.export.project_fit import has_spare_memory
from integrad.export.project_memory import ProjectMemory
from integrad.export.target import Files, Request
from integrad.files import utf8
from integrad.targets.boards import SERIAL_BY, Board
from integrad.targets.cores import core_of
from integrad.targets.uf2_families import UF2_FAMILIES
from integrad_codegen.c.layout import commented, paragraph, wrapped
from integrad_codegen.c.module import emit_c
from integrad_codegen.c.runtime import runtime_files
from integrad_codegen.c.serial import emit_serial
from integrad_codegen.file_sets import merged
from integrad_codegen.kind_templates import environment_for

SHARED = ("board.h", "core.h", "driver.h", "flash.h", "interrupts.h", "memories.h", "wait.h")
"""Headers of device/board/ that all drivers may include."""

MEMORY_FUNCTIONS = "memory.c"

BAUD, RECEIVE_BYTES = 115200, 512
"""Of the serial port. The buffer holds a request of the protocol, which the host repeats if it is lost."""

YOURS = "main.c"
"""The file that a user edits: it is not replaced if somebody did."""

CHECKSUM = "main_crc"


@dataclass(frozen=True)
class Project:
    """A project for a board. store: the flash of the board, None if its geometry is not known."""

    board: Board
    store: StoreMemory | None

    @property
    def driver(self) -> Driver:
        return driver_of(self.board)

    def memory(self, request: Request) -> ProjectMemory:
        return ProjectMemory.of(self.board, request.plan, self.driver.boot_bytes, self.store)

    def files(self, request: Request) -> Files:
        """Path → contents of all files of the project."""
        emitted = emit_c(request.model, request.plan, request.command, request.measurements)
        emitted |= runtime_files() | emit_serial(request.model, request.plan)
        model = {f"model/{path}": text for path, text in emitted.items()}
        drivers = {f"board/{path}": text for path, text in self._driver_files(request).items()}
        names = self._names(request, [*model, *drivers])
        project = self._rendered(names)
        return merged(model, drivers, project, {MARKER: self._marker(request, project[YOURS])})

    def _driver_files(self, request: Request) -> Files:
        own = self.driver.files(self.board)
        return merged(_driver_sources(self.driver), own, {"board_config.h": self._config(request)})

    def _config(self, request: Request) -> str:
        """The text of board_config.h."""
        board, driver, memory = self.board, self.driver, self.memory(request)
        macros = [
            Macro("BOARD_INTERRUPTS", driver.interrupts, "of the chip, besides those of the core"),
            Macro("BOARD_SERIAL_INTERRUPT", driver.serial_interrupts[board.serial], board.serial),
            Macro("BOARD_SERIAL_BAUD", f"{BAUD}u"),
            Macro("BOARD_RECEIVE_BYTES", f"{RECEIVE_BYTES}u"),
            *driver.macros(board),
        ]
        geometry = memory.slots, memory.slot_bytes, memory.block_bytes, memory.unit_bytes
        return board_config(board.title, macros, geometry, driver.headers)

    def _names(self, request: Request, paths: list[str]) -> dict:
        plan, board, driver = request.plan, self.board, self.driver
        core = core_of(board.part)
        sources = sorted(path for path in paths if path.endswith(".c"))
        return {
            "p": plan.prefix,
            "P": plan.prefix.upper(),
            "plan": plan,
            "learns": plan.batch > 0,
            "has_spare": has_spare_memory(request.model, plan, board.part),
            "board": board,
            "driver": driver,
            "memory": self.memory(request),
            "core_flags": core.flags["gcc"],
            "compile_flags": [flag for flag in FREESTANDING if flag != "-Werror"],
            "tools": core.family.gcc.removesuffix("gcc"),
            "processor": core.family.name.lower().replace("-", ""),
            "gcc_package": core.family.gcc_package,
            "sources": [path for path in sources if path.startswith("board/")],
            "model_sources": [path for path in sources if path.startswith("model/")],
            "memory_functions": f"board/{MEMORY_FUNCTIONS}",
            "class_names": request.model.class_names,
            "command": request.command,
            "version": __version__,
            "uf2_family": UF2_FAMILIES.get(board.uf2_family),
            "serial_by": SERIAL_BY[board.serial_by],
            "baud": BAUD,
            "emulators": emulator_names(board),
            "modelled": board.name in MODELLED,
        }

    def _rendered(self, names: dict) -> Files:
        found = {
            YOURS: render("main.c", **names),
            "README.md": render("README.md", **names),
            "CMakeLists.txt": render("CMakeLists.txt", **names),
            "toolchain.cmake": render("toolchain.cmake", **names),
            "board.ld": render(self.driver.linker, **names),
        }
        if self.board.uf2_family:
            found["uf2.S"] = render("uf2.S", **names)
        return found

    def _marker(self, request: Request, yours: str) -> bytes:
        """Tells the projects of different boards and models apart (see export/writing.py), and whether
        somebody has edited main.c."""
        fields = {"target": self.board.name, "name": request.plan.prefix, "version": __version__}
        return utf8(json.dumps(fields | {CHECKSUM: zlib.crc32(utf8(yours))}, indent=2) + "\n")


def render(name: str, **names) -> str:
    """A file of a project, from its template."""
    environment = environment_for("project")
    environment.filters["paragraph"] = paragraph
    environment.globals["wrapped"] = wrapped
    text = environment.get_template(f"{name}.jinja").render(**names)
    return re.sub(r"\n{3,}", "\n\n", text)


def board_config(
    title: str, macros: list[Macro], geometry: tuple[int, int, int, int], headers: Sequence[str] = ()
) -> str:
    """The text of board_config.h. geometry: slots of the weight store, bytes of a slot, a block and a
    unit."""
    names = ("SLOTS", "SLOT_BYTES", "BLOCK_BYTES", "UNIT_BYTES")
    comments = ("", "", "erased at once", "programmed at once")
    store = [
        Macro(f"BOARD_STORE_{name}", value, comment)
        for name, value, comment in zip(names, geometry, comments, strict=True)
    ]
    lines = {"macros": _lines(macros), "store": _lines(store)}
    return render("board_config.h", title=title, headers=headers, **lines)


def is_edited(out: Path) -> bool:
    """Whether the folder has an application that is not as it was generated there."""
    try:
        return zlib.crc32((out / YOURS).read_bytes()) != json.loads((out / MARKER).read_bytes())[CHECKSUM]
    except FileNotFoundError:
        return (out / YOURS).exists()
    except (OSError, ValueError, KeyError, TypeError):
        return True


def _driver_sources(driver: Driver) -> Files:
    """Path below board/ → text of the drivers and the headers that belong to them."""
    root = resources("integrad_device") / "board"
    folders = dict.fromkeys(source.rpartition("/")[0] for source in driver.sources)
    headers = [
        f"{folder}/{path.name}"
        for folder in filter(None, folders)
        for path in (root / folder).iterdir()
        if path.name.endswith(".h")
    ]
    found = {name: root / name for name in sorted({*SHARED, *headers, *driver.sources})}
    found[MEMORY_FUNCTIONS] = resources("integrad_device") / "bare_metal/memory.c"
    return {name: path.read_text(encoding="utf-8") for name, path in found.items()}


def _lines(macros: list[Macro]) -> list[str]:
    """The lines of a header that define them."""
    lines = [(f"#define {macro.name} {macro.value}", macro.comment) for macro in macros]
    found: list[str] = []
    group: list[tuple[str, str]] = []
    for code, comment in lines:
        if comment:
            group.append((code, comment))
            continue
        found += [*commented(group), code]
        group = []
    return found + commented(group)
