"""The native engine's sources, changed or not, built with other flags than usual."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from ctypes import CDLL
from pathlib import Path

from integrad.build.objects import compile_object, run_tool
from integrad.engines.native.library import open_library, read_sources

HERE = Path(__file__).parent
QUICK = ("-std=gnu11", "-O1", "-fPIC", "-shared", "-fwrapv")
ONLY_AVX2 = f"-I{HERE / 'avx2'}"
SANITIZED = (
    *QUICK,
    "-march=native",
    ONLY_AVX2,
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=undefined",
)
PORTABLE = (*QUICK, "-Wno-psabi")  # a warning, with which no object would be kept
VARIANTS = {
    "portable vectors": PORTABLE,
    "AVX2": (*QUICK, "-mavx2", ONLY_AVX2),
    "AVX-512, emulated": (*QUICK, "-mavx2", "-D__AVX512BW__", f"-I{HERE / 'avx512'}", ONLY_AVX2),
}
"""What describe() says, or how it begins → flags. The emulation stands in for a processor's own."""


def build(folder: Path, flags: tuple[str, ...], sources: dict[str, bytes] | None = None) -> Path:
    """Path of a new library in the folder. Only what has changed since the last build is compiled."""
    library, objects = folder / "libintegrad.so", []
    sources = sources or read_sources()
    for name, text in sources.items():
        (folder / name).write_bytes(text)
    for name in sources:
        if name.endswith(".c"):
            objects.append(folder / f"{name}.o")
            compile_object("gcc", ["gcc", *flags, "-fopenmp"], [], folder / name, objects[-1])
    linked = run_tool(["gcc", *flags, "-fopenmp", *map(str, objects), "-o", str(library)])
    assert linked.returncode == 0, linked.stderr
    return library


def open_build(folder: Path, flags: tuple[str, ...], sources: dict[str, bytes] | None = None) -> CDLL:
    return open_library(build(folder, flags, sources))


def run_sanitized(library: Path, names: Iterable[str]) -> subprocess.CompletedProcess:
    """The sessions of these names in a Python that has the address sanitizer's memory."""
    preload = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    )
    environment = os.environ | {
        "LD_PRELOAD": preload.stdout.strip(),
        "ASAN_OPTIONS": "detect_leaks=0",
        "PYTHONMALLOC": "malloc",  # so that arrays have the sanitizer's borders, too
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [sys.executable, HERE / "native_sanitized.py", library, *names]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
