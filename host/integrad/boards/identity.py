"""Identification of a board: its interpreter, the native code that it accepts, and its free memory."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from integrad.boards.connection import Connection
from integrad.errors import IntegradError, one_line

ARCHITECTURES = (
    *("", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp", "xtensa"),
    *("xtensawin", "rv32imc", "rv64imc"),
)
"""Indexed by the number in sys.implementation._mpy; "" means no native code."""

ALSO_RUNS = {
    "armv7m": ("armv6m",),
    "armv7em": ("armv7m", "armv6m"),
    "armv7emsp": ("armv7em", "armv7m", "armv6m"),
    "armv7emdp": ("armv7emsp", "armv7em", "armv7m", "armv6m"),
}
"""Other architectures whose modules an architecture can run, the best first."""

QUESTION = """\
import gc, os, sys
try:
    exec("import micropython\\n@micropython.viper\\ndef f():\\n    pass")
    viper = True
except SyntaxError:
    viper = False
try:
    root = os.getcwd()
    s = os.statvfs(root)
    disk = s[0] * s[3]
except (AttributeError, OSError):
    root, disk = "/", 0
i = sys.implementation
gc.collect()
machine, mpy = getattr(i, "_machine", ""), getattr(i, "_mpy", 0)
print((i.name, tuple(i.version)[:3], machine, mpy, viper, gc.mem_free(), disk, root))
"""


TYPES = [str, tuple, str, int, bool, int, int, str]
"""Of the values that are printed."""

MOST_ANSWER = 1000
"""Characters; the parser takes much memory for long ones."""


@dataclass(frozen=True)
class Identity:
    """machine: the board's description of itself. architecture: of native code, "" for none. abi: version of
    .mpy files, such as 6.3, or None if not supported. heap, disk: free bytes. root: the folder where the file
    system is mounted, such as /flash; "" for /."""

    version: str
    machine: str
    architecture: str
    abi: str | None
    viper: bool
    heap: int
    disk: int
    root: str = ""

    @property
    def native_architectures(self) -> tuple[str, ...]:
        """Architectures of native modules that the board can run, the best first."""
        return (self.architecture, *ALSO_RUNS.get(self.architecture, ())) if self.architecture else ()


def identify(connection: Connection) -> Identity:
    """Query the board. Raises IntegradError if it does not run MicroPython."""
    answer = connection.run(QUESTION)
    fields = _fields(answer)
    if fields is None:
        raise connection.unexpected(answer)
    name, version, machine, mpy, viper, heap, disk, root = fields
    if name != "micropython":
        raise IntegradError(f"{connection.port}: the board runs {one_line(name)}, not MicroPython")
    number = mpy >> 10 & 15
    architecture = ARCHITECTURES[number] if number < len(ARCHITECTURES) else ""
    abi = f"{mpy & 0xFF}.{mpy >> 8 & 3}" if mpy else None
    version = ".".join(map(str, version))
    return Identity(version, one_line(machine), architecture, abi, viper, heap, disk, root.rstrip("/"))


def _fields(answer: str) -> tuple | None:
    """What the board printed, if it is of the expected types."""
    if len(answer) > MOST_ANSWER:
        return None
    try:
        fields = ast.literal_eval(answer.strip())
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return None
    if not isinstance(fields, tuple) or [type(value) for value in fields] != TYPES:
        return None
    version, root = fields[1], fields[-1]
    plain = all(type(number) is int and 0 <= number < 1000 for number in version)
    return fields if plain and root.isprintable() and min(fields[3], *fields[5:7]) >= 0 else None
