"""How a project divides the memories of a board."""

from __future__ import annotations

from dataclasses import dataclass, replace

from integrad.estimate.store_costs import StoreMemory
from integrad.targets.boards import Board
from integrad.targets.cores import core_of
from integrad.targets.parts import Part
from integrad_codegen.plan import Plan
from integrad_codegen.store_format import rounded, slot_bytes

SUPPORT_FLASH, SUPPORT_RAM = 8192, 2048
"""Most bytes that drivers, protocol and application take besides the model, compiled by gcc 12 with -O2;
tests/boards/test_pico_image.py compares them with what they take."""


@dataclass(frozen=True)
class ProjectMemory:
    """Addresses and bytes. flash: what a program may use, from boot stage to weight store. slots, slot_bytes:
    of the weight store, 0 if there is none; block_bytes, unit_bytes: of its memory."""

    flash_origin: int
    flash_bytes: int
    boot_bytes: int
    ram_origin: int
    ram_bytes: int
    slots: int
    slot_bytes: int
    block_bytes: int
    unit_bytes: int
    stack_bytes: int

    @classmethod
    def of(cls, board: Board, plan: Plan, boot_bytes: int, store: StoreMemory | None) -> ProjectMemory:
        """store: the flash of the board, None if its geometry is not known."""
        part = board.part
        slots = slot = block = unit = 0
        if store and plan.batch:
            slots, block, unit = store.slots, store.erase_bytes, store.program_bytes
            slot = rounded(slot_bytes(plan.weights_bytes, unit), block)
        flash = board.program_origin, board.program_bytes
        ram = part.ram_origin, part.ram_bytes
        stack = core_of(part).family.stack_bytes
        return cls(*flash, boot_bytes, *ram, slots, slot, block or 1, unit or 1, stack)

    def of_plan(self, plan: Plan) -> ProjectMemory:
        """The same board with another plan."""
        slot = rounded(slot_bytes(plan.weights_bytes, self.unit_bytes), self.block_bytes)
        return replace(self, slots=self.slots if plan.batch else 0, slot_bytes=slot if plan.batch else 0)

    @property
    def store_bytes(self) -> int:
        return self.slots * self.slot_bytes

    @property
    def store_origin(self) -> int:
        """The store ends where the flash ends, which is the end of a block."""
        return self.flash_origin + self.flash_bytes - self.store_bytes

    @property
    def program_origin(self) -> int:
        return self.flash_origin + self.boot_bytes

    @property
    def program_bytes(self) -> int:
        return self.store_origin - self.program_origin

    def part_for_model(self, part: Part) -> Part:
        """The part with the memories that are left for the model, its stack and its samples."""
        flash = max(self.program_bytes - SUPPORT_FLASH, 0)
        return replace(part, flash_bytes=flash, ram_bytes=max(part.ram_bytes - SUPPORT_RAM, 0))

    def json(self) -> dict[str, int]:
        return {
            "program_origin": self.program_origin,
            "program_bytes": self.program_bytes,
            "boot_bytes": self.boot_bytes,
            "ram_origin": self.ram_origin,
            "ram_bytes": self.ram_bytes,
            "stack_bytes": self.stack_bytes,
            "store_origin": self.store_origin,
            "store_slots": self.slots,
            "store_slot_bytes": self.slot_bytes,
            "store_block_bytes": self.block_bytes,
            "store_unit_bytes": self.unit_bytes,
        }
