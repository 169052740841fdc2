"""The fuzz targets in C."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import format_store_image

from integrad.build.host_program import SANITIZERS
from integrad.build.toolchain import DEVICE, WARNINGS

HERE = Path(__file__).parent


@dataclass(frozen=True)
class CTarget:
    """sources: with LLVMFuzzerTestOneInput. mutator: with LLVMFuzzerCustomMutator, for the fuzzer only."""

    name: str
    sources: list[Path]
    mutator: list[Path]
    include: list[Path]
    seeds: Callable[[], list[bytes]]
    most: int

    def build(self, folder: Path, fuzzer: bool = False) -> Path:
        """A program under sanitizers: of libFuzzer, or one that runs the files that it is given."""
        folder.mkdir(parents=True, exist_ok=True)
        program = folder / f"{self.name}{'-fuzzer' if fuzzer else ''}"
        words = ["clang", "-fsanitize=fuzzer", *self.mutator] if fuzzer else ["gcc", HERE / "run_files.c"]
        words += ["-std=c99", "-g", "-O1", *WARNINGS, *SANITIZERS, *(f"-I{path}" for path in self.include)]
        done = subprocess.run([*words, *self.sources, "-o", program], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return program


def store_seeds() -> list[bytes]:
    """Each image, after three bytes that choose the memory, a slot that fails, and what is done."""
    return [bytes([n, 255, n]) + image for n, image in enumerate(format_store_image.seeds())]


STORE = CTarget(
    "store-c",
    [HERE / "store_target.c", DEVICE / "store/store.c", DEVICE / "checksum.c"],
    [HERE / "store_mutator.c"],
    [DEVICE, DEVICE / "store"],
    store_seeds,
    4096,
)
C_TARGETS = {STORE.name: STORE}
