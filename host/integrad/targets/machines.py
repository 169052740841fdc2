"""Emulated machines and their memory maps, and the MicroPython boards on them."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024

STORE_BYTES = MIB
"""Of the memory that stands for flash of a weight store."""


@dataclass(frozen=True)
class Machine:
    """A machine of QEMU, or a chip of simavr, by its name there, and its memory map.

    Firmware is linked to these addresses, usually with the memory sizes of a part. The memory sizes of the
    machine are used if only the results of a run matter. vectors_origin: address of the vector table.
    size_properties: QEMU properties for machines whose memory sizes can be set, with {flash} and {ram} for
    the sizes in bytes. arguments: more arguments of QEMU. core_hz: frequency of a Cortex-M. serial_port:
    address of its registers, None if no driver uses one. store_origin: address of STORE_BYTES of memory that
    stand for flash which a program writes, outside of the flash and RAM of every part; None if there is none.
    store_memory: (address, bytes) of the memory that contains it, where QEMU only maps a file as a whole.
    """

    name: str
    flash_origin: int = 0
    ram_origin: int = 0x20000000
    vectors_origin: int = 0
    flash_bytes: int = 4 * MIB
    ram_bytes: int = 4 * MIB
    size_properties: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    core_hz: int = 25_000_000
    serial_port: int | None = None
    store_origin: int | None = None
    store_memory: tuple[int, int] | None = None

    def options(self, flash_bytes: int, ram_bytes: int, with_store: bool = False) -> list[str]:
        """Arguments of QEMU for the machine, with these memory sizes if they can be set. with_store: whether
        a program uses the memory at store_origin, which may be a continuation of RAM."""
        if with_store and self.size_properties:
            ram_bytes = self.store_origin + STORE_BYTES - self.ram_origin
        options = ["-M", self.name, *self.arguments]
        for setting in self.size_properties:
            options += ["-global", setting.format(flash=flash_bytes, ram=ram_bytes)]
        return options


@dataclass(frozen=True)
class MicroPythonBoard:
    """Build settings of MicroPython firmware for an emulated machine.

    architecture: of native modules, by its name in MicroPython; modules for smaller cores run as well.
    runs_on: real cores that run such modules, for display. floats: representation of floats in MicroPython
    (NONE, FLOAT, DOUBLE); fpu: name of the unit in gcc. soc, linker_script: of MicroPython's port for QEMU;
    the script for RISC-V is ours. thumb: 1 for cores without Thumb-2, 0 for other families. machine: if it is
    not that of the core. romfs, files, heap: addresses of memory not used by the linker script, for a ROMFS
    image, a file system and the heap.
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
    machine: Machine | None = None
