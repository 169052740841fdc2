"""Identification of a board: its interpreter, the native code that it accepts, and its free memory."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from integrad.boards.connection import Connection
from integrad.errors import IntegradError

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
    try:
        name, version, machine, mpy, viper, heap, disk, root = ast.literal_eval(answer.strip())
    except (SyntaxError, ValueError):
        raise IntegradError(
            f"{connection.port}: unexpected answer from the board: {answer.strip()[:60]!r}"
        ) from None
    if name != "micropython":
        raise IntegradError(f"{connection.port}: the board runs {name}, not MicroPython")
    number = mpy >> 10 & 15
    architecture = ARCHITECTURES[number] if number < len(ARCHITECTURES) else ""
    abi = f"{mpy & 0xFF}.{mpy >> 8 & 3}" if mpy else None
    version = ".".join(map(str, version))
    return Identity(version, machine, architecture, abi, viper, heap, disk, root.rstrip("/"))
