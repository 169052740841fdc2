"""The native engine's C, compiled for this very machine at first use and kept in the user's cache."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path

from platformdirs import user_cache_path

from integrad.engines.native.structs import declare
from integrad.errors import IntegradError

FLAGS = (
    "-std=gnu11", "-O3", "-march=native", "-mprefer-vector-width=512", "-fPIC", "-shared",
    "-fvisibility=hidden", "-fwrapv", "-ffinite-math-only", "-fno-signed-zeros", "-fno-trapping-math",
)  # fmt: skip
"""None of them lets the compiler change a sum or a rounding: doubles here hold finite whole numbers."""

COMPILERS = ("gcc", "clang", "cc")

SPINS = "5000"
"""Turns that a thread of GNU's OpenMP waits before it sleeps; its 300,000 make a busy machine crawl."""

LIBRARY = "libintegrad.so"


@cache
def load_library() -> ctypes.CDLL:
    """The compiled library. Raises IntegradError where there is no compiler, or it fails."""
    compiler, sources = find_compiler(), read_sources()
    try:
        library = user_cache_path("integrad") / "native" / _fingerprint(compiler, sources) / LIBRARY
        if not library.exists():
            library.parent.mkdir(parents=True, exist_ok=True)
            compile_library(library, sources, compiler)
        return open_library(library)
    except OSError:
        # The cache cannot be written. A library that is open needs its file no more.
        with tempfile.TemporaryDirectory(prefix="integrad-native-") as folder:
            library = Path(folder) / LIBRARY
            compile_library(library, sources, compiler)
            return open_library(library)


def find_compiler() -> str:
    """Path of a C compiler, INTEGRAD_CC first. Raises IntegradError where there is none."""
    for name in (os.environ.get("INTEGRAD_CC", ""), *COMPILERS):
        if name and (path := shutil.which(name)):
            return path
    raise IntegradError("the native engine needs a C compiler; apt-get install gcc (as root)")


def read_sources() -> dict[str, bytes]:
    """File name → text of every C file and header, by name."""
    folder = resources.files("integrad.engines.native")
    files = [entry for entry in folder.iterdir() if entry.name.endswith((".c", ".h"))]
    return {entry.name: entry.read_bytes() for entry in sorted(files, key=lambda entry: entry.name)}


def compile_library(
    library: Path, sources: dict[str, bytes], compiler: str, flags: Sequence[str] = FLAGS
) -> None:
    """With OpenMP where the compiler has it, else for one thread. The library appears whole or not at all.

    Raises IntegradError with the compiler's first complaint, OSError where the folder is not writable.
    """
    with tempfile.TemporaryDirectory(dir=library.parent) as name:
        folder = Path(name)
        for source, text in sources.items():
            (folder / source).write_bytes(text)
        files = [source for source in sources if source.endswith(".c")]
        errors = ""
        # Not every compiler knows every flag; what is left out costs speed only.
        for tried in ((*flags, "-fopenmp"), flags, [flag for flag in flags if not flag.startswith("-m")]):
            command = [compiler, *tried, *files, "-o", "built.so"]
            result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            if result.returncode == 0:
                os.replace(folder / "built.so", library)
                return
            errors = result.stderr
    first = next((line for line in errors.splitlines() if "error" in line), errors.strip())
    raise IntegradError(f"{compiler} cannot compile the native engine: {first}")


def open_library(library: Path) -> ctypes.CDLL:
    """Raises IntegradError if it is no library for this machine."""
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)  # read when OpenMP is loaded
    try:
        return declare(ctypes.CDLL(str(library)))
    except (OSError, AttributeError) as error:
        raise IntegradError(f"{library}: cannot be loaded: {error}") from error


def _fingerprint(compiler: str, sources: dict[str, bytes]) -> str:
    """Another compiler, processor or source is another library."""
    digest = hashlib.sha256(repr((compiler, FLAGS, sorted(sources.items()))).encode())
    digest.update(subprocess.run([compiler, "--version"], capture_output=True).stdout)
    digest.update(_processor().encode())
    return digest.hexdigest()[:16]


def _processor() -> str:
    """What this processor can do: its flags where Linux tells them, else its name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return " ".join(os.uname())
    told = [line for line in lines if line.startswith(("flags", "Features", "model name"))]
    return "\n".join(sorted(set(told)))
