"""What emulators emulate: machines with memories at addresses, and MicroPython's boards on them."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Machine:
    """A machine of QEMU by its name there, and where its memories are.

    A firmware is linked to these addresses, usually against the sizes of a real part. The machine's own
    sizes serve runs that are about arithmetic and not about fitting. vectors_origin: where the core looks
    for its vector table. size_properties: QEMU's properties for the memories of a machine whose memories
    take any size, with {flash} and {ram} for the bytes.
    """

    name: str
    flash_origin: int = 0
    ram_origin: int = 0x20000000
    vectors_origin: int = 0
    flash_bytes: int = 4 * MIB
    ram_bytes: int = 4 * MIB
    size_properties: tuple[str, ...] = ()

    def options(self, flash_bytes: int, ram_bytes: int) -> list[str]:
        """QEMU's arguments for the machine, with memories of these sizes where it can have them."""
        options = ["-M", self.name]
        for setting in self.size_properties:
            options += ["-global", setting.format(flash=flash_bytes, ram=ram_bytes)]
        return options


@dataclass(frozen=True)
class MicroPythonBoard:
    """How MicroPython's firmware for an emulated machine is built, and what it runs.

    architecture: of its native modules, by MicroPython's name; firmware runs those of lesser cores, too.
    runs_on: the real cores that take such modules, for people. floats: how MicroPython represents them
    (NONE, FLOAT, DOUBLE); fpu: gcc's name of the unit. soc, linker_script: of MicroPython's port for QEMU.
    thumb: 1 where the core has no Thumb-2. romfs, files, heap: addresses of memory that the linker
    script leaves alone, for an image of files, for a file system, for the heap.
    """

    architecture: str
    runs_on: str
    floats: str
    soc: str
    linker_script: str
    romfs: int
    files: int
    heap: int
    heap_bytes: int = 4 * MIB
    files_bytes: int = MIB
    fpu: str = ""
    thumb: int = 2
