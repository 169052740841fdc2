"""Compiles the C code of the native engine for this computer at first use and keeps it in the user's
cache."""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path

from platformdirs import user_cache_path

from integrad.build_folder import build_folder, remove_leftovers
from integrad.engines.native import backprop_structs, structs
from integrad.errors import IntegradError
from integrad.programs import ask, find_program

FLAGS = (
    "-std=gnu11", "-O3", "-march=native", "-mprefer-vector-width=512", "-fPIC", "-shared",
    "-fvisibility=hidden", "-fwrapv", "-ffinite-math-only", "-fno-signed-zeros", "-fno-trapping-math",
)  # fmt: skip
"""None of these flags changes a sum or a rounding, since all doubles are finite integers."""

COMPILERS = ("gcc", "clang", "cc")

SPINS = "5000"
"""Spin count of GNU OpenMP before a waiting thread sleeps; its default of 300,000 slows busy machines
down."""

LIBRARY = "libintegrad.so"
DIGEST_BYTES = 32


@cache
def load_library() -> ctypes.CDLL:
    """The compiled library. Raises IntegradError if there is no compiler or it fails."""
    compiler, sources = find_compiler(), read_sources()
    try:
        cache = user_cache_path("integrad") / "native"
        for folder in cache.glob("*/"):  # of all versions: none of them may be compiled again
            remove_leftovers(folder)
        library = cache / _fingerprint(compiler, sources) / LIBRARY
        if not is_whole(library):
            library.parent.mkdir(parents=True, exist_ok=True)
            for verdict in library.parent.glob("*verdict"):  # about a library that is damaged
                verdict.unlink(missing_ok=True)
            compile_library(library, sources, compiler)
        return open_library(library)
    except OSError:
        # The cache is not writable. Once a library is loaded, its file is no longer needed.
        with tempfile.TemporaryDirectory(prefix="integrad-native-") as folder:
            library = Path(folder) / LIBRARY
            compile_library(library, sources, compiler)
            return open_library(library)


def find_compiler() -> str:
    """Path of a C compiler; INTEGRAD_CC is tried first. Raises IntegradError if there is none."""
    for name in (os.environ.get("INTEGRAD_CC", ""), *COMPILERS):
        if name and (path := find_program(name)):
            return path
    raise IntegradError("the native engine requires a C compiler; apt-get install gcc (as root)")


def read_sources() -> dict[str, bytes]:
    """File name → contents of all C files and headers, sorted by name."""
    folder = resources.files("integrad.engines.native")
    files = [entry for entry in folder.iterdir() if entry.name.endswith((".c", ".h"))]
    return {entry.name: entry.read_bytes() for entry in sorted(files, key=lambda entry: entry.name)}


def compile_library(
    library: Path, sources: dict[str, bytes], compiler: str, flags: Sequence[str] = FLAGS
) -> None:
    """Compile with OpenMP if the compiler supports it, else for one thread. The library is written
    atomically, with its digest at the end, which loaders ignore.

    Raises IntegradError with the first error of the compiler, OSError if the folder is not writable.
    """
    with build_folder(library.parent) as folder:
        for source, text in sources.items():
            (folder / source).write_bytes(text)
        files = [source for source in sources if source.endswith(".c")]
        errors = ""
        # Not all compilers support all flags; omitting them affects speed only.
        for tried in ((*flags, "-fopenmp"), flags, [flag for flag in flags if not flag.startswith("-m")]):
            command = [compiler, *tried, *files, "-o", "built.so"]
            result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            if result.returncode == 0:
                _append_digest(folder / "built.so")
                os.replace(folder / "built.so", library)
                return
            errors = result.stderr
    first = next((line for line in errors.splitlines() if "error" in line), errors.strip())
    raise IntegradError(f"{compiler} cannot compile the native engine: {first}")


def is_whole(library: Path) -> bool:
    """Whether there is a library whose digest is right. A damaged one could end the process by a signal."""
    try:
        data = library.read_bytes()
    except OSError:
        return False
    return hashlib.sha256(data[:-DIGEST_BYTES]).digest() == data[-DIGEST_BYTES:]


def _append_digest(library: Path) -> None:
    with open(library, "r+b") as file:
        file.write(hashlib.sha256(file.read()).digest())
        file.flush()
        os.fsync(file.fileno())


def open_library(library: Path) -> ctypes.CDLL:
    """Load a library. Raises IntegradError if it does not work on this computer."""
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)  # read when OpenMP is loaded
    try:
        return backprop_structs.declare(structs.declare(ctypes.CDLL(str(library))))
    except (OSError, AttributeError) as error:
        raise IntegradError(f"{library}: cannot be loaded: {error}") from error


def _fingerprint(compiler: str, sources: dict[str, bytes]) -> str:
    """Identifies the compiler, the processor and the sources of a library."""
    digest = hashlib.sha256(repr((compiler, FLAGS, sorted(sources.items()))).encode())
    digest.update(ask(compiler, "--version").encode())
    digest.update(_processor().encode())
    return digest.hexdigest()[:16]


def _processor() -> str:
    """Capabilities of the processor: its flags on Linux, else its name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return " ".join(os.uname())
    told = [line for line in lines if line.startswith(("flags", "Features", "model name"))]
    return "\n".join(sorted(set(told)))
