"""Classification of RISC-V instructions of RV32IMC.

Encodings: "The RISC-V Instruction Set Manual", volume I, chapters "RV32/64G Instruction Set Listings" and
"C" (version 20191213).
"""

from __future__ import annotations

MARKER_BEGIN = 0x84A6  # c.mv s1, s1
MARKER_END = 0x894A  # c.mv s2, s2

LOAD, STORE, OPERATION, JALR, JAL, BRANCH, SYSTEM = 0x03, 0x23, 0x33, 0x67, 0x6F, 0x63, 0x73

# Compressed instructions by quadrant (bits 1 and 0) and function (bits 15 to 13).
COMPRESSED = {
    (0, 2): "load",
    (0, 6): "store",
    (1, 1): "branch",
    (1, 5): "branch",
    (1, 6): "branch",
    (1, 7): "branch",
    (2, 2): "load",
    (2, 6): "store",
}


def is_wide(first: int) -> bool:
    """Whether an instruction that begins with this halfword is 32 bits long."""
    return first & 3 == 3


def branch_target(first: int, second: int, address: int) -> int | None:
    """Where a JAL, C.JAL or C.J at this address leads; None for other instructions."""
    if is_wide(first):
        if first & 0x7F != JAL:
            return None
        word = second << 16 | first
        offset = (word >> 21 & 0x3FF) << 1 | (word >> 20 & 1) << 11 | word & 0xFF000
        return address + offset - (word >> 31 << 20)
    if first & 3 != 1 or first >> 13 not in (1, 5):
        return None
    offset = (
        (first >> 3 & 7) << 1
        | (first >> 11 & 1) << 4
        | (first >> 2 & 1) << 5
        | (first >> 7 & 1) << 6
        | (first >> 6 & 1) << 7
        | (first >> 9 & 3) << 8
        | (first >> 8 & 1) << 10
    )
    return address + offset - ((first >> 12 & 1) << 11)


def classify(first: int, second: int) -> tuple[str, int]:
    """(class, 0) of an instruction; `second` matters for those of 32 bits only. No instruction moves several
    words."""
    if not is_wide(first):
        return _classify_compressed(first), 0
    opcode = first & 0x7F
    if opcode in (JALR, JAL, BRANCH):
        return "branch", 0
    if opcode == OPERATION and second >> 9 == 1:
        return ("divide" if first >> 14 & 1 else "multiply"), 0
    return {LOAD: "load", STORE: "store"}.get(opcode, "other"), 0


def _classify_compressed(first: int) -> str:
    if first & 3 == 2 and first >> 13 == 4 and first & 0x007C == 0 and first & 0x0F80:
        return "branch"  # C.JR, C.JALR
    return COMPRESSED.get((first & 3, first >> 13), "other")


def timing(first: int, second: int) -> str:
    """Kind of an instruction in tables of cycles: its class, or a finer one where its cycles are others."""
    kind, _ = classify(first, second)
    if is_wide(first):
        finer = {JALR: "indirect", JAL: "jump", BRANCH: "conditional", SYSTEM: "system"}
        return finer.get(first & 0x7F, kind)
    if kind != "branch":
        return kind
    if first & 3 == 2:
        return "indirect"
    return "conditional" if first >> 14 == 3 else "jump"
