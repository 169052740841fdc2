"""The drivers behind device/board/board.h for the machines of emulators, and what configures them."""

from __future__ import annotations

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


CORTEX_M = tuple(f"board/{name}" for name in START)
MPS = (*CORTEX_M, "board/mps2/board.c")

DRIVERS = {
    "microbit": (*CORTEX_M, "board/nrf51/board.c"),
    **dict.fromkeys(("mps2-an385", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547"), MPS),
    "virt": ("riscv/startup.c", "board/virt/board.c"),
}
"""Machine → its drivers, files of device/."""


def driver_sources(core: Core) -> list[str]:
    """The files of device/ that are compiled for the machine of a core. Raises UsageError if it has no
    drivers."""
    _require_drivers(core)
    return [*DRIVERS[core.machine.name], *SHARED]


def _require_drivers(core: Core) -> None:
    if core.machine.name not in DRIVERS:
        known = ", ".join(other.name for other in CORES.values() if other.machine.name in DRIVERS)
        raise UsageError(
            f"core {core.name}: {core.family.emulator} emulates no machine that firmware is tested on; "
            f"cores with one: {known}"
        )


def machine_config(core: Core, plan: Plan | None) -> str:
    """The text of board_config.h. plan: of the model whose weights are stored, or None if there is no model.
    Raises IntegradError if they exceed the memory that stands for flash, and UsageError as
    driver_sources()."""
    _require_drivers(core)
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
        Macro("BOARD_UART", f"0x{core.machine.serial_port:08X}u", "address of the serial port"),
        Macro("BOARD_EXIT", "semihosting_exit"),
        Macro("BOARD_STACK_PAINT", f"0x{STACK_PAINT:08X}u"),
    ]
    title = f"The machine {core.machine.name}"
    return board_config(title, macros, (slots, slot, block, unit), ["bare_metal/semihosting.h"])
