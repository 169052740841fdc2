"""A core in Unicorn, an emulator that can be installed with pip: its memories, faults and semihosting.

Unicorn has no exception model, so faults are classified here. Unaligned accesses on an M0 do not fault,
unlike on the real core and in QEMU.
"""

from __future__ import annotations

import importlib.util
import struct

from integrad.build.program import Program
from integrad.emulate.faults import describe_overflow, place, stack_limit
from integrad.emulate.qemu import CONSOLE_LIMIT
from integrad.errors import IntegradError
from integrad.targets.cores import Core

BRINGS_UNICORN = "pip install 'integrad[emulator]'"
PAGE = 4096
BREAKPOINT = 7
SEMIHOSTING = b"\xab\xbe"  # bkpt 0xAB
PRINT, EXIT = 0x04, 0x20
EXCEPTIONS = {
    1: "undefined instruction",
    3: "jump to an address without memory",
    4: "access to an address without memory",
    17: "use of a missing or disabled coprocessor",
    18: "jump to an address that is not code",
    19: "stack overflow",
}
FAILED = 0xFFFFFFFF
END = 0xFFFFFFFE
"""An address at which no program stands."""


def has_unicorn() -> bool:
    return importlib.util.find_spec("unicorn") is not None


def require_unicorn(core: Core) -> None:
    """Raise IntegradError if Unicorn is not installed or does not support the core."""
    if not has_unicorn():
        raise IntegradError(f"unicorn is not installed; {BRINGS_UNICORN}")
    if core.unicorn_model is None:
        raise IntegradError(f"unicorn does not support {core.product}; use QEMU")


class CoreFault(Exception):
    """The program cannot go on. The text says why."""


class UnicornCore:
    """A core with a program in flash and with RAM of these sizes. pc: where it stands.

    console: what the program prints by semihosting, the beginning of it. exit_code: once it has ended so.
    """

    def __init__(self, program: Program, core: Core, flash_bytes: int, ram_bytes: int):
        import unicorn
        from unicorn import arm_const

        self.program, self.unicorn, self._names = program, unicorn, arm_const
        self.console = bytearray()
        self.exit_code: int | None = None
        self._exception: int | None = None
        self._bad_access: tuple[str, int] | None = None
        self._stack_limit = stack_limit(program)
        self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self.uc.ctl_set_cpu_model(getattr(arm_const, core.unicorn_model))
        read_only = unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC
        self.uc.mem_map(core.machine.flash_origin, pages(flash_bytes), read_only)
        self.uc.mem_map(core.machine.ram_origin, pages(ram_bytes))
        for address, data in program.segments:
            self.uc.mem_write(address, data)
        self.uc.hook_add(unicorn.UC_HOOK_INTR, self._on_exception)
        self.uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._on_bad_access)
        self._vectors = core.machine.vectors_origin
        self.reset()

    def reset(self) -> None:
        """Stand where the program begins. Other registers and memory stay as they are."""
        stack_top, pc = struct.unpack("<II", self.uc.mem_read(self._vectors, 8))
        self.write_register("sp", stack_top)
        self.pc = pc & ~1

    def register(self, name: str) -> int:
        """Such as `sp`, `r0` or `xpsr`."""
        return self.uc.reg_read(getattr(self._names, f"UC_ARM_REG_{name.upper()}"))

    def write_register(self, name: str, value: int) -> None:
        self.uc.reg_write(getattr(self._names, f"UC_ARM_REG_{name.upper()}"), value)

    def go(self, count: int = 0, microseconds: int = 0, until: int = END) -> bool:
        """Execute `count` instructions, or all of them within some time; 0: without this bound.

        Returns whether it stands at a semihosting call. Raises CoreFault.
        """
        self._exception = None
        try:
            self.uc.emu_start(self.pc | 1, until, count=count, timeout=microseconds)
        except self.unicorn.UcError as error:
            raise CoreFault(self._name_error(error)) from None
        finally:
            self.pc = self.register("pc") & ~1
        if self._exception is None:
            return False
        if self._exception != BREAKPOINT or bytes(self.uc.mem_read(self.pc, 2)) != SEMIHOSTING:
            raise CoreFault(EXCEPTIONS.get(self._exception, f"exception {self._exception}"))
        return True

    def serve_call(self) -> None:
        """Do what a semihosting call asks for, and go on behind it. Raises CoreFault."""
        try:
            result = self._serve(self.register("r0"), self.register("r1"))
        except (self.unicorn.UcError, MemoryError):
            raise CoreFault("semihosting call with a bad address") from None
        self.write_register("r0", result)
        self.pc += 2

    def explain(self, kind: str) -> str:
        """What happened, and where."""
        below = self._bad_access is not None and 0 < self._stack_limit - self._bad_access[1] <= PAGE
        if kind == "stack overflow" or below or self.register("sp") < self._stack_limit:
            return describe_overflow(self.program)
        return place(kind, self.pc, self.register("lr"), self.program)

    def serve_other(self, operation: int, arguments: int) -> int:
        """The result of a semihosting call other than to print or to end."""
        return FAILED

    def _serve(self, operation: int, arguments: int) -> int:
        if operation == PRINT:
            self._print(arguments)
            return 0
        if operation == EXIT:
            self.exit_code = self.uc.mem_read(arguments + 4, 1)[0]
            return 0
        return self.serve_other(operation, arguments)

    def _print(self, address: int) -> None:
        while (byte := self.uc.mem_read(address, 1)) != b"\0":
            if len(self.console) < CONSOLE_LIMIT:
                self.console += byte
            address += 1

    def _on_exception(self, uc, number: int, _) -> None:
        self._exception = number
        uc.emu_stop()

    def _on_bad_access(self, _uc, access: int, address: int, _size, _value, _) -> bool:
        fetches = (self.unicorn.UC_MEM_FETCH_UNMAPPED, self.unicorn.UC_MEM_FETCH_PROT)
        kind = "jump to" if access in fetches else "access to"
        forbidden = access in (self.unicorn.UC_MEM_WRITE_PROT, self.unicorn.UC_MEM_FETCH_PROT)
        self._bad_access = (f"{kind} an address {'in flash' if forbidden else 'without memory'}", address)
        return False

    def _name_error(self, error) -> str:
        if self._bad_access is not None:
            kind, address = self._bad_access
            return f"{kind} 0x{address:08x}"
        if error.errno == self.unicorn.UC_ERR_INSN_INVALID:
            return "undefined instruction"
        return str(error)


def pages(size: int) -> int:
    """The bytes of whole pages that hold `size` bytes."""
    return (size + PAGE - 1) // PAGE * PAGE
