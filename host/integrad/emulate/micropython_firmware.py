"""Run a script in MicroPython on an emulated core, through the raw REPL on its UART as on a real board."""

from __future__ import annotations

import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from integrad.build.micropython_firmware import build_micropython
from integrad.build.micropython_romfs import romfs_image
from integrad.emulate.faults import FirmwareError
from integrad.emulate.qemu import find_qemu
from integrad.errors import IntegradError
from integrad.targets.cores import Core

ENTER_RAW, RUN = b"\x01", b"\x04"
"""Commands of the raw REPL: Ctrl-A to enter it, Ctrl-D to run the script."""
PROMPT, RAW_PROMPT, ACCEPTED = b">>> ", b"raw REPL; CTRL-B to exit\r\n>", b"OK"

ENABLE_FPU = "loader,addr=0xE000ED88,data=0xF00000,data-len=4,cpu-num=0"
"""Enables coprocessors 10 and 11 (the FPU), which the start-up code of this port does not do."""

MOUNT = """\
import sys, uctypes, vfs
vfs.mount(vfs.VfsRom(memoryview(uctypes.bytearray_at({address}, {size}))), "/rom")
sys.path.insert(0, "/rom")
"""


def run_firmware(
    core: Core,
    script: str,
    files: Mapping[str, bytes] | None = None,
    *,
    firmware: Path | None = None,
    time_limit: float = 120,
) -> str:
    """Run a script on an emulated core and return its output. files: name → contents, provided in a ROMFS at
    /rom, from which the script can import; weights are used there in place. firmware: used instead of that of
    build_micropython().

    Raises FirmwareError of kind "exception" (with the traceback), "time limit" (seconds) or "emulator".
    """
    firmware = firmware or build_micropython(core)
    with tempfile.TemporaryDirectory(prefix="integrad-") as folder:
        command = [*machine_command(core, "stdio"), "-kernel", str(firmware)]
        if files:
            options, mount = load_files(core, files, Path(folder))
            command, script = [*command, *options], mount + script
        return _converse(command, script, time_limit)


def load_files(core: Core, files: Mapping[str, bytes], folder: Path) -> tuple[list[str], str]:
    """(options of QEMU, first lines of a script) that provide files in a ROMFS at /rom, whose image is in
    folder."""
    image = folder / "files.romfs"
    image.write_bytes(romfs_image(files))
    options = ["-device", f"loader,file={image},addr={core.micropython.romfs:#x},force-raw=on"]
    return options, MOUNT.format(address=core.micropython.romfs, size=image.stat().st_size)


@contextmanager
def start_on_terminal(core: Core, firmware: Path | None = None) -> Iterator[str]:
    """Start an emulated board. Yields the path of a terminal with its REPL, for mpremote and similar
    programs. The board is stopped and its files are lost at the end of the block."""
    command = [*machine_command(core, "pty"), "-kernel", str(firmware or build_micropython(core))]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        found = re.search(r"redirected to (\S+)", line)
        if found is None:
            raise FirmwareError(
                "emulator", f"QEMU provides no terminal for the board: {line.strip() or 'no message'}"
            )
        yield found[1]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def machine_command(core: Core, serial: str) -> list[str]:
    """The QEMU command for a board; serial: the destination of its UART."""
    qemu, machine = find_qemu(core.family), core.micropython.machine or core.machine
    if qemu is None:
        raise IntegradError(f"{core.family.emulator} is not installed; {core.family.brings_emulator}")
    options = machine.options(machine.flash_bytes, machine.ram_bytes)
    command = [qemu, *options, "-display", "none", "-monitor", "none"]
    command += ["-semihosting", "-serial", serial]
    return [*command, "-device", ENABLE_FPU] if core.micropython.fpu else command


def _converse(command: list[str], script: str, time_limit: float) -> str:
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0
    )
    expired = threading.Event()

    def stop() -> None:
        expired.set()
        process.kill()

    timer = threading.Timer(time_limit, stop)
    timer.start()
    try:
        output, errors = _run_script(process, script)
    except EOFError as error:
        if expired.is_set():
            raise FirmwareError("time limit", f"the script did not end within {time_limit:g} s") from None
        text = error.args[0].decode(errors="replace").strip()
        raise FirmwareError("emulator", f"QEMU stopped: {text[-500:] or 'no message'}") from None
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
    if errors:
        raise FirmwareError("exception", errors, console=output)
    return output


def _run_script(process: subprocess.Popen, script: str) -> tuple[str, str]:
    """(output, traceback) of a script."""
    _read_until(process, PROMPT)
    process.stdin.write(ENTER_RAW)
    _read_until(process, RAW_PROMPT)
    process.stdin.write(script.encode() + RUN)
    _read_until(process, ACCEPTED)
    texts = (_read_until(process, RUN) for _ in range(2))
    output, errors = (text.decode(errors="replace").replace("\r\n", "\n").strip("\n") for text in texts)
    return output, errors


def _read_until(process: subprocess.Popen, end: bytes) -> bytes:
    """Data received before `end`. Raises EOFError with all received data if the process ends first."""
    received = bytearray()
    while not received.endswith(end):
        byte = process.stdout.read(1)
        if not byte:
            raise EOFError(bytes(received))
        received += byte
    return bytes(received[: -len(end)])
