"""Run firmware that performs a session in Unicorn, which supports most cores. System registers are ordinary
memory there."""

from __future__ import annotations

import struct
import time

from integrad.build.program import Program
from integrad.emulate.block_counter import BlockCounter
from integrad.emulate.counting import CountingMap
from integrad.emulate.faults import EXIT_FAULT, FirmwareError
from integrad.emulate.qemu import RawRun
from integrad.emulate.unicorn_core import FAILED, CoreFault, UnicornCore, require_unicorn
from integrad.targets.cores import Core

SYSTEM = (0xE0000000, 0x100000)
OPEN, WRITE, READ = 0x01, 0x05, 0x06


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
    require_unicorn(core)
    counter = None
    if counting_map is not None:
        counter = BlockCounter(counting_map, counted_regions)
    return SessionCore(program, core, whole_machine, session).run(counter, time_limit)


class SessionCore(UnicornCore):
    """A core that serves the semihosting calls of the transport, with its two files."""

    def __init__(self, program: Program, core: Core, whole_machine: bool, session: bytes):
        super().__init__(program, core, *core.memory_bytes(whole_machine))
        self.session, self.position = session, 0
        self.output = bytearray()
        self.uc.mem_map(*SYSTEM)

    def run(self, counter: BlockCounter | None, time_limit: float) -> RawRun:
        hook = None
        if counter is not None:
            hook = self.uc.hook_add(self.unicorn.UC_HOOK_BLOCK, counter.on_block)
        deadline = time.monotonic() + time_limit
        while self.exit_code is None:
            if hook is not None and counter.done:
                # Translated blocks keep calling the hook, so they must be translated again.
                self.uc.hook_del(hook)
                self.uc.ctl_flush_tb()
                hook = None
            try:
                self._run_to_call(deadline, time_limit)
            except CoreFault as fault:
                message = f"the firmware faulted: {self.explain(str(fault))}"
                raise FirmwareError("fault", message, EXIT_FAULT, self._text()) from None
        regions = counter.regions if counter is not None else []
        calls = counter.calls if counter is not None else []
        return RawRun(self.exit_code, bytes(self.output), self._text(), regions, None, calls)

    def serve_other(self, operation: int, arguments: int) -> int:
        word = struct.unpack("<3I", self.uc.mem_read(arguments, 12))
        if operation == OPEN:
            name = bytes(self.uc.mem_read(word[0], word[2]))
            return {b"session.in": 1, b"session.out": 2}.get(name, FAILED)
        if operation == WRITE:
            self.output += self.uc.mem_read(word[1], word[2])
            return 0
        if operation == READ:
            data = self.session[self.position : self.position + word[2]]
            self.position += len(data)
            self.uc.mem_write(word[1], data)
            return word[2] - len(data)
        return FAILED

    def _run_to_call(self, deadline: float, time_limit: float) -> None:
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not self.go(microseconds=max(1, int(remaining * 1e6))):
            raise FirmwareError("time limit", f"the firmware did not end within {time_limit:g} s")
        self.serve_call()

    def _text(self) -> str:
        return bytes(self.console).decode(errors="replace")
