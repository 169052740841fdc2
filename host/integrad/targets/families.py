"""Families of processor cores: what their cores have in common, and the tools for them."""

from __future__ import annotations

from dataclasses import dataclass

PIP = "pip install 'integrad[emulator]'"


@dataclass(frozen=True)
class Family:
    """A family of cores.

    name: for display. gcc: the command of the compiler, of this Debian package; emulator: QEMU's command, of
    this package. startup: its start-up code, among the device files; helpers: run-time functions for
    compilers that come without them. stack_alignment: of the family's calling convention, in bytes.
    """

    name: str
    gcc: str
    gcc_package: str
    emulator: str
    emulator_package: str
    startup: str
    helpers: str
    stack_alignment: int

    @property
    def brings_gcc(self) -> str:
        return f"apt-get install {self.gcc_package} (as root)"

    @property
    def brings_compiler(self) -> str:
        return f"{self.brings_gcc}, or {PIP}"

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
)

FAMILIES = (ARM, RISC_V)
