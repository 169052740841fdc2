"""Classification of Thumb instructions of Armv6-M to Armv8.1-M.

Encodings: "Armv8-M Architecture Reference Manual", C2.3 (Arm DDI 0553); older cores have a subset of them.
"""

from __future__ import annotations

CLASSES = (
    "load",
    "store",
    "multiple",
    "multiply",
    "divide",
    "branch",
    "dsp",
    "vector",
    "other",
)
"""multiple: two or more registers; dsp: the DSP extension and saturation; vector: FPU and MVE."""

MARKER_BEGIN = 0x46C9  # mov r9, r9
MARKER_END = 0x46D2  # mov r10, r10


def is_wide(first: int) -> bool:
    """Whether an instruction that begins with this halfword is 32 bits long."""
    return first >= 0xE800


def branch_target(first: int, second: int, address: int) -> int | None:
    """Where a BL, or an unconditional B of 32 bits, at this address leads; None for other instructions."""
    if first & 0xF800 != 0xF000 or second & 0x9000 != 0x9000:
        return None
    sign = first >> 10 & 1
    i1, i2 = (~(second >> 13 ^ sign) & 1), (~(second >> 11 ^ sign) & 1)
    offset = i1 << 23 | i2 << 22 | (first & 0x3FF) << 12 | (second & 0x7FF) << 1
    return address + 4 + offset - (sign << 24)


def classify(first: int, second: int) -> tuple[str, int]:
    """(class, words moved by a `multiple`) of an instruction; `second` matters for wide ones only."""
    return _classify_wide(first, second) if is_wide(first) else _classify_narrow(first)


def _classify_narrow(first: int) -> tuple[str, int]:
    if first & 0xF800 == 0x4800:
        return "load", 0
    if first & 0xF000 == 0x5000:
        return ("load" if first >> 9 & 7 >= 3 else "store"), 0
    if 0x6000 <= first < 0xA000:
        return ("load" if first & 0x0800 else "store"), 0
    if first & 0xF600 == 0xB400:  # push with lr, pop with pc
        return "multiple", (first & 0x1FF).bit_count()
    if first & 0xF000 == 0xC000:
        return "multiple", (first & 0xFF).bit_count()
    if first & 0xFFC0 == 0x4340:
        return "multiply", 0
    conditional = first & 0xF000 == 0xD000 and first & 0x0F00 < 0x0E00
    if conditional or first & 0xF800 == 0xE000 or first & 0xFF00 == 0x4700 or first & 0xF500 == 0xB100:
        return "branch", 0
    return "other", 0


def _classify_wide(first: int, second: int) -> tuple[str, int]:
    if first & 0xEC00 == 0xEC00:
        return "vector", 0
    if first & 0xFE00 == 0xE800:
        return _classify_multiple(first, second)
    if first & 0xF800 == 0xF000:
        return _classify_branch(first, second)
    if first & 0xFE00 == 0xF800:
        return ("load" if first & 0x0010 else "store"), 0
    if first & 0xFF00 == 0xFB00:
        return _classify_multiply(first, second), 0
    if first & 0xFF00 == 0xFA00:
        return ("dsp" if _is_dsp_register(first, second) else "other"), 0
    return "other", 0


def _classify_multiple(first: int, second: int) -> tuple[str, int]:
    if first & 0x0040 == 0:
        clears = first == 0xE89F  # CLRM clears registers and moves nothing
        return ("other", 0) if clears else ("multiple", second.bit_count())
    if first & 0x0120:
        return "multiple", 2
    if first & 0xFFF0 == 0xE8D0 and second & 0xFFE0 == 0xF000:  # TBB, TBH
        return "branch", 0
    return ("load" if first & 0x0010 else "store"), 0


def _classify_branch(first: int, second: int) -> tuple[str, int]:
    if second & 0x8000:
        if second == 0xE801:  # VCTP creates a predicate for vector instructions
            return "vector", 0
        is_control = second & 0x5000 == 0 and first & 0x0380 == 0x0380  # barriers, hints, MSR, MRS
        return ("other" if is_control else "branch"), 0
    saturates = first & 0xFFD0 in (0xF300, 0xF380)  # SSAT, USAT
    return ("dsp" if saturates else "other"), 0


def _classify_multiply(first: int, second: int) -> str:
    operation, detail = first >> 4 & 7, second >> 4 & 15
    if first & 0x0080 == 0:
        return "multiply" if operation == 0 else "dsp"
    if operation in (1, 3):
        return "divide"
    plain = operation in (0, 2) or (operation in (4, 6) and detail == 0)
    return "multiply" if plain else "dsp"


def _is_dsp_register(first: int, second: int) -> bool:
    detail = second >> 4 & 15
    if first & 0x0080:
        # Parallel addition, then QADD and SEL; their neighbours are REV and CLZ.
        return detail < 8 or first & 0x0070 == 0 or first & 0x0070 == 0x0020
    if detail < 8:
        return False  # shift by register
    # SXTB16 and UXTB16, and all extensions that also add.
    return first & 0x0060 == 0x0020 or first & 0x000F != 0x000F


def ends_in_wfi(code: bytes) -> bool:
    """Whether four bytes of code end in an instruction that waits for an interrupt (WFI, WFI.W)."""
    return code[2:] == b"\x30\xbf" or code == b"\xaf\xf3\x03\x80"


def timing(first: int, second: int) -> str:
    """Kind of an instruction in tables of cycles: its class, or a finer one where its cycles are others."""
    kind, words = classify(first, second)
    if not is_wide(first):
        return _narrow_timing(first, kind)
    if kind == "branch":
        return _branch_timing(first, second)
    if kind == "multiply":
        return _multiply_timing(first, second)
    if words and first & 0x0050 == 0x0010 and second & 0x8000:
        return "return"
    if first & 0xFF70 == 0xF850 and second >> 12 == 15:
        return "load to pc"
    is_system = kind == "other" and first & 0xFF80 == 0xF380 and second & 0xD000 == 0x8000
    return "system" if is_system else kind


def _narrow_timing(first: int, kind: str) -> str:
    if (first & 0xF000 == 0xD000 and kind == "branch") or first & 0xF500 == 0xB100:
        return "conditional"
    if first & 0xF800 == 0xE000:
        return "jump"
    if first & 0xFF00 == 0x4700 or first & 0xFD87 == 0x4487:  # BX, BLX; ADD and MOV to the program counter
        return "indirect"
    if first & 0xFF00 == 0xBD00:
        return "return"
    return "if-then" if first & 0xFF00 == 0xBF00 and first & 0x000F else kind


def _branch_timing(first: int, second: int) -> str:
    if first & 0xFFF0 == 0xE8D0:
        return "table"
    return {0x8000: "conditional", 0x9000: "jump", 0xD000: "call"}.get(second & 0xD000, "jump")


def _multiply_timing(first: int, second: int) -> str:
    if first & 0x0080:
        return "long accumulate" if first & 0x0040 else "long multiply"
    return "multiply" if second >> 12 == 15 else "accumulate"
