"""The one table of processor cores: to add a core is to add a row here.

A row says how code for the core is compiled, which part gives its firmware its memory where no other is
named, and what emulates it. Kernels are chosen by the compiler's own macros, and so have no row.
The bytes of the core's code are measured into data/code_sizes.json by benchmarks/code_sizes.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from integrad.errors import UsageError
from integrad.targets.machines import MIB, Machine, MicroPythonBoard
from integrad.targets.parts import Part, find_part


@dataclass(frozen=True)
class Core:
    """A processor core.

    name: for options (`m4`); product: for people (Cortex-M4). part: the chip whose memory its firmware gets;
    machine: what QEMU emulates. flags: compiler (gcc, clang, zig) → options that choose the core.
    unicorn_model: Unicorn's name of it, None where there is none. micropython: the board on which MicroPython
    runs, or None. also: cores that run the same code, name → product. vector_bytes: of a vector register, 0
    without them. keeps_loops: whether its kernels leave the compiler loops that matter for speed; where
    all of them are assembly, native modules are compiled for size.
    """

    name: str
    product: str
    part: Part
    machine: Machine
    flags: Mapping[str, tuple[str, ...]]
    unicorn_model: str | None
    micropython: MicroPythonBoard | None = None
    also: Mapping[str, str] = field(default_factory=dict)
    vector_bytes: int = 0
    keeps_loops: bool = False

    def memory_bytes(self, whole_machine: bool) -> tuple[int, int]:
        """(flash, RAM) to link against: the part's, or the emulated machine's."""
        memory = self.machine if whole_machine else self.part
        return memory.flash_bytes, memory.ram_bytes

    def machine_options(self, whole_machine: bool) -> list[str]:
        """QEMU's arguments for the machine."""
        return self.machine.options(*self.memory_bytes(whole_machine))


def _cortex_m(
    name: str, architecture: str, part: str, machine: Machine, fpu: str = "", zig: str = "", **others
) -> Core:
    """A Cortex-M core, whose names and flags follow from a few words.

    architecture: LLVM's; fpu: gcc's name of the floating-point unit, if there is one; zig: features that
    zig must be told, because it does not take them from the core's name.
    """
    cpu = f"cortex-{name}"
    abi, floats = ("eabihf", "hard") if fpu else ("eabi", "soft")
    flags = {
        "gcc": arm_flags(cpu, fpu),
        "clang": (f"--target={architecture}-none-{abi}", f"-mcpu={cpu}", f"-mfloat-abi={floats}"),
        "zig": ("-target", f"thumb-freestanding-{abi}", f"-mcpu={cpu.replace('-', '_')}{zig}"),
    }
    settings = {"unicorn_model": f"UC_CPU_ARM_CORTEX_{name.upper()}", **others}
    return Core(name, f"Cortex-{name.upper()}", find_part(part), machine, flags, **settings)


def arm_flags(cpu: str, fpu: str) -> tuple[str, ...]:
    """gcc's options for a core by gcc's name, with this floating-point unit, or with none ("")."""
    floats = ("-mfloat-abi=hard", f"-mfpu={fpu}") if fpu else ("-mfloat-abi=soft",)
    return (f"-mcpu={cpu}", "-mthumb", *floats)


CORES: dict[str, Core] = {
    core.name: core
    for core in (
        _cortex_m(
            "m0",
            "thumbv6m",
            part="STM32F091RC",
            machine=Machine(
                "microbit",
                size_properties=("nrf51-soc.flash-size={flash}", "nrf51-soc.sram-size={ram}"),
            ),
            also={"m0+": "Cortex-M0+"},
            micropython=MicroPythonBoard(
                architecture="armv6m",
                runs_on="Cortex-M0, M0+",
                floats="NONE",
                soc="NRF51",
                linker_script="nrf51",
                thumb=1,
                # The linker script uses the first 256 KB of flash and of RAM.
                romfs=0x00080000,
                files=0x20100000,
                heap=0x20200000,
                heap_bytes=MIB,
            ),
        ),
        _cortex_m(
            "m3",
            "thumbv7m",
            part="STM32F103RE",
            machine=Machine("mps2-an385"),
            keeps_loops=True,
            micropython=MicroPythonBoard(
                architecture="armv7m",
                runs_on="Cortex-M3",
                floats="NONE",
                soc="MPS2",
                linker_script="mps2",
                romfs=0x21000000,
                files=0x21800000,
                heap=0x21900000,
            ),
        ),
        _cortex_m(
            "m4",
            "thumbv7em",
            part="nRF52840",
            machine=Machine("mps2-an386"),
            fpu="fpv4-sp-d16",
            micropython=MicroPythonBoard(
                architecture="armv7emsp",
                runs_on="Cortex-M4F, M33",
                floats="FLOAT",
                fpu="fpv4-sp-d16",
                soc="MPS2",
                linker_script="mps2",
                romfs=0x21000000,
                files=0x21800000,
                heap=0x21900000,
            ),
        ),
        _cortex_m(
            "m7",
            "thumbv7em",
            part="STM32F746ZG",
            machine=Machine("mps2-an500"),
            fpu="fpv5-sp-d16",
            micropython=MicroPythonBoard(
                architecture="armv7emdp",
                runs_on="Cortex-M7",
                floats="DOUBLE",
                fpu="fpv5-d16",
                soc="MPS2",
                linker_script="mps2",
                romfs=0x60000000,
                files=0x60800000,
                heap=0x60900000,
            ),
        ),
        _cortex_m(
            "m33",
            "thumbv8m.main",
            part="nRF5340",
            machine=Machine(
                "mps2-an505", flash_origin=0x10000000, ram_origin=0x38000000, vectors_origin=0x10000000
            ),
            fpu="fpv5-sp-d16",
            zig="+dsp",
        ),
        _cortex_m(
            "m55",
            "thumbv8.1m.main",
            part="Ensemble-E3",
            # The machine's code memory is 512 KB; the part has more, so the program is in its DDR memory,
            # apart from the vector table.
            machine=Machine(
                "mps3-an547", flash_origin=0x60000000, ram_origin=0x21000000, flash_bytes=16 * MIB
            ),
            fpu="auto",
            zig="+mve",
            unicorn_model=None,
            vector_bytes=16,
        ),
    )
}

USUAL = "m4"
"""The core of commands that name none."""

USUAL_MICROPYTHON = "m3"
"""The same where MicroPython runs on it."""


def get_core(name: str) -> Core:
    """The core of this name (`m4`); UsageError, which lists the known ones, if there is none."""
    core = CORES.get(name.lower())
    if core is None:
        raise UsageError(f"unknown core {name!r}; known cores: {', '.join(CORES)}")
    return core


def core_of(part: Part) -> Core:
    """The core whose code a part runs: an M0+ runs what an M0 does."""
    return next(core for core in CORES.values() if part.core in (core.name, *core.also))


def product_of(part: Part) -> str:
    """What the part's own core is called: Cortex-M0+."""
    core = core_of(part)
    return core.also.get(part.core, core.product)


def micropython_cores() -> dict[str, Core]:
    """The cores on which MicroPython runs, by name."""
    return {name: core for name, core in CORES.items() if core.micropython}


def get_micropython_core(name: str) -> Core:
    """UsageError, which lists the known ones, if there is no MicroPython for this core."""
    cores = micropython_cores()
    if name.lower() not in cores:
        raise UsageError(f"no MicroPython for core {name!r}; there is one for {', '.join(cores)}")
    return cores[name.lower()]
