"""The command line of a machine of QEMU that runs step by step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from integrad.build.program import Program
from integrad.emulate.qemu import build_plugin, find_qemu, plugin_argument
from integrad.emulate.unicorn_core import BRINGS_UNICORN
from integrad.errors import IntegradError
from integrad.targets.cores import Core


@dataclass(frozen=True)
class Inherited:
    """Numbers of the files that QEMU is to inherit: the pipes of the stepper and of semihosting's console,
    and the socket of the monitor."""

    commands: int
    reports: int
    console: int
    monitor: int

    def numbers(self) -> tuple[int, ...]:
        return self.commands, self.reports, self.console, self.monitor


def machine_command(program: Program, core: Core, folder: Path) -> list[str]:
    """QEMU with the memories of the core's part and the program in them, for which files are written into the
    folder. Virtual time follows instructions. Raises IntegradError if QEMU is not installed."""
    qemu = find_qemu(core.family)
    if qemu is None:
        instead = f', or {BRINGS_UNICORN} and emulator = "unicorn"' if core.unicorn_model else ""
        raise IntegradError(
            f"{core.family.emulator} is not installed; {core.family.brings_emulator}{instead}"
        )
    command = [qemu, *core.machine_options(False, with_store=True), "-display", "none"]
    for number, (address, data) in enumerate(program.segments):
        path = folder / f"{number}.bin"
        path.write_bytes(data)
        command += ["-device", f"loader,file={plugin_argument(path)},addr=0x{address:x},force-raw=on"]
    return [*command, "-icount", "shift=0,sleep=off"]


def connections(qemu: str, files: Inherited, places: Iterable[tuple[str, int]]) -> list[str]:
    """Arguments for the stepper, which is to stop at some places, and for everything that is connected; the
    first serial port is at standard input and output."""
    stepper = [plugin_argument(build_plugin(qemu, "stepper"))]
    stepper += [f"commands={files.commands}", f"reports={files.reports}"]
    stepper += [f"{kind}={address}" for kind, address in places]
    return [
        *("-plugin", ",".join(stepper)),
        *("-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line"),
        *("-chardev", f"socket,id=monitor,fd={files.monitor}", "-mon", "monitor,mode=control"),
        *("-chardev", f"file,id=console,path=/dev/fd/{files.console}"),
        *("-semihosting-config", "enable=on,target=native,chardev=console"),
    ]
