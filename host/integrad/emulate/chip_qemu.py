"""Chips as machines of QEMU whose memories have the sizes of the chips, with the serial port at a pipe.

What differs from the chips: clocks and pins do not exist, so that a program goes on with the clock that it
began with; flash cannot be programmed, so that nothing is saved; time is that of the host, and nothing is
counted; nothing tells of faults, after which a program is silent.
"""

from __future__ import annotations

import os
import select
import subprocess
from pathlib import Path

from integrad.emulate.chip import Chip, image_path
from integrad.emulate.faults import FirmwareError
from integrad.emulate.qemu import find_qemu
from integrad.errors import IntegradError
from integrad.targets.families import ARM


class QemuChip(Chip):
    """A machine of QEMU that runs an ELF file. uart: number of its serial port, from 0.

    What arrives before the program has started its serial port is lost.
    """

    wait = 0.5

    def __init__(self, image: Path, machine: str, uart: int = 0, name: str = ""):
        self.name = name or f"{machine} in QEMU"
        qemu = find_qemu(ARM)
        if qemu is None:
            raise IntegradError(f"{ARM.emulator} is not installed; {ARM.brings_emulator}")
        ports = [*["null"] * uart, "chardev:line"]
        self._command = [qemu, "-M", machine, "-kernel", str(image_path(image, ".elf").resolve())]
        self._command += ["-display", "none", "-monitor", "none", "-chardev", "stdio,id=line,signal=off"]
        self._command += [word for port in ports for word in ("-serial", port)]
        self._switch_on()

    def read(self, most: int, timeout: float) -> bytes:
        return self._read(most) if self._wait(timeout) else b""

    def write(self, data: bytes) -> None:
        try:
            self._process.stdin.write(data)
        except BrokenPipeError:
            raise self._ended() from None

    def restart(self) -> None:
        self.close()
        self._switch_on()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _switch_on(self) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._command, bufsize=0, stdin=pipe, stdout=pipe, stderr=pipe)

    def _wait(self, seconds: float) -> bool:
        return bool(select.select([self._process.stdout], [], [], max(0.0, seconds))[0])

    def _read(self, most: int) -> bytes:
        data = os.read(self._process.stdout.fileno(), most)
        if not data:
            raise self._ended()
        return data

    def _ended(self) -> FirmwareError:
        errors = self._process.communicate()[1].decode(errors="replace")
        reason = "the core locked up" if "Lockup" in errors else errors.strip().partition("\n")[0]
        return self._fault(reason or "the emulator ended")
