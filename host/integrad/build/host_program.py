"""Build and run the session program on the host, optionally with sanitizers."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from integrad.build.objects import compile_object, run_tool
from integrad.build.toolchain import DEVICE, WARNINGS, first_error
from integrad.errors import IntegradError
from integrad.programs import find_program

SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")

PACKAGES = ("gcc", "clang")
"""Compilers that are packages of the same name."""


def build_host(
    sources: list[Path],
    include_dirs: list[Path],
    out_dir: Path,
    *,
    sanitize: bool = True,
    compiler: str = "gcc",
    optimisation: str = "-O2",
) -> Path:
    """Compile `sources`, one of which defines main, with transport and checksum.

    Returns the path of the program.
    """
    path = find_program(compiler)
    if path is None:
        how = f"; apt-get install {compiler} (as root)" if compiler in PACKAGES else ""
        raise IntegradError(f"host compiler {compiler} is not installed{how}")
    out_dir.mkdir(parents=True, exist_ok=True)
    executable = out_dir / "session"
    own = [DEVICE / "checksum.c", DEVICE / "host/transport.c"]
    flags = ["-std=c99", "-g", optimisation, *WARNINGS, *(SANITIZERS if sanitize else ())]
    objects = []
    for number, source in enumerate([*sources, *own]):
        objects.append(out_dir / f"{number:02}_{source.stem}.o")
        compile_object(compiler, [path, *flags], [*include_dirs, DEVICE], source, objects[-1])
    result = run_tool([path, *flags, *map(str, objects), "-o", str(executable)])
    if result.returncode:
        raise IntegradError(f"{compiler} cannot build {executable}: {first_error(result.stderr)}")
    return executable


def run_host(executable: Path, session: bytes, time_limit: float = 120) -> bytes:
    """Run the program with `session` as input and return its output.

    Raises IntegradError if its exit status is not 0, if a sanitizer or a signal stops it, or if it runs
    longer than time_limit seconds.
    """
    # The programs do not allocate memory, so leak detection is unnecessary.
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    try:
        result = subprocess.run(
            [str(executable)], input=session, capture_output=True, timeout=time_limit, env=environment
        )
    except subprocess.TimeoutExpired:
        raise IntegradError(f"{executable.name} did not end within {time_limit:g} s") from None
    if result.returncode:
        text = result.stderr.decode(errors="replace")
        reason = "\n".join(line for line in text.splitlines() if "rror" in line) or text
        raise IntegradError(f"{executable.name} ended with status {result.returncode}: {reason.strip()}")
    return result.stdout
