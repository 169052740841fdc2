"""Run firmware in QEMU and count its instructions with a plugin."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_cache_dir

from integrad.build.toolchain import DEVICE, first_error
from integrad.build_folder import build_folder
from integrad.emulate.faults import FirmwareError
from integrad.errors import IntegradError
from integrad.programs import ask, find_program
from integrad.targets.cores import Core
from integrad.targets.families import ARM, Family

BRINGS_QEMU = ARM.brings_emulator
BRINGS_HOST_COMPILER = "apt-get install gcc libc6-dev (as root)"
CONSOLE_LIMIT = 64 * 1024


@dataclass(frozen=True)
class RawRun:
    """The observations of an emulator. Counts are executions per bucket; total is None if only regions were
    counted. calls: call → counts, of each region."""

    exit_code: int
    output: bytes
    console: str
    regions: list[dict[int, int]]
    total: dict[int, int] | None
    calls: list[dict[int, dict[int, int]]] = field(default_factory=list)


def find_qemu(family: Family = ARM) -> str | None:
    """The path of QEMU for a family of cores, or None."""
    return find_program(family.emulator)


def qemu_version(qemu: str) -> tuple[int, ...]:
    """Such as (7, 2, 22). Raises IntegradError if the program does not report it."""
    found = re.search(r"version (\d+)\.(\d+)\.(\d+)", ask(qemu, "--version"))
    if found is None:
        raise IntegradError(f"{qemu} --version reports no version; {BRINGS_QEMU}")
    return tuple(map(int, found.groups()))


def qemu_machines(qemu: str) -> set[str]:
    """Names of the machines that this QEMU can emulate."""
    return {line.split()[0] for line in ask(qemu, "-M", "help").splitlines()[1:] if line.strip()}


def plugin_api(version: tuple[int, ...]) -> int:
    """Version of the plugin interface to compile for; scoreboards replaced plain variables in QEMU 9."""
    return 1 if version[0] < 9 else 2 if version[0] == 9 else 4


def find_host_compiler() -> str | None:
    return find_program("cc", "gcc", "clang")


PLUGINS = {"instruction_counter": "counting instructions", "stepper": "running a core step by step"}
"""Plugin → what it is for."""


def build_plugin(qemu: str, name: str = "instruction_counter") -> Path:
    """The compiled plugin of this name, which is kept in the user's cache.

    Raises IntegradError if there is no host compiler or the cache cannot be written.
    """
    folder = DEVICE / "emulator"
    api = plugin_api(qemu_version(qemu))
    digest = hashlib.sha256()
    for file in (f"{name}.c", "counters.h", "qemu_plugin.h"):
        digest.update((folder / file).read_bytes())
    cache = Path(user_cache_dir("integrad"))
    plugin = cache / f"{name}-{digest.hexdigest()[:16]}-{platform.machine()}-api{api}.so"
    if plugin.exists():
        return plugin
    compiler = find_host_compiler()
    if compiler is None:
        raise IntegradError(f"{PLUGINS[name]} requires a host C compiler; {BRINGS_HOST_COMPILER}")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with build_folder(cache) as place:
            built = place / plugin.name
            flags = ["-std=c99", "-O2", "-fPIC", "-shared", "-pthread", "-fvisibility=hidden"]
            source = str(folder / f"{name}.c")
            command = [compiler, *flags, f"-DQEMU_PLUGIN_API={api}", source, "-o", str(built)]
            result = subprocess.run(command, capture_output=True, text=True)
            if result.returncode:
                what = name.replace("_", " ")
                raise IntegradError(f"{compiler} cannot build the {what}: {first_error(result.stderr)}")
            os.replace(built, plugin)
    except OSError as error:
        raise IntegradError(
            f"cannot write {cache}: {error.strerror}; set XDG_CACHE_HOME to another folder"
        ) from None
    return plugin


def plugin_argument(plugin: Path) -> str:
    """The path of a plugin, or of a file for it, in an argument of QEMU."""
    return str(plugin).replace(",", ",,")


def run_qemu(
    elf: Path,
    core: Core,
    whole_machine: bool,
    session: bytes,
    counting_map: bytes | None,
    time_limit: float,
) -> RawRun:
    """Run in a temporary folder. Instructions are not counted if counting_map is None.

    Raises FirmwareError of kind "time limit" or "emulator".
    """
    qemu = find_qemu(core.family)
    if qemu is None:
        raise IntegradError(f"{core.family.emulator} is not installed; {core.family.brings_emulator}")
    with tempfile.TemporaryDirectory(prefix="integrad-") as name:
        folder = Path(name)
        (folder / "session.in").write_bytes(session)
        command = [qemu, *core.machine_options(whole_machine), "-kernel", str(elf.resolve())]
        command += ["-display", "none", "-monitor", "none", "-serial", "null", "-parallel", "null"]
        command += ["-chardev", "file,id=console,path=console.txt"]
        command += ["-semihosting-config", "enable=on,target=native,chardev=console"]
        if counting_map is not None:
            plugin = plugin_argument(build_plugin(qemu))
            (folder / "counting.map").write_bytes(counting_map)
            command += ["-plugin", f"{plugin},map=counting.map,out=counts.txt"]
        exit_code, errors = _execute(command, folder, time_limit)
        console = _read_text(folder / "console.txt")
        output, counts = folder / "session.out", folder / "counts.txt"
        # Failures of QEMU itself have status 1, which a firmware may have as well, but then no firmware ran.
        ran = console or output.exists() or (counts.exists() and ":" in counts.read_text())
        if exit_code < 0 or (exit_code == 1 and errors and not ran):
            reason = "the core locked up" if "Lockup" in errors else first_error(errors)
            raise FirmwareError("emulator", f"QEMU stopped: {reason}", exit_code, console)
        regions, total = read_counts(counts) if counting_map is not None else ([], None)
        calls = read_calls(counts) if counting_map is not None else []
        result = output.read_bytes() if output.exists() else b""
        return RawRun(exit_code, result, console, regions, total, calls)


def _execute(command: list[str], folder: Path, time_limit: float) -> tuple[int, str]:
    with (
        (folder / "errors.txt").open("wb") as errors,
        subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        try:
            # Nothing is printed there, but its end is noticed at once; wait() would look now and then.
            process.communicate(timeout=time_limit)
            exit_code = process.wait()
        except BaseException as error:
            process.kill()
            if isinstance(error, subprocess.TimeoutExpired):
                message = f"the firmware did not end within {time_limit:g} s"
                raise FirmwareError("time limit", message) from None
            raise
    return exit_code, _read_text(folder / "errors.txt")


def _read_text(path: Path) -> str:
    """The beginning of a text file, since a firmware may print indefinitely."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        return file.read(CONSOLE_LIMIT).decode(errors="replace")


def read_counts(path: Path) -> tuple[list[dict[int, int]], dict[int, int]]:
    """Executions per bucket, of each region and of the whole run."""
    regions: list[dict[int, int]] = []
    total: dict[int, int] = {}
    for name, entries in _lines(path):
        if name == "region":
            regions.append(_counts(path, entries))
        elif name == "total":
            total = _counts(path, entries)
    return regions, total


def read_calls(path: Path) -> list[dict[int, dict[int, int]]]:
    """Call → executions per bucket, of each region."""
    regions: list[dict[int, dict[int, int]]] = []
    for name, entries in _lines(path):
        if name == "region":
            regions.append({})
        elif name == "call":
            if not regions or not entries or not entries[0].isdecimal():
                raise _garbled(path)
            regions[-1][int(entries[0])] = _counts(path, entries[1:])
    return regions


def _lines(path: Path) -> Iterator[tuple[str, list[str]]]:
    """(first word, other words) of the lines of the plugin."""
    try:
        text = path.read_text(errors="replace")
    except OSError as error:
        raise FirmwareError("emulator", f"QEMU's plugin wrote no counts: {error.strerror}") from error
    for words in map(str.split, text.splitlines()):
        if words:
            yield words[0], words[1:]


def _counts(path: Path, entries: list[str]) -> dict[int, int]:
    try:
        return {int(bucket): int(count) for bucket, _, count in (entry.partition(":") for entry in entries)}
    except ValueError:
        raise _garbled(path) from None


def _garbled(path: Path) -> FirmwareError:
    return FirmwareError("emulator", f"{path.name}: the counts of QEMU's plugin are damaged; run it again")
