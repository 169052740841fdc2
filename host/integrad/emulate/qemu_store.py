"""The memory that stands for flash, as a file that a machine of QEMU shares with this process, so that what
was stored before a power cut is there, and can be seen while the machine is off."""

from __future__ import annotations

import mmap
import tempfile

from integrad.emulate.faults import FirmwareError
from integrad.emulate.machine import ERASED, STORE
from integrad.emulate.qemu_process import QemuProcess
from integrad.targets.cores import Core


class FlashFile:
    """address, size: of the memory, which is erased at first."""

    def __init__(self, core: Core):
        self.address, self.size = STORE[core.name]
        self._memory = core.machine.store_memory
        begin, whole = self._memory or (self.address, self.size)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._file.truncate(whole)
        self.contents = mmap.mmap(self._file.fileno(), self.size, offset=self.address - begin)
        self.contents[:] = bytes([ERASED]) * self.size

    @property
    def descriptor(self) -> int:
        """To be inherited by QEMU."""
        return self._file.fileno()

    @property
    def options(self) -> list[str]:
        """Arguments of QEMU, after those of the machine."""
        if self._memory is None:
            return []
        backend = f"memory-backend-file,id=flash,size={self._memory[1]},share=on"
        return [
            "-object",
            f"{backend},mem-path=/dev/fd/{self.descriptor}",
            "-machine",
            "memory-backend=flash",
        ]

    def insert(self, process: QemuProcess, deadline: float) -> None:
        """Replace the memory of a machine that has not begun yet. Raises TimeoutError at the deadline, and
        FirmwareError if QEMU refuses."""
        if self._memory is not None:
            return
        pointer = process.monitor.host_pointer(self.address)
        process.send(f"share {pointer} {self.size} {self.descriptor}")
        answer = process.report(deadline)
        if answer is None or answer.reason != "shared":
            raise FirmwareError("emulator", "QEMU cannot share the memory that stands for flash")

    def contains(self, address: int, size: int) -> bool:
        return self.address <= address and address + size <= self.address + self.size

    def read(self, address: int, size: int) -> bytes:
        return self.contents[address - self.address : address - self.address + size]

    def close(self) -> None:
        self.contents.close()
        self._file.close()
