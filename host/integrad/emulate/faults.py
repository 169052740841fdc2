"""Explanations of why a firmware stopped."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping

from integrad.build.program import Program
from integrad.emulate.instructions import classify
from integrad.errors import IntegradError

EXIT_FAULT = 125
"""Exit status of the firmware's fault handler."""

# Bits of the Configurable Fault Status Register, the most specific ones first (Arm DDI 0553, CFSR).
CFSR = (
    (1 << 20, "stack overflow"),
    (1 << 12, "stack overflow"),
    (1 << 4, "stack overflow"),
    (1 << 16, "undefined instruction"),
    (1 << 19, "use of a missing or disabled coprocessor"),
    (1 << 17, "jump to an address that is not code"),
    (1 << 18, "return to an invalid address"),
    (1 << 24, "unaligned access"),
    (1 << 25, "division by zero"),
    (1 << 8, "jump to an address without memory"),
    (1 << 0, "jump to an address without memory"),
    (1 << 9, "access to an address without memory"),
    (1 << 10, "access to an address without memory"),
    (1 << 1, "access to an address without memory"),
)
HAS_ADDRESS = 1 << 15 | 1 << 7
HARD_FAULT = 3

BREAKPOINT = 0xBE
"""First byte of the instruction, by which failed assertions often stop a program."""

OVERFLOW = 1 << 20 | 1 << 12 | 1 << 4

MCAUSE = {
    0: "jump to an address that is not code",
    1: "jump to an address without memory",
    2: "undefined instruction",
    3: "breakpoint instruction (EBREAK) without a debugger",
    4: "unaligned access",
    5: "access to an address without memory",
    6: "unaligned access",
    7: "access to an address without memory",
}
"""Register of a RISC-V core (Privileged Architecture 1.12, table 3.6); its neighbour has the address."""


class FirmwareError(IntegradError):
    """The run of a firmware failed. kind: "fault", "exit status", "time limit", "emulator" or, if a script in
    MicroPython failed, "exception"."""

    def __init__(self, kind: str, message: str, exit_code: int | None = None, console: str = ""):
        self.kind, self.exit_code, self.console = kind, exit_code, console
        super().__init__(message)


def explain_console(console: str, program: Program) -> str | None:
    """Explanation of the line that the fault handler printed; None if there is no such line, or if a program
    printed something like it."""
    found = re.search(r"^fault: (.*)$", console, re.MULTILINE)
    if found is None:
        return None
    numbers = {name: int(value, 16) for name, value in re.findall(r"(\w+)=([0-9a-f]{8})", found[1])}
    if "stack overflow" in found[1]:
        return describe_overflow(program)
    return explain(numbers, program) if {"exception", "pc", "lr"} <= set(numbers) else None


def explain(numbers: Mapping[str, int], program: Program) -> str:
    """Explanation of a fault.

    numbers: `exception` (number of the exception, or MCAUSE); `pc` and `lr` of the code that caused it, if
    they are known; `cfsr` and `address`, the fault status register of a Cortex-M and the address register
    that belongs to it, if the core has them; `mtval` of a RISC-V core; `sp`, if it is to be compared with the
    limit of the stack.
    """
    status = numbers.get("cfsr")
    if _is_below_stack(numbers, program):
        return describe_overflow(program)
    exception, pc = numbers["exception"], numbers.get("pc")
    kind = f"exception {exception}"
    if "mtval" in numbers:
        kind = MCAUSE.get(exception, kind)
        if "access" in kind:
            kind += f" 0x{numbers['mtval']:08x}"
    elif status:
        kind = next((name for bit, name in CFSR if status & bit), kind)
        if status & HAS_ADDRESS and "address" in numbers:
            kind += f" 0x{numbers['address']:08x}"
    elif exception == HARD_FAULT and pc is not None:
        kind = _explain_by_instruction(pc, program, status is not None) or kind
    return kind if pc is None else place(kind, pc, numbers["lr"], program)


def _is_below_stack(numbers: Mapping[str, int], program: Program) -> bool:
    limit = stack_limit(program)
    return bool(numbers.get("cfsr", 0) & OVERFLOW) or numbers.get("sp", limit) < limit


def stack_limit(program: Program) -> int:
    """The first address of the stack; 0 for a program with another start-up code."""
    try:
        return program.address_of("integrad_stack_limit")
    except KeyError:
        return 0


def describe_overflow(program: Program) -> str:
    """Description of a stack overflow, with the size of the stack."""
    reserve = sum(section.size for section in program.sections if section.name == ".stack")
    return f"stack overflow, more than the {reserve:,} bytes reserved"


def place(kind: str, pc: int, lr: int, program: Program) -> str:
    """Description of a fault and of where it happened."""
    function = f" in {program.describe(pc)}" if program.function_at(pc) else ""
    return f"{kind}{function} (pc 0x{pc:08x}, returns to {program.describe(lr & ~1)})"


def _explain_by_instruction(pc: int, program: Program, has_status: bool) -> str:
    """A Cortex-M0 has no fault status register, and others say nothing there of breakpoints; the faulting
    instruction distinguishes the cases."""
    start, code = program.section_bytes(".text")
    if not start <= pc < start + len(code):
        return "" if has_status else "jump to an address that is not code"
    first, second = struct.unpack("<HH", (code + bytes(4))[pc - start : pc - start + 4])
    if first >> 8 == BREAKPOINT:
        return "breakpoint instruction (BKPT) without a debugger"
    if has_status:
        return ""
    if classify(first, second)[0] in ("load", "store", "multiple"):
        return "access to an address without memory or to an unaligned one"
    return "undefined instruction"
