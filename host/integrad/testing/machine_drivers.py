"""The drivers behind device/board/board.h for the machines of emulators, and what configures them."""

from __future__ import annotations

from dataclasses import dataclass

from integrad.errors import IntegradError, UsageError
from integrad.export.board_driver import START, Macro
from integrad.export.project import BAUD, board_config
from integrad.targets.cores import CORES, Core
from integrad.targets.families import ARM
from integrad.targets.machines import STORE_BYTES
from integrad_codegen.plan import Plan
from integrad_codegen.store_format import rounded, slot_bytes

BLOCK_BYTES, UNIT_BYTES = 4096, 8
"""Of the memory for the weight store: as in many chips, of which those with error correction program 8 bytes
at once."""

SLOTS = 2

OTHER_SLOT_BYTES = 4 * BLOCK_BYTES
"""Of a program without a model, which may save other things."""

STACK_PAINT = 0x5AC3A53C
"""The words of the stack that were never used, as in device/bare_metal/start.h."""

SHARED = (
    "board/emulated/flash.c",
    "board/emulated/pins.c",
    "board/emulated/restart.c",
    "board/flash_store.c",
    "board/mapped_read.c",
    "bare_metal/semihosting.c",
    "bare_metal/memory.c",
)


@dataclass(frozen=True)
class MachineDriver:
    """The drivers of a machine. sources: files of device/; macros: of board_config.h."""

    sources: tuple[str, ...]
    macros: tuple[Macro, ...] = ()


CORTEX_M = tuple(f"board/{name}" for name in START)


def _mps(uart: int) -> MachineDriver:
    return MachineDriver((*CORTEX_M, "board/mps2/board.c"), (Macro("BOARD_UART", f"0x{uart:08X}u"),))


DRIVERS = {
    "microbit": MachineDriver((*CORTEX_M, "board/nrf51/board.c")),
    "mps2-an385": _mps(0x40004000),
    "mps2-an386": _mps(0x40004000),
    "mps2-an500": _mps(0x40004000),
    # The secure addresses of the ports: the cores begin in their secure state.
    "mps2-an505": _mps(0x50200000),
    "mps3-an547": _mps(0x59303000),
    "virt": MachineDriver(("riscv/startup.c", "board/virt/board.c")),
}
"""Machine → its drivers."""


def machine_driver(core: Core) -> MachineDriver:
    """The drivers of the machine of a core. Raises UsageError if it has none."""
    if core.machine.name not in DRIVERS:
        known = ", ".join(other.name for other in CORES.values() if other.machine.name in DRIVERS)
        raise UsageError(
            f"core {core.name}: {core.family.emulator} emulates no machine that firmware is tested on; "
            f"cores with one: {known}"
        )
    return DRIVERS[core.machine.name]


def driver_sources(core: Core) -> list[str]:
    """The files of device/ that are compiled for the machine of a core."""
    return [*machine_driver(core).sources, *SHARED]


def machine_config(core: Core, plan: Plan | None) -> str:
    """The text of board_config.h. plan: of the model whose weights are stored, or None if there is no model.
    Raises IntegradError if they exceed the memory that stands for flash, and UsageError as
    machine_driver()."""
    slots, slot, block, unit = SLOTS, OTHER_SLOT_BYTES, BLOCK_BYTES, UNIT_BYTES
    if plan:
        slot = rounded(slot_bytes(plan.weights_bytes, unit), block)
        slots = SLOTS if plan.batch else 0
        if slots * slot > STORE_BYTES:
            raise IntegradError(
                f"core {core.name}: {slots} slots of {slot:,} bytes for the weights that learn exceed the "
                f"{STORE_BYTES:,} bytes of emulated flash for them; let fewer layers learn"
            )
    macros = [
        Macro("BOARD_INTERRUPTS", 0, "of the chip, besides those of the core"),
        Macro("BOARD_SERIAL_BAUD", f"{BAUD}u"),
        *([Macro("BOARD_CORE_HZ", f"{core.machine.core_hz}u")] if core.family is ARM else []),
        Macro("BOARD_EXIT", "semihosting_exit"),
        Macro("BOARD_STACK_PAINT", f"0x{STACK_PAINT:08X}u"),
        *machine_driver(core).macros,
    ]
    title = f"The machine {core.machine.name}"
    return board_config(title, macros, (slots, slot, block, unit), ["bare_metal/semihosting.h"])
