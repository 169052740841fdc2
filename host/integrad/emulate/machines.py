"""Starts a core in one of the emulators that run step by step."""

from __future__ import annotations

from integrad.build.program import Program
from integrad.emulate.machine import Machine
from integrad.emulate.machine_unicorn import UnicornMachine
from integrad.emulate.runner import choose_engine
from integrad.errors import IntegradError, UsageError
from integrad.targets.cores import Core

try:
    from integrad.emulate.machine_qemu import QemuMachine
except ModuleNotFoundError:  # not a POSIX system
    QemuMachine = None


def start_machine(program: Program, core: Core, engine: str | None = None, name: str = "") -> Machine:
    """Switch on a core with a program in its flash.

    engine: "qemu", "unicorn" or None for an installed one. name: for messages. Raises UsageError if
    no emulator of this name runs the core, and IntegradError if it is not installed.
    """
    engine = engine or choose_engine(core)
    if engine == "qemu" and core.family.engine == "qemu":
        if QemuMachine is None:
            raise IntegradError("cores in QEMU run step by step only where there is POSIX, as in WSL")
        return QemuMachine(program, core, name)
    if engine == "unicorn":
        return UnicornMachine(program, core, name)
    raise UsageError(f"no emulator named {engine!r} runs {core.product} step by step")
