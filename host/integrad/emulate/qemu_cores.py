"""What the registers and system registers of a core in QEMU mean: faults, sleep, interrupts."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Mapping

from integrad.build.program import Program
from integrad.emulate.counting import markers
from integrad.emulate.faults import explain
from integrad.emulate.instructions import ends_in_wfi
from integrad.emulate.qemu_monitor import Monitor, parse_registers
from integrad.errors import IntegradError
from integrad.targets.cores import Core
from integrad.targets.families import RISC_V

Registers = dict[str, int]


class CoreView(ABC):
    """reset: address at which the program begins. marks: addresses at which the core is to be looked at."""

    reset: int
    marks: set[int]
    link = "lr"

    def __init__(self, program: Program):
        self.program = program

    @property
    def places(self) -> list[tuple[str, int]]:
        """For the stepper: the marks, and the ends of regions, at which somebody may want to stop."""
        marks = [("mark", address) for address in sorted(self.marks)]
        return marks + [("watch", address) for address in markers(self.program)]

    @abstractmethod
    def named(self, raw: Mapping[str, int]) -> Registers:
        """The registers by their usual names, from those by QEMU's names."""

    @abstractmethod
    def fault_at(self, address: int, registers: Registers, monitor: Monitor) -> tuple[str, Registers] | None:
        """What happened if the core, which has reached a mark, has taken a fault: explanation and the
        registers of the code that caused it."""

    def late_fault(self, registers: Registers, monitor: Monitor) -> str | None:
        """What happened if the core is somewhere in a handler of a fault."""
        return None

    def new_marks(self, address: int, registers: Registers) -> list[int]:
        """More marks, which the program has decided on when it has reached this one."""
        return []

    @abstractmethod
    def sleeps(self, pc: int, monitor: Monitor) -> bool:
        """Whether the instruction before this one waits for an interrupt."""

    @abstractmethod
    def input_wakes(self, registers: Registers, monitor: Monitor) -> bool:
        """Whether the program has enabled interrupts of devices."""

    def named_in(self, text: str) -> Registers:
        """The registers in a message of QEMU."""
        return self.named(parse_registers(text))

    def place(self, registers: Registers) -> str:
        """Where the program stands."""
        pc = registers.get("pc")
        if pc is None:
            return ""
        function = self.program.function_at(pc)
        # The instruction after a call that does not return may belong to the next function.
        caller = self.program.function_at((registers.get(self.link, 0) & ~1) - 1)
        if function is None:
            return f"pc 0x{pc:08x}"
        called = f", called by {caller.name}" if caller is not None and caller is not function else ""
        return f"{function.name}{called} (pc 0x{pc:08x})"


class CortexMView(CoreView):
    VECTORS = 16
    FAULTS = range(3, 8)
    STACK_IS_PROCESS = 1 << 2
    STATUS = 0xE000ED28
    INTERRUPTS = 0xE000E100

    def __init__(self, program: Program, core: Core):
        super().__init__(program)
        table = _read(program, core.machine.vectors_origin, self.VECTORS * 4)
        vectors = struct.unpack(f"<{self.VECTORS}I", table)
        self.reset = vectors[1] & ~1
        self._handlers = {vectors[number] & ~1 for number in self.FAULTS if vectors[number]}
        self.marks = {self.reset, *self._handlers}
        self._has_status = core.architecture != "thumbv6m"

    def named(self, raw):
        special = {13: "sp", 14: "lr", 15: "pc"}
        named = {special.get(n, f"r{n}"): raw[f"r{n:02}"] for n in range(16) if f"r{n:02}" in raw}
        return named | {name: raw[name] for name in ("xpsr",) if name in raw}

    def fault_at(self, address, registers, monitor):
        exception = registers["xpsr"] & 0x1FF
        if address not in self._handlers or exception not in self.FAULTS:
            return None
        numbers = {**self._status(exception, monitor), "sp": registers["sp"]}
        lost = ""
        if not registers["lr"] & self.STACK_IS_PROCESS:
            frame = _frame(registers["sp"], monitor)
            numbers |= frame
            registers = registers | frame
            if frame:
                registers["sp"] += 32
            else:
                lost = f", and the stack pointer 0x{registers['sp']:08x} is outside of memory"
        explanation = explain(numbers, self.program)
        return explanation + (lost if "stack" not in explanation else ""), registers

    def late_fault(self, registers, monitor):
        exception = registers["xpsr"] & 0x1FF
        return explain(self._status(exception, monitor), self.program) if exception in self.FAULTS else None

    def _status(self, exception: int, monitor: Monitor) -> Registers:
        if not self._has_status:
            return {"exception": exception}
        words = struct.unpack("<5I", monitor.read(self.STATUS, 20))
        address = words[3] if words[0] & 0x80 else words[4]
        return {"exception": exception, "cfsr": words[0], "address": address}

    def sleeps(self, pc, monitor):
        return ends_in_wfi(monitor.read(pc - 4, 4))

    def input_wakes(self, registers, monitor):
        return any(monitor.read(self.INTERRUPTS, 32))


class RiscVView(CoreView):
    link = "ra"
    TRAP_VECTOR = 0x305
    WFI = 0x10500073
    EXTERNAL = 1 << 11
    STATUS = ("mstatus", "mie", "mip", "mtvec", "mcause", "mepc", "mtval")

    def __init__(self, program: Program, core: Core):
        super().__init__(program)
        self.reset = core.machine.vectors_origin
        self._setters = set(_after_writes(program, self.TRAP_VECTOR))
        self._handlers: set[int] = set()
        self.marks = {self.reset, *self._setters}

    def named(self, raw):
        general = {name.partition("/")[2]: value for name, value in raw.items() if "/" in name}
        return general | {name: raw[name] for name in ("pc", *self.STATUS) if name in raw}

    def new_marks(self, address, registers):
        handler = registers["mtvec"] & ~3
        if address not in self._setters or handler in self._handlers:
            return []
        self._handlers.add(handler)
        return [handler]

    def fault_at(self, address, registers, monitor):
        if address not in self._handlers or registers["mcause"] >> 31:
            return None
        numbers = {"exception": registers["mcause"], "mtval": registers["mtval"], "sp": registers["sp"]}
        numbers |= {"pc": registers["mepc"], "lr": registers["ra"]}
        return explain(numbers, self.program), registers | {"pc": registers["mepc"]}

    def sleeps(self, pc, monitor):
        return struct.unpack("<I", monitor.read(pc - 4, 4))[0] == self.WFI

    def input_wakes(self, registers, monitor):
        return bool(registers["mie"] & self.EXTERNAL)


def view_of(program: Program, core: Core) -> CoreView:
    return (RiscVView if core.family is RISC_V else CortexMView)(program, core)


def _read(program: Program, address: int, size: int) -> bytes:
    """Contents of flash, 0 where there is none."""
    data = bytearray(size)
    for start, segment in program.segments:
        for offset in range(max(address, start), min(address + size, start + len(segment))):
            data[offset - address] = segment[offset - start]
    return bytes(data)


def _frame(sp: int, monitor: Monitor) -> Registers:
    """What the core has pushed, or nothing if it could not."""
    try:
        words = struct.unpack("<8I", monitor.read(sp, 32))
    except (IntegradError, struct.error):
        return {}
    return dict(zip(("r0", "r1", "r2", "r3", "r12", "lr", "pc", "xpsr"), words, strict=True))


def _after_writes(program: Program, register: int) -> list[int]:
    """Addresses of the instructions after those that write a control and status register."""
    found = []
    for start, data in program.segments:
        for offset in range(0, len(data) - 7, 2):
            word = struct.unpack_from("<I", data, offset)[0]
            if word & 0x7F == 0x73 and word >> 20 == register and word >> 12 & 3:
                found.append(start + offset + 4)
    return found
