"""The table of processor cores. To add a core, add a row here.

A row defines how code for the core is compiled, the default part, whose memory sizes its firmware uses, and
how the core is emulated. Kernels are selected by predefined macros of the compiler and are not listed here.
Code sizes for the core are measured by benchmarks/code_sizes.py and stored in data/code_sizes.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from integrad.errors import UsageError
from integrad.targets.families import ARM, AVR, RISC_V, Family
from integrad.targets.machines import MIB, Machine, MicroPythonBoard
from integrad.targets.parts import Part, find_part
from integrad.targets.timings import CORTEX_M0, CORTEX_M0_PLUS, CORTEX_M3, CORTEX_M4, HAZARD3, Timing


@dataclass(frozen=True)
class Core:
    """A processor core.

    name: in options (`m4`); product: for display (Cortex-M4); family: of cores with the same tools. part: the
    chip whose memory sizes its firmware uses; machine: the machine that is emulated. flags: compiler (gcc,
    clang, zig) → options for this core. unicorn_model: name of the core in Unicorn, or None. micropython: the
    board on which MicroPython runs, or None. also: cores that run the same code, name → product.
    vector_bytes: size of a vector register, or 0.
    keeps_loops: whether its kernels contain compiled loops that matter for speed; if all of them are
    assembly, native modules are optimised for size. architecture: of an Arm core, by its name in LLVM.
    timings: name of the core, of one in `also` or of a part → its published table of cycles.
    """

    name: str
    product: str
    family: Family
    part: Part
    machine: Machine
    flags: Mapping[str, tuple[str, ...]]
    unicorn_model: str | None
    micropython: MicroPythonBoard | None = None
    also: Mapping[str, str] = field(default_factory=dict)
    vector_bytes: int = 0
    keeps_loops: bool = False
    architecture: str = ""
    timings: Mapping[str, Timing] = field(default_factory=dict)

    def memory_bytes(self, whole_machine: bool) -> tuple[int, int]:
        """(flash, RAM) to link for: that of the part or of the emulated machine."""
        memory = self.machine if whole_machine else self.part
        return memory.flash_bytes, memory.ram_bytes

    def machine_options(self, whole_machine: bool, with_store: bool = False) -> list[str]:
        """Arguments of QEMU for the machine. with_store: see Machine.options()."""
        return self.machine.options(*self.memory_bytes(whole_machine), with_store)


def _cortex_m(
    name: str, architecture: str, part: str, machine: Machine, fpu: str = "", zig: str = "", **others
) -> Core:
    """A Cortex-M core, with names and compiler flags derived from its name.

    architecture: name in LLVM; fpu: name of the floating-point unit in gcc, if there is one; zig: features
    that zig does not derive from the name of the core.
    """
    cpu = f"cortex-{name}"
    abi, floats = ("eabihf", "hard") if fpu else ("eabi", "soft")
    flags = {
        "gcc": arm_flags(cpu, fpu),
        "clang": (f"--target={architecture}-none-{abi}", f"-mcpu={cpu}", f"-mfloat-abi={floats}"),
        "zig": ("-target", f"thumb-freestanding-{abi}", f"-mcpu={cpu.replace('-', '_')}{zig}"),
    }
    settings = {
        "unicorn_model": f"UC_CPU_ARM_CORTEX_{name.upper()}",
        "architecture": architecture,
        **others,
    }
    return Core(name, f"Cortex-{name.upper()}", ARM, find_part(part), machine, flags, **settings)


def arm_flags(cpu: str, fpu: str) -> tuple[str, ...]:
    """Options of gcc for a core, by its name in gcc, with this floating-point unit or without ("")."""
    floats = ("-mfloat-abi=hard", f"-mfpu={fpu}") if fpu else ("-mfloat-abi=soft",)
    return (f"-mcpu={cpu}", "-mthumb", *floats)


RV32_FLAGS = ("-march=rv32imc", "-mabi=ilp32", "-msmall-data-limit=0")
"""Options of gcc and clang. Small data would be in sections of its own, which only save instructions where a
register is reserved for their address."""

RV32_MACHINE = ("-bios", "none", "-cpu", "rv32,a=off,f=off,d=off,mmu=off")
"""Arguments of QEMU: a core without extensions that its parts may lack."""

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
                core_hz=16_000_000,
                serial_port=0x40002000,
                store_origin=0x20100000,
            ),
            also={"m0+": "Cortex-M0+"},
            timings={"m0": CORTEX_M0, "m0+": CORTEX_M0_PLUS},
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
            machine=Machine("mps2-an385", serial_port=0x40004000, store_origin=0x21000000),
            keeps_loops=True,
            timings={"m3": CORTEX_M3},
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
            machine=Machine("mps2-an386", serial_port=0x40004000, store_origin=0x21000000),
            fpu="fpv4-sp-d16",
            timings={"m4": CORTEX_M4},
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
            machine=Machine("mps2-an500", serial_port=0x40004000, store_origin=0x60000000),
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
                "mps2-an505",
                flash_origin=0x10000000,
                ram_origin=0x38000000,
                vectors_origin=0x10000000,
                core_hz=20_000_000,
                serial_port=0x50200000,  # its secure address: the core begins in the secure state
                store_origin=0x80000000,
            ),
            fpu="fpv5-sp-d16",
            zig="+dsp",
        ),
        _cortex_m(
            "m55",
            "thumbv8.1m.main",
            part="Ensemble-E3",
            # The code memory of the machine is 512 KB, less than that of the part, so the program is in its
            # DDR
            # memory, except for the vector table.
            machine=Machine(
                "mps3-an547",
                flash_origin=0x60000000,
                ram_origin=0x21000000,
                flash_bytes=16 * MIB,
                core_hz=32_000_000,
                serial_port=0x59303000,
                store_origin=0x70000000,
                store_memory=(0x60000000, 2048 * MIB),
            ),
            fpu="auto",
            zig="+mve",
            unicorn_model=None,
            vector_bytes=16,
        ),
        Core(
            "rv32",
            "RV32IMC",
            RISC_V,
            find_part("ESP32-C3"),
            # The core begins at the first address of flash.
            Machine(
                "virt",
                flash_origin=0x20000000,
                ram_origin=0x80000000,
                vectors_origin=0x20000000,
                flash_bytes=32 * MIB,
                arguments=(*RV32_MACHINE, "-device", "loader,addr=0x20000000,cpu-num=0"),
                serial_port=0x10000000,
                store_origin=0x84000000,
            ),
            {
                "gcc": RV32_FLAGS,
                "clang": ("--target=riscv32-none-elf", *RV32_FLAGS),
                "zig": ("-target", "riscv32-freestanding-none", "-mcpu=generic_rv32+m+c", RV32_FLAGS[-1]),
            },
            unicorn_model=None,
            keeps_loops=True,
            timings={"RP2350-RISCV": HAZARD3},
            micropython=MicroPythonBoard(
                architecture="rv32imc",
                runs_on="ESP32-C3, RP2350 as RISC-V",
                floats="FLOAT",
                soc="VIRT",
                linker_script="riscv",
                thumb=0,
                machine=Machine("virt", arguments=RV32_MACHINE),
                # The linker script uses the first 6 MB of RAM.
                romfs=0x81000000,
                files=0x81800000,
                heap=0x81900000,
            ),
        ),
        Core(
            "avr",
            "AVR",
            AVR,
            find_part("ATmega2560"),
            Machine("atmega2560", ram_origin=0x800200, flash_bytes=256 * 1024, ram_bytes=8 * 1024),
            # The architecture, not the chip, which would bring a linker script's addresses of its own.
            {"gcc": ("-mmcu=avr6",)},
            unicorn_model=None,
            # Chips with at most 128 KB of flash: other compiler options, and code of the same size.
            also={"avr5": "AVR"},
        ),
    )
}

USUAL = "m4"
"""Default core of commands."""

USUAL_MICROPYTHON = "m3"
"""Default core of commands that run MicroPython."""


def get_core(name: str) -> Core:
    """The core of this name (`m4`). Raises UsageError, which lists the known ones."""
    core = CORES.get(name.lower())
    if core is None:
        raise UsageError(f"unknown core {name!r}; known cores: {', '.join(CORES)}")
    return core


def cores_of(family: Family) -> dict[str, Core]:
    """The cores of a family, by name."""
    return {name: core for name, core in CORES.items() if core.family is family}


def core_of(part: Part) -> Core:
    """The core whose code a part runs: an M0+ runs the code of an M0."""
    return next(core for core in CORES.values() if part.core in (core.name, *core.also))


def product_of(part: Part) -> str:
    """Name of the core of a part, such as Cortex-M0+."""
    core = core_of(part)
    return core.also.get(part.core, core.product)


def product_with_article(part: Part) -> str:
    """For a sentence, such as `a Cortex-M0+` or `an AVR`."""
    product = product_of(part)
    return f"{'a' if product.startswith('Cortex') else 'an'} {product}"


def timing_of(part: Part) -> Timing | None:
    """The published table of cycles of a part's core, if there is one."""
    timings = core_of(part).timings
    return timings.get(part.name) or timings.get(part.core)


def micropython_cores() -> dict[str, Core]:
    """The cores on which MicroPython runs, by name."""
    return {name: core for name, core in CORES.items() if core.micropython}


def micropython_flags(core: Core) -> tuple[str, ...]:
    """Options of gcc for MicroPython and its modules, whose calling convention may be another one."""
    if core.family is ARM:
        return arm_flags(core.product.lower(), core.micropython.fpu)
    return core.flags["gcc"]


def get_micropython_core(name: str) -> Core:
    """The core of this name. Raises UsageError, which lists the known ones, if MicroPython does not support
    it."""
    cores = micropython_cores()
    if name.lower() not in cores:
        raise UsageError(f"MicroPython does not support core {name!r}; supported cores: {', '.join(cores)}")
    return cores[name.lower()]
