"""Run firmware in Unicorn, an emulator that can be installed with pip and supports most cores.

Unicorn has no exception model, so faults are classified here, and system registers are ordinary memory.
Unaligned accesses on an M0 do not fault, unlike on the real core and in QEMU.
"""

from __future__ import annotations

import importlib.util
import struct
import time

from integrad.build.program import Program
from integrad.emulate.block_counter import BlockCounter
from integrad.emulate.counting import CountingMap
from integrad.emulate.faults import EXIT_FAULT, FirmwareError, describe_overflow, place
from integrad.emulate.qemu import CONSOLE_LIMIT, RawRun
from integrad.errors import IntegradError
from integrad.targets.cores import Core

BRINGS_UNICORN = "pip install 'integrad[emulator]'"
PAGE = 4096
SYSTEM = (0xE0000000, 0x100000)
BREAKPOINT = 7
SEMIHOSTING = b"\xab\xbe"  # bkpt 0xAB
EXCEPTIONS = {
    1: "undefined instruction",
    3: "jump to an address without memory",
    4: "access to an address without memory",
    17: "use of a missing or disabled coprocessor",
    18: "jump to an address that is not code",
    19: "stack overflow",
}
FAILED = 0xFFFFFFFF


def has_unicorn() -> bool:
    return importlib.util.find_spec("unicorn") is not None


def run_unicorn(
    program: Program,
    core: Core,
    whole_machine: bool,
    session: bytes,
    counting_map: CountingMap | None,
    counted_regions: int | None,
    time_limit: float,
) -> RawRun:
    """Run in this process. Counting is slow and therefore stops after counted_regions regions (None: never).

    Raises FirmwareError of kind "fault" or "time limit".
    """
    if not has_unicorn():
        raise IntegradError(f"unicorn is not installed; {BRINGS_UNICORN}")
    if core.unicorn_model is None:
        raise IntegradError(f"unicorn does not support {core.product}; use QEMU")
    counter = None
    if counting_map is not None:
        counter = BlockCounter(counting_map, counted_regions)
    return Machine(program, core, whole_machine, session).run(counter, time_limit)


class Machine:
    """A core with its memories and the firmware in flash; serves its semihosting calls."""

    def __init__(self, program: Program, core: Core, whole_machine: bool, session: bytes):
        import unicorn
        from unicorn import arm_const

        self.program, self.core = program, core
        self.unicorn, self.registers = unicorn, arm_const
        self.session, self.position = session, 0
        self.output, self.console = bytearray(), bytearray()
        self.exit_code: int | None = None
        self.exception: int | None = None
        self.bad_access: tuple[str, int] | None = None
        self.stack_limit = program.address_of("integrad_stack_limit")
        self.uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        self.uc.ctl_set_cpu_model(getattr(arm_const, core.unicorn_model))
        flash_bytes, ram_bytes = core.memory_bytes(whole_machine)
        read_only = unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC
        self.uc.mem_map(core.machine.flash_origin, _pages(flash_bytes), read_only)
        self.uc.mem_map(core.machine.ram_origin, _pages(ram_bytes))
        self.uc.mem_map(*SYSTEM)
        for address, data in program.segments:
            self.uc.mem_write(address, data)
        self.uc.hook_add(unicorn.UC_HOOK_INTR, self._on_exception)
        self.uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._on_bad_access)

    def run(self, counter: BlockCounter | None, time_limit: float) -> RawRun:
        stack_top, reset = struct.unpack("<II", self.uc.mem_read(self.core.machine.vectors_origin, 8))
        self.uc.reg_write(self.registers.UC_ARM_REG_SP, stack_top)
        hook = None
        if counter is not None:
            hook = self.uc.hook_add(self.unicorn.UC_HOOK_BLOCK, counter.on_block)
        deadline = time.monotonic() + time_limit
        pc = reset
        while self.exit_code is None:
            if hook is not None and counter.done:
                # Translated blocks keep calling the hook, so they must be translated again.
                self.uc.hook_del(hook)
                self.uc.ctl_flush_tb()
                hook = None
            pc = self._run_to_call(pc, deadline, time_limit)
        regions = counter.regions if counter is not None else []
        console = bytes(self.console).decode(errors="replace")
        calls = counter.calls if counter is not None else []
        return RawRun(self.exit_code, bytes(self.output), console, regions, None, calls)

    def _run_to_call(self, pc: int, deadline: float, time_limit: float) -> int:
        """Run to the next semihosting call and serve it. Returns the address at which to continue."""
        remaining = deadline - time.monotonic()
        self.exception = None
        if remaining > 0:
            try:
                self.uc.emu_start(pc | 1, 0xFFFFFFFE, timeout=max(1, int(remaining * 1e6)))
            except self.unicorn.UcError as error:
                raise self._fault(self._name_error(error)) from None
        pc = self.uc.reg_read(self.registers.UC_ARM_REG_PC)
        if self.exception is None:
            raise FirmwareError("time limit", f"the firmware did not end within {time_limit:g} s")
        if self.exception != BREAKPOINT or bytes(self.uc.mem_read(pc & ~1, 2)) != SEMIHOSTING:
            raise self._fault(EXCEPTIONS.get(self.exception, f"exception {self.exception}"))
        operation = self.uc.reg_read(self.registers.UC_ARM_REG_R0)
        arguments = self.uc.reg_read(self.registers.UC_ARM_REG_R1)
        try:
            result = self._serve(operation, arguments)
        except (self.unicorn.UcError, MemoryError):
            raise self._fault("semihosting call with a bad address") from None
        self.uc.reg_write(self.registers.UC_ARM_REG_R0, result)
        return pc + 2

    def _on_exception(self, uc, number: int, _) -> None:
        self.exception = number
        uc.emu_stop()

    def _on_bad_access(self, _uc, access: int, address: int, _size, _value, _) -> bool:
        fetches = (self.unicorn.UC_MEM_FETCH_UNMAPPED, self.unicorn.UC_MEM_FETCH_PROT)
        kind = "jump to" if access in fetches else "access to"
        forbidden = access in (self.unicorn.UC_MEM_WRITE_PROT, self.unicorn.UC_MEM_FETCH_PROT)
        self.bad_access = (f"{kind} an address {'in flash' if forbidden else 'without memory'}", address)
        return False

    def _name_error(self, error) -> str:
        if self.bad_access is not None:
            kind, address = self.bad_access
            return f"{kind} 0x{address:08x}"
        if error.errno == self.unicorn.UC_ERR_INSN_INVALID:
            return "undefined instruction"
        return str(error)

    def _fault(self, kind: str) -> FirmwareError:
        names = ("UC_ARM_REG_PC", "UC_ARM_REG_LR", "UC_ARM_REG_SP")
        pc, lr, sp = (self.uc.reg_read(getattr(self.registers, name)) for name in names)
        if kind == "stack overflow" or sp < self.stack_limit:
            kind = f"{describe_overflow(self.program)},"
        message = f"the firmware faulted: {place(kind, pc & ~1, lr, self.program)}"
        console = bytes(self.console).decode(errors="replace")
        return FirmwareError("fault", message, EXIT_FAULT, console)

    def _serve(self, operation: int, arguments: int) -> int:
        """Serve a semihosting call; only the two files of the transport exist."""
        if operation == 0x04:
            self._print(arguments)
            return 0
        word = struct.unpack("<3I", self.uc.mem_read(arguments, 12)) if operation != 0x20 else ()
        if operation == 0x01:
            name = bytes(self.uc.mem_read(word[0], word[2]))
            return {b"session.in": 1, b"session.out": 2}.get(name, FAILED)
        if operation == 0x05:
            self.output += self.uc.mem_read(word[1], word[2])
            return 0
        if operation == 0x06:
            data = self.session[self.position : self.position + word[2]]
            self.position += len(data)
            self.uc.mem_write(word[1], data)
            return word[2] - len(data)
        if operation == 0x20:
            self.exit_code = self.uc.mem_read(arguments + 4, 1)[0]
            return 0
        return FAILED

    def _print(self, address: int) -> None:
        while (byte := self.uc.mem_read(address, 1)) != b"\0":
            if len(self.console) < CONSOLE_LIMIT:
                self.console += byte
            address += 1


def _pages(size: int) -> int:
    return (size + PAGE - 1) // PAGE * PAGE
