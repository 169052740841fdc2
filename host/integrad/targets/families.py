"""Families of processor cores: what their cores have in common, and the tools for them."""

from __future__ import annotations

from dataclasses import dataclass

PIP = "pip install 'integrad[emulator]'"


@dataclass(frozen=True)
class Family:
    """A family of cores.

    name: for display. gcc: the command of the compiler, of this Debian package; emulator: the command of the
    emulator, of this package, and engine: which one it is, qemu or simavr. startup, transport: its start-up
    code and its transport, among the device files; linker_script: a template; helpers: run-time functions for
    compilers that come without them, or "" if gcc is the only compiler. stack_alignment: of the family's
    calling convention, and stack_bytes: the usual reserve, in bytes. constants_in_ram: whether constants are
    copied to RAM, as where a core reads flash by instructions of its own. libc_package: the Debian package
    of a C library for gcc, where it is another one. elf_machine: its name in ELF files.
    """

    name: str
    gcc: str
    gcc_package: str
    emulator: str
    emulator_package: str
    startup: str
    helpers: str
    stack_alignment: int
    engine: str = "qemu"
    transport: str = "bare_metal/semihosting.c"
    linker_script: str = "firmware/linker.ld.jinja"
    stack_bytes: int = 4096
    constants_in_ram: bool = False
    libc_package: str = ""
    elf_machine: str = "EM_ARM"

    @property
    def brings_gcc(self) -> str:
        return f"apt-get install {self.gcc_package} (as root)"

    @property
    def brings_compiler(self) -> str:
        return f"{self.brings_gcc}, or {PIP}" if self.helpers else self.brings_gcc

    @property
    def brings_emulator(self) -> str:
        return f"apt-get install {self.emulator_package} (as root)"


ARM = Family(
    name="Arm",
    gcc="arm-none-eabi-gcc",
    gcc_package="gcc-arm-none-eabi",
    emulator="qemu-system-arm",
    emulator_package="qemu-system-arm",
    startup="cortex_m/startup.c",
    helpers="cortex_m/runtime_abi.c",
    stack_alignment=8,
    libc_package="libnewlib-arm-none-eabi",
)
RISC_V = Family(
    name="RISC-V",
    gcc="riscv64-unknown-elf-gcc",
    gcc_package="gcc-riscv64-unknown-elf",
    emulator="qemu-system-riscv32",
    emulator_package="qemu-system-misc",
    startup="riscv/startup.c",
    helpers="riscv/runtime_abi.c",
    stack_alignment=16,
    elf_machine="EM_RISCV",
)
AVR = Family(
    name="AVR",
    gcc="avr-gcc",
    gcc_package="gcc-avr avr-libc",
    emulator="simavr",
    emulator_package="simavr",
    startup="avr/startup.c",
    helpers="",
    stack_alignment=4,
    engine="simavr",
    transport="avr/serial.c",
    linker_script="firmware/avr.ld.jinja",
    stack_bytes=512,
    constants_in_ram=True,
    elf_machine="EM_AVR",
)

FAMILIES = (ARM, RISC_V, AVR)
