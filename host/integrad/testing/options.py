"""The options of the plugin of pytest: each is a command-line option, a key of the settings and a fixture.

This module is imported whenever pytest starts, and therefore imports next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

PREFIX = "--integrad-"

PYPROJECT, TABLE = "pyproject.toml", "tool.integrad"
"""The file with the settings, and their table."""

SCOPES = ("function", "class", "module", "session")
"""How long tests may share a device; the first is the usual one."""

INSTRUCTIONS, SECONDS = 200_000_000, 60.0
"""Usual limits of a wait: executed instructions where they are counted, seconds of the host in any case."""

SERVICE = "integrad"
"""Of --embedded-services: a `dut` of pytest-embedded that is an emulated core."""


@dataclass(frozen=True)
class Option:
    """A setting that a command line or a parameter of a test may replace.

    name: `core` of --integrad-core and of the fixture integrad_core. key: of the settings. convert: from the
    text on a command line to what the file has.
    """

    name: str
    key: str
    metavar: str
    help: str
    convert: Callable[[str], object] = str

    @property
    def flag(self) -> str:
        return PREFIX + self.name

    @property
    def fixture(self) -> str:
        return f"integrad_{self.name.replace('-', '_')}"

    @property
    def attribute(self) -> str:
        """Of Settings."""
        return self.key.replace("-", "_")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


CORE = Option("core", "cores", "NAMES", "cores to test on, with commas: each test once per core", _names)
BOARD = Option("board", "boards", "NAMES", "boards in emulators of their chips, such as pico", _names)

OPTIONS = (
    Option("emulator", "emulator", "NAME", "qemu or unicorn"),
    Option("model", "model", "FILE", "model file whose code the firmware contains"),
    Option("name", "name", "NAME", "name of the model in the code"),
    Option("learn", "learn", "LAYERS", "layers that learn on the device, such as last:1"),
    Option("batch-size", "batch-size", "COUNT", "samples of a training step", int),
    Option("sources", "sources", "FILES", "C files of the application, such as src/*.c", _names),
    Option("include", "include", "FOLDERS", "where the application's headers are", _names),
    Option("defines", "defines", "MACROS", "macros of the application, such as UNIT=1", _names),
    Option("cmake", "cmake", "FOLDER", "folder of a CMakeLists.txt that builds the firmware"),
    Option("target", "target", "NAME", "executable of that CMake project"),
    Option("elf", "elf", "FILE", "firmware that has been built already"),
    Option("part", "part", "NAME", "microcontroller whose memory the core has"),
    Option("flash-bytes", "flash-bytes", "SIZE", "of the core's flash instead, such as 64KB"),
    Option("ram-bytes", "ram-bytes", "SIZE", "of the core's RAM instead, such as 16KB"),
    Option("ready", "ready", "PATTERN", "regular expression: what the firmware prints when it can be tested"),
    Option("instructions", "instructions", "COUNT", "limit of a wait, such as 200M"),
    Option("timeout", "timeout", "SECONDS", "after which a wait ends in any case", float),
)
"""Of one device; CORE and BOARD choose the devices. Settings read them from [tool.integrad] too."""
