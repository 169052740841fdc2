"""The six emulated boards: a core, the real part whose memory it gets, how to build and run for it."""

from __future__ import annotations

from dataclasses import dataclass

from integrad.errors import UsageError

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True)
class Board:
    """A Cortex-M core with the memory of a real part.

    A firmware is linked against `flash_bytes` and `ram_bytes` of the part, at the addresses where the
    emulated machine has memory. The `machine_*` sizes are what the machine itself has: they serve runs
    that are about arithmetic and not about fitting. `vectors_origin` is where the core looks for its
    vector table; only the M55's machine has it apart from the rest of the program.
    """

    name: str
    core: str
    part: str
    flash_bytes: int
    ram_bytes: int
    machine: str
    vectors_origin: int
    flash_origin: int
    ram_origin: int
    machine_flash_bytes: int
    machine_ram_bytes: int
    gcc_flags: tuple[str, ...]
    clang_flags: tuple[str, ...]
    zig_flags: tuple[str, ...]
    unicorn_cpu: str | None

    def memory_bytes(self, whole_machine: bool) -> tuple[int, int]:
        """(flash, RAM) to link against."""
        if whole_machine:
            return self.machine_flash_bytes, self.machine_ram_bytes
        return self.flash_bytes, self.ram_bytes

    def machine_options(self, whole_machine: bool) -> list[str]:
        """QEMU's arguments for the machine. The microbit's memories take any size, so they get the part's."""
        options = ["-M", self.machine]
        if self.machine == "microbit":
            flash, ram = self.memory_bytes(whole_machine)
            options += ["-global", f"nrf51-soc.flash-size={flash}", "-global", f"nrf51-soc.sram-size={ram}"]
        return options


def _board(name: str, core: str, part: str, memory: tuple[int, int], machine: str, **other) -> Board:
    """Fill in what follows from the core: the flags of the three compilers, Unicorn's model."""
    cpu = core.lower()
    architecture, fpu = _ARCHITECTURES[name]
    abi = "eabihf" if fpu else "eabi"
    zig_cpu = cpu.replace("-", "_") + {"m33": "+dsp", "m55": "+mve"}.get(name, "")
    float_flags = ("-mfloat-abi=hard", f"-mfpu={fpu}") if fpu else ("-mfloat-abi=soft",)
    clang_float_flags = ("-mfloat-abi=hard",) if fpu else ("-mfloat-abi=soft",)
    settings = {
        "vectors_origin": 0,
        "flash_origin": 0,
        "ram_origin": 0x20000000,
        "machine_flash_bytes": 4 * MIB,
        "machine_ram_bytes": 4 * MIB,
        "gcc_flags": (f"-mcpu={cpu}", "-mthumb", *float_flags),
        "clang_flags": (f"--target={architecture}-none-{abi}", f"-mcpu={cpu}", *clang_float_flags),
        "zig_flags": ("-target", f"thumb-freestanding-{abi}", f"-mcpu={zig_cpu}"),
        "unicorn_cpu": None if name == "m55" else f"UC_CPU_ARM_{core.upper().replace('-', '_')}",
        **other,
    }
    flash_bytes, ram_bytes = memory
    return Board(name, core, part, flash_bytes, ram_bytes, machine, **settings)


_ARCHITECTURES = {
    "m0": ("thumbv6m", None),
    "m3": ("thumbv7m", None),
    "m4": ("thumbv7em", "fpv4-sp-d16"),
    "m7": ("thumbv7em", "fpv5-sp-d16"),
    "m33": ("thumbv8m.main", "fpv5-sp-d16"),
    "m55": ("thumbv8.1m.main", "auto"),
}
"""Core → (LLVM architecture, gcc's FPU; None where the core has none)."""

BOARDS: dict[str, Board] = {
    board.name: board
    for board in (
        _board("m0", "Cortex-M0", "STM32F091RC", (256 * KIB, 32 * KIB), "microbit"),
        _board("m3", "Cortex-M3", "STM32F103RE", (512 * KIB, 64 * KIB), "mps2-an385"),
        _board("m4", "Cortex-M4", "nRF52840", (1024 * KIB, 256 * KIB), "mps2-an386"),
        _board("m7", "Cortex-M7", "STM32F746ZG", (1024 * KIB, 320 * KIB), "mps2-an500"),
        _board(
            "m33",
            "Cortex-M33",
            "nRF5340 application core",
            (1024 * KIB, 512 * KIB),
            "mps2-an505",
            vectors_origin=0x10000000,
            flash_origin=0x10000000,
            ram_origin=0x38000000,
        ),
        # The machine's code memory is 512 KB; the part has more, so the program stands in its DDR memory.
        _board(
            "m55",
            "Cortex-M55",
            "Alif Ensemble E3, high-performance core",
            (5632 * KIB, 1024 * KIB),
            "mps3-an547",
            flash_origin=0x60000000,
            ram_origin=0x21000000,
            machine_flash_bytes=16 * MIB,
        ),
    )
}


def get_board(name: str) -> Board:
    """The board of a core (`m4`); UsageError, which lists the known ones, if there is none."""
    board = BOARDS.get(name.lower())
    if board is None:
        raise UsageError(f"unknown core {name!r}; known cores: {', '.join(BOARDS)}")
    return board
