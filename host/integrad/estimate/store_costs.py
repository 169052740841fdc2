"""What the weight store of generated C costs: flash, erases, how many saves a memory lasts for, RAM, code."""

from __future__ import annotations

from dataclasses import dataclass

from integrad.errors import UsageError
from integrad.targets.cores import Core
from integrad.targets.parts import Part
from integrad_codegen.plan import Plan
from integrad_codegen.store_format import LARGEST_UNIT, rounded, slot_bytes

SLOTS = 2

LEAST_BUFFER = 64
"""Bytes of the buffer that a program provides; more where a program unit is larger."""

CODE_BYTES = {
    "m0": 3156,
    "m3": 2760,
    "m4": 2744,
    "m7": 2744,
    "m33": 2764,
    "m55": 3256,
    "rv32": 3840,
    "avr": 8132,
}
"""Core → bytes of store.c and checksum.c with their constants, compiled by gcc 12.2 (avr: 5.4) with -O2."""


@dataclass(frozen=True)
class StoreMemory:
    """A memory for weights. erase_bytes, program_bytes: of a block and of a unit; cycles: how often a block
    can be erased, None if unknown."""

    slots: int
    erase_bytes: int
    program_bytes: int
    cycles: int | None = None


@dataclass(frozen=True)
class StoreCosts:
    """memory: None if unknown; the numbers that depend on it are then None, and slot_bytes is not rounded up
    to whole units and blocks. saves: until the first block has been erased `cycles` times, if each save is
    confirmed before the next one."""

    memory: StoreMemory | None
    slot_bytes: int
    erases_per_save: int | None
    saves: int | None
    ram_bytes: int | None
    code_bytes: int | None

    @classmethod
    def of(cls, plan: Plan, memory: StoreMemory | None, core: Core | None) -> StoreCosts:
        code = CODE_BYTES.get(core.name) if core else None
        if memory is None:
            return cls(None, slot_bytes(plan.weights_bytes, 1), None, None, None, code)
        size = rounded(slot_bytes(plan.weights_bytes, memory.program_bytes), memory.erase_bytes)
        saves = memory.slots * memory.cycles if memory.cycles else None
        buffer = rounded(LEAST_BUFFER, memory.program_bytes)
        return cls(memory, size, size // memory.erase_bytes, saves, buffer, code)

    @property
    def lines(self) -> list[str]:
        """One line about flash and wear, and one about the rest."""
        memory = self.memory
        if memory is None:
            flash = (
                f"weight store: {self.slot_bytes:,} bytes of flash per slot, rounded up to whole units and "
                "blocks; a save erases the blocks of one slot, and a memory lasts for slots x cycles saves; "
                "--store SLOTS,BLOCK,UNIT,CYCLES computes them"
            )
        else:
            life = (
                f"{self.saves:,} saves until a block was erased {memory.cycles:,} times"
                if self.saves
                else f"{memory.slots} saves for each cycle that a block can be erased"
            )
            blocks = "block" if self.erases_per_save == 1 else "blocks"
            flash = (
                f"weight store: {memory.slots} slots of {self.slot_bytes:,} bytes of flash; a save erases "
                f"{self.erases_per_save:,} {blocks} of {memory.erase_bytes:,} bytes; {life}"
            )
        buffer = "64 bytes or one unit" if self.ram_bytes is None else f"{self.ram_bytes:,} bytes"
        code = "" if self.code_bytes is None else f", {self.code_bytes:,} bytes of code"
        return [flash, f"weight store: a buffer of {buffer} of RAM{code}"]

    def json(self) -> dict[str, int | None]:
        return {
            "store_slots": self.memory.slots if self.memory else None,
            "store_slot_bytes": self.slot_bytes,
            "store_erases_per_save": self.erases_per_save,
            "store_saves": self.saves,
            "store_ram_bytes": self.ram_bytes,
            "store_code_bytes": self.code_bytes,
        }


NO_STORE = dict.fromkeys(StoreCosts(None, 0, None, None, None, None).json())
"""The JSON keys if nothing learns."""


def store_memory(text: str | None, part: Part | None) -> StoreMemory | None:
    """The memory that --store describes, SLOTS[,BLOCK,UNIT[,CYCLES]], or that of a part; None if unknown.

    Raises UsageError if it is none that the store can use.
    """
    known = part is not None and part.erase_bytes is not None
    if text is None:
        if not known:
            return None
        return StoreMemory(SLOTS, part.erase_bytes, part.program_bytes, part.erase_cycles)
    numbers = [int(word) if word.isascii() and word.isdecimal() else 0 for word in text.split(",")]
    if len(numbers) not in (1, 3, 4) or min(numbers) < 1 or max(numbers) >= 2**32:
        raise UsageError(f"--store {text}: expected SLOTS, SLOTS,BLOCK,UNIT or SLOTS,BLOCK,UNIT,CYCLES")
    if numbers[0] < 2:
        raise UsageError(f"--store {text}: at least 2 slots are needed, so that a save keeps the one before")
    if len(numbers) == 1:
        if not known:
            name = f"the flash of {part.name} is not known" if part else "the memory is not known"
            raise UsageError(f"--store {text}: {name}; add BLOCK,UNIT or BLOCK,UNIT,CYCLES")
        return StoreMemory(numbers[0], part.erase_bytes, part.program_bytes, part.erase_cycles)
    if numbers[2] > LARGEST_UNIT or numbers[1] % numbers[2]:
        raise UsageError(f"--store {text}: UNIT must be at most {LARGEST_UNIT} bytes and divide BLOCK")
    return StoreMemory(*numbers)
