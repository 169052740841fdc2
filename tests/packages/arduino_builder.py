"""Builds Arduino sketches with the AVR core and the recipes of its platform.txt, and runs them.

The core is Debian's package arduino-core-avr. Libraries are found as Arduino finds them: by a header in their
folder `src`, when the preprocessor misses it.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from pathlib import Path

from integrad.build.objects import compile_object

AVR = Path("/usr/share/arduino/hardware/arduino/avr")
SOURCES = (".c", ".cpp", ".S")
MEGA, UNO = ("mega", "mega.menu.cpu.atmega2560"), ("uno",)
"""Beginnings of the settings of a board in boards.txt. No test builds for UNO, which takes as long again."""


def properties(path: Path) -> dict[str, str]:
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


class Builder:
    """board: MEGA or UNO. libraries: folders that hold libraries."""

    def __init__(self, board: tuple[str, ...], libraries: list[Path], folder: Path):
        self.settings = properties(AVR / "platform.txt")
        for beginning in board:
            for name, value in properties(AVR / "boards.txt").items():
                if name.startswith(f"{beginning}."):
                    self.settings[name.removeprefix(f"{beginning}.")] = value
        self.settings |= {"runtime.ide.version": "10819", "build.arch": "AVR", "compiler.path": ""}
        self.settings["compiler.warning_flags"] = "-Wall -Wextra"
        # The core needs a newer gcc than Debian's, whose float.h lacks this in C++.
        self.settings["compiler.cpp.extra_flags"] = "-DDECIMAL_DIG=__DECIMAL_DIG__"
        self.core = [AVR / "cores/arduino", AVR / "variants" / self.settings["build.variant"]]
        self.libraries = [*libraries, AVR / "libraries"]
        self.folder = folder

    @property
    def mcu(self) -> str:
        return self.settings["build.mcu"]

    def build(self, sketch: Path) -> Path:
        """The ELF file of a sketch."""
        main = self.folder / f"{sketch.name}.ino.cpp"
        main.parent.mkdir(parents=True, exist_ok=True)
        main.write_text(f"#include <Arduino.h>\n{(sketch / f'{sketch.name}.ino').read_text()}")
        own = [main, *(path for path in sorted(sketch.iterdir()) if path.suffix in SOURCES)]
        libraries = self.resolved(own, sketch)
        includes = [*self.core, *libraries, sketch]
        objects = [self.compile(source, includes) for source in own]
        for library in libraries:
            objects += [self.compile(source, includes) for source in sources_of(library)]
        if not (self.folder / "core.a").exists():
            parts = [self.compile(source, self.core) for source in sources_of(self.core[0])]
            names = '" "'.join(map(str, parts))
            self.run("recipe.ar.pattern", archive_file_path=self.folder / "core.a", object_file=names)
        self.run(
            "recipe.c.combine.pattern",
            **{"build.path": self.folder, "build.project_name": sketch.name, "archive_file": "core.a"},
            object_files=" ".join(map(str, objects)),
        )
        return self.folder / f"{sketch.name}.elf"

    def resolved(self, sources: list[Path], sketch: Path) -> list[Path]:
        """The folders `src` of the libraries that these sources, and the libraries of models, include."""
        found: list[Path] = []
        remaining = list(sources)
        while remaining:
            words = self.command(remaining[0], [*self.core, *found, sketch])
            done = subprocess.run([*words, "-E", remaining[0]], capture_output=True, text=True)
            missing = re.search(r"fatal error: (\S+): No such file", done.stderr)
            if done.returncode == 0:
                remaining.pop(0)
                continue
            assert missing, done.stderr
            library = self.library_with(missing[1])
            found.append(library)
            remaining += [path for path in sources_of(library) if path.parent == library]
        return found

    def library_with(self, header: str) -> Path:
        assert "/" not in header, f"{header}: libraries are found by headers in src only"
        found = [path.parent for folder in self.libraries for path in folder.glob(f"*/src/{header}")]
        assert len(found) == 1, f"{header}: {found}"
        return found[0]

    def command(self, source: Path, includes: list[Path]) -> list[str]:
        """Compiler and flags, with folders of headers."""
        kind = {".c": "c", ".cpp": "cpp", ".S": "S"}[source.suffix]
        words = self.words(f"recipe.{kind}.o.pattern", includes="", source_file="", object_file="")
        flags = [word for word in words if word and word not in ("-c", "-o", "-MMD")]
        return [*flags, *(f"-I{folder}" for folder in includes)]

    def compile(self, source: Path, includes: list[Path]) -> Path:
        target = self.folder / f"{'_'.join(source.parts[-4:])}.o"
        compile_object("avr-gcc", self.command(source, []), includes, source, target)
        return target

    def words(self, recipe: str, **values: object) -> list[str]:
        text, known = self.settings[recipe], self.settings | {k: str(v) for k, v in values.items()}
        while found := re.search(r"\{([\w.]+)\}", text):
            text = text.replace(found[0], known[found[1]])
        return shlex.split(text)

    def run(self, recipe: str, **values: object) -> None:
        done = subprocess.run(self.words(recipe, **values), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def printed(self, elf: Path, lines: int, time_limit: float = 60) -> list[str]:
        """The first lines that a sketch prints in simavr."""
        command = ["simavr", "-m", self.mcu, "-f", "16000000", str(elf)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        found, end = [], time.monotonic() + time_limit
        try:
            for line in process.stdout:
                text = re.sub(r"\x1b\[[\d;]*m", "", line).strip().rstrip(".")
                if text and not text.startswith("Loaded "):
                    found.append(text)
                if len(found) == lines or time.monotonic() > end:
                    break
        finally:
            process.kill()
            process.wait()
        return found


def sources_of(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.suffix in SOURCES]


def ram_and_flash(elf: Path) -> tuple[int, int]:
    """Bytes of variables, and of flash, without the stack."""
    output = subprocess.run(["avr-size", elf], capture_output=True, text=True, check=True).stdout
    text, data, bss = map(int, output.splitlines()[1].split()[:3])
    return data + bss, text + data
