"""Settings of tests of firmware: the table [tool.integrad] of pyproject.toml, or another TOML file.

    [tool.integrad]
    model = "models/gesture.model"      # exported into the build, under the name below
    name = "gesture"
    learn = "last:1"                    # layers that learn on the device; "none" by default
    batch-size = 1
    sources = ["src/*.c"]               # or a CMake project: cmake = "." with target = "app"; or a program
    include = ["src"]                   # that is there: elf = "build/app.elf"; or, with none of them, the
    defines = ["UNIT=1"]                # program that `integrad project` makes
    cores = ["m0"]
    part = "STM32F072RB"                # whose memory the core has,
    flash-bytes = "64 KB"               # or that of this size
    ram-bytes = "16 KB"
    boards = ["pico"]                   # emulated boards
    emulator = "qemu"                   # or "unicorn"
    ready = "ready\\r\\n"                 # regular expression that the program prints when it can be tested
    instructions = "200 M"              # limit of a wait
    timeout = 60                        # seconds, after which a wait ends in any case
    scope = "function"                  # of the emulated device: function, class, module or session
    unit-tests = ["tests/c/test_*.c"]
    data = "data/test.npz"              # or the name of a bundled data set

    [tool.integrad.budget]              # of all cores; [tool.integrad.budget.m0] of one
    flash = "64 KB"
    ram = "16 KB"
    stack = 2048
    instructions-per-inference = 300_000
    instructions-per-step = "2 M"
    accuracy = 0.9
    accuracy-after-tuning = 0.9
    tuning = {samples = 100, only = "person=anna"}

Paths are relative to the folder of the file. In a file with another name than pyproject.toml, the keys may
also stand at the top level.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from integrad.datasets import BUNDLED
from integrad.errors import IntegradError, UsageError, one_line
from integrad.network.learn_set import LearnSet
from integrad.targets.boards import find_board
from integrad.targets.cores import CORES, USUAL, Core, core_of, get_core
from integrad.targets.parts import find_part
from integrad.testing import values
from integrad.testing.budget import Budget, read_budgets, read_keys
from integrad.testing.options import INSTRUCTIONS, PYPROJECT, SCOPES, SECONDS, TABLE
from integrad.testing.values import Place
from integrad.toml_file import read_toml
from integrad_codegen.names import check_name
from integrad_codegen.plan import MAX_BATCH

EMULATORS = ("qemu", "unicorn")


@dataclass(frozen=True)
class Settings:
    """The keys of the file, in the form that programs use; paths are absolute.

    place: the table, for messages. sources, unit_tests: the files that the patterns match. data: a path or
    the name of a bundled data set. budgets: of every core, whether or not it is among `cores`.
    """

    place: Place
    model: Path | None = None
    name: str | None = None
    learn: str = "none"
    batch_size: int = 1
    sources: tuple[Path, ...] = ()
    include: tuple[Path, ...] = ()
    defines: tuple[str, ...] = ()
    cmake: Path | None = None
    target: str | None = None
    elf: Path | None = None
    cores: tuple[str, ...] = (USUAL,)
    part: str | None = None
    flash_bytes: int | None = None
    ram_bytes: int | None = None
    boards: tuple[str, ...] = ()
    emulator: str = "qemu"
    ready: str | None = None
    instructions: int = INSTRUCTIONS
    timeout: float = SECONDS
    scope: str = SCOPES[0]
    unit_tests: tuple[Path, ...] = ()
    data: str | None = None
    budgets: dict[str, Budget] = field(default_factory=lambda: dict.fromkeys(CORES, Budget()))

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return self.place.folder

    def core(self, name: str) -> Core:
        """The core of this name, with the memory that the settings give it."""
        core = CORES[name]
        part = core.part if self.part is None else find_part(self.part)
        sizes = {"flash_bytes": self.flash_bytes, "ram_bytes": self.ram_bytes}
        given = {key: value for key, value in sizes.items() if value is not None}
        return replace(core, part=replace(part, **given)) if given or self.part else core

    def changed(self, option: str, **changes) -> Settings:
        """The same with other values, as in the file, of some keys (with _ for -). option: that gave them,
        for messages, or where several of them stand; its paths are relative to the working folder."""
        place, found = Place(f"{option}:", Path.cwd()), {}
        for name, value in changes.items():
            key = name.replace("_", "-")
            found[name] = KEYS[key](place if option.startswith("--") else place.inner(key), value)
        return _checked(replace(self, **found), place)


def read_settings(start: Path | None = None, config: Path | None = None) -> Settings:
    """The settings for tests in the folder `start`, or those of a file that is named.

    Without `config`, they are in the nearest pyproject.toml with a table [tool.integrad], in this folder or
    above; if there is none, everything has its default. Raises UsageError with one line that names the file
    and the key.
    """
    start = Path.cwd() if start is None else Path(start)
    try:
        if config is None:
            return _found(start.resolve())
        document = read_toml(str(config), "settings")
    except IntegradError as error:
        raise UsageError(str(error)) from error
    return _read(Path(config), document)


def _found(start: Path) -> Settings:
    for folder in (start, *start.parents):
        path = folder / PYPROJECT
        if path.is_file():
            document = read_toml(shown_path(path), "settings")
            if _own(document) is not None:
                return _read(path, document)
    return Settings(Place(f"{PYPROJECT}: [{TABLE}]", start))


def _own(document: dict):
    """The table [tool.integrad], or None."""
    tool = document.get("tool")
    return tool.get("integrad") if isinstance(tool, dict) else None


def _read(path: Path, document: dict) -> Settings:
    own, shown = _own(document), f"{shown_path(path)}:"
    if own is None and path.name == PYPROJECT:
        raise UsageError(f"{shown_path(path)}: has no table [{TABLE}]")
    place = Place(f"{shown} [{TABLE}]" if own is not None else shown, path.resolve().parent)
    given = values.table(place, document if own is None else own, [*KEYS, "budget"])
    budgets = read_budgets(place.inner("budget"), given.get("budget", {}), tuple(CORES))
    found = read_keys(place, {key: value for key, value in given.items() if key != "budget"}, KEYS)
    return _checked(Settings(place, **found, budgets=budgets), place)


def shown_path(path: Path) -> str:
    """The path as users would type it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return os.fspath(path)


def _checked(settings: Settings, place: Place) -> Settings:
    """The settings, if their keys agree with each other."""
    ways = [key for key in ("sources", "cmake", "elf") if getattr(settings, key)]
    if len(ways) > 1:
        raise place.refusal(f"{ways[0]} and {ways[1]} contradict each other; keep one of them")
    if (settings.target is None) != (settings.cmake is None):
        raise place.refusal(
            "cmake and target belong together: the folder of CMakeLists.txt and an executable"
        )
    if settings.elf and len(settings.cores) + len(settings.boards) > 1:
        raise place.refusal("elf is a program for one core; name that one in cores")
    if settings.part:
        of_part = core_of(find_part(settings.part)).name
        if wrong := [core for core in settings.cores if core != of_part]:
            raise place.refusal(f"part {settings.part}: has the core {of_part}, while cores has {wrong[0]}")
    return settings


def _core_names(place: Place, value) -> tuple[str, ...]:
    names = values.texts(place, value)
    if not names:
        raise place.refusal(f"names no core; known cores: {', '.join(CORES)}")
    try:
        return tuple(dict.fromkeys(get_core(name).name for name in names))
    except UsageError as error:
        raise place.refusal(str(error)) from None


def _boards(place: Place, value) -> tuple[str, ...]:
    return tuple(find_board(item, f"{place}: ").name for item in values.texts(place, value))


def _part(place: Place, value) -> str:
    return find_part(values.text(place, value), f"{place}: ").name


def _learn(place: Place, value) -> str:
    try:
        LearnSet.parse(values.text(place, value), 0)
    except UsageError as error:
        raise place.refusal(str(error).removeprefix("learn ")) from None
    return value


def _name(place: Place, value) -> str:
    if not re.fullmatch("[a-z][a-z0-9_]{0,39}", values.text(place, value)):
        raise place.refusal(f"{value!r:.50}: must consist of at most 40 lower-case letters, digits and _")
    try:
        check_name(value)
    except UsageError as error:
        raise place.refusal(
            str(error).removeprefix("name ").removesuffix("; choose another --name")
        ) from None
    return value


def _defines(place: Place, value) -> tuple[str, ...]:
    for item in values.texts(place, value):
        if not re.fullmatch(r"[A-Za-z_]\w*(=.*)?", item, re.ASCII):
            raise place.refusal(f"{item!r:.50}: must be NAME or NAME=VALUE")
    return tuple(value)


def _pattern(place: Place, value) -> str:
    try:
        re.compile(values.text(place, value))
    except (re.error, RecursionError, OverflowError) as error:
        raise place.refusal(f"{value!r:.50} is not a regular expression: {one_line(error)}") from None
    return value


def _data(place: Place, value) -> str:
    return value if values.text(place, value) in BUNDLED else str(values.file(place, value))


KEYS = {
    "model": values.file,
    "name": _name,
    "learn": _learn,
    "batch-size": lambda place, value: values.whole(place, value, 1, MAX_BATCH),
    "sources": values.files,
    "include": values.folders,
    "defines": _defines,
    "cmake": values.folder,
    "target": values.text,
    "elf": values.file,
    "cores": _core_names,
    "part": _part,
    "flash-bytes": values.size,
    "ram-bytes": values.size,
    "boards": _boards,
    "emulator": lambda place, value: values.choice(place, value, EMULATORS),
    "ready": _pattern,
    "instructions": values.instructions,
    "timeout": values.seconds,
    "scope": lambda place, value: values.choice(place, value, SCOPES),
    "unit-tests": values.files,
    "data": _data,
}
"""Every key but `budget` → the function that checks and converts its value."""
