"""Run firmware in simavr, which emulates AVR microcontrollers.

simavr has no files and counts nothing for others. The session is therefore in flash, behind the program; the
results come from the serial port, which simavr prints (device/avr/serial.c).
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from integrad.build.objects import run_tool
from integrad.build.program import Program
from integrad.build.toolchain import first_error
from integrad.emulate.faults import FirmwareError
from integrad.emulate.qemu import RawRun
from integrad.errors import IntegradError
from integrad.programs import ask, find_program
from integrad.targets.cores import Core
from integrad.targets.families import Family

SIMAVR = "simavr"

NO_COUNTS = (
    "simavr counts no instructions; `integrad verify --core avr` compares the bits, "
    "`integrad export --core avr` states the memory"
)

CLOCK = 16_000_000
"""Frequency of the emulated oscillator; the duration of a run does not depend on it."""

ERASED = b"\xff"


def find_simavr(family: Family) -> str | None:
    """The path of simavr, or None."""
    return find_program(family.emulator)


def simavr_machines(program: str) -> set[str]:
    """Names of the chips that this simavr emulates."""
    return set(ask(program, "--list-cores").split())


def run_simavr(program: Program, core: Core, session: bytes, time_limit: float) -> RawRun:
    """Run a program whose linker script is avr.ld.jinja.

    Raises FirmwareError of kind "time limit" or "emulator", and IntegradError if the session does not fit in
    flash.
    """
    simavr = find_simavr(core.family)
    if simavr is None:
        raise IntegradError(f"{core.family.emulator} is not installed; {core.family.brings_emulator}")
    if lacking := session_shortage(program, core, session):
        raise IntegradError(f"does not fit the emulated machine: {lacking}")
    image = flash_image(program, session)
    with TemporaryDirectory(prefix="integrad-") as name:
        binary, path = Path(name, "flash.bin"), Path(name, "flash.hex")
        binary.write_bytes(image)
        _require(run_tool([*objcopy(core.family), "-I", "binary", "-O", "ihex", str(binary), str(path)]))
        command = [simavr, "-m", core.machine.name, "-f", str(CLOCK), str(path)]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=time_limit, errors="replace"
            )
        except subprocess.TimeoutExpired:
            message = f"the firmware did not end within {time_limit:g} s"
            raise FirmwareError("time limit", message) from None
    output, console, status = read_serial(done.stdout + done.stderr)
    if status is None:
        reason = first_error(done.stderr or done.stdout)
        raise FirmwareError("emulator", f"simavr stopped before the firmware ended: {reason}", None, console)
    return RawRun(status, output, console, [], None)


def session_shortage(program: Program, core: Core, session: bytes) -> str:
    """By how much program and session exceed the flash; "" if they fit."""
    needed, available = len(flash_image(program, session)), core.machine.flash_bytes
    if needed <= available:
        return ""
    excess = f"{needed - available:,} more than the {available:,} available"
    return f"flash needs {needed:,} bytes with the samples of the session, {excess}"


def flash_image(program: Program, session: bytes) -> bytes:
    """The contents of flash: the program, then the length of the session and the session."""
    image = bytearray(ERASED * max(address + len(data) for address, data in program.segments))
    for address, data in program.segments:
        image[address : address + len(data)] = data
    return bytes(image) + len(session).to_bytes(4, "little") + session


def objcopy(family: Family) -> list[str]:
    """The command that converts files of programs; it comes with the compiler."""
    path = find_program(family.gcc.removesuffix("gcc") + "objcopy")
    if path is None:
        raise IntegradError(f"no compiler for {family.name} is installed; {family.brings_gcc}")
    return [path]


def _require(done: subprocess.CompletedProcess) -> None:
    if done.returncode:
        raise IntegradError(f"{done.args[0]} failed: {first_error(done.stderr)}")


def read_serial(text: str) -> tuple[bytes, str, int | None]:
    """(output, report of a fault or "", exit status or None) from what simavr printed, among messages of its
    own. Lines end in dots, which stand for unprintable characters such as the line feed."""
    output, messages, status = [], [], None
    for line in re.sub(r"\x1b\[[\d;]*m", "", text).splitlines():
        line = line.rstrip(".")
        found = re.fullmatch(r"status ([0-9a-f]{2})", line)
        if found:
            status = int(found[1], 16)
        elif re.fullmatch(r"([0-9a-f]{2})+", line):
            output.append(line)
        elif line.startswith("fault: "):
            messages.append(line)
    return bytes.fromhex("".join(output)), "".join(f"{line}\n" for line in messages), status
