"""A program that contains all kernels, and sessions for it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from integrad.build.firmware import Firmware, build_firmware
from integrad.build.host_program import build_host, run_host
from integrad.emulate.runner import RunResult, run
from integrad.targets.cores import Core, get_core
from integrad_codegen.c.runtime import PORTABLE

DRIVER = Path(__file__).with_name("driver.c")
WIDEN, LINEAR, CONVOLVE, LEARN_ROWS, ERRORS, ACCUMULATE, DESCEND_ROW, ACTIVATE4, MAXIMA, DEPTHWISE = range(10)
DOTS, TRESPASS = 10, 11
DOTS8, WEIGH8, GATHER8, SCATTER8, REQUANTISE, CONVOLVE8, UPDATE8, UPDATE_MASTER, COMPACT8 = range(12, 21)
MAXIMA8, LINEAR_WIDE = 21, 22
BEGINS_FENCED, ENDS_FENCED = 1, 2
"""Where arrays lie in a call: they begin, or end, at a fence."""

HEADER = struct.Struct("<17i")
GUARD = bytes([0x5A] * 16)


@dataclass(frozen=True)
class Call:
    """One call of a kernel: driver.c says which parameters and inputs a command takes."""

    command: int
    parameters: tuple[int, ...]
    inputs: tuple[np.ndarray, ...]
    placement: int = 0

    def encode(self) -> bytes:
        padded = (*self.parameters, *[0] * (15 - len(self.parameters)), self.placement)
        return HEADER.pack(self.command, *padded) + b"".join(a.tobytes() for a in self.inputs)


def encode(calls: list[Call]) -> bytes:
    """A session that makes these calls."""
    return b"".join(call.encode() for call in calls) + HEADER.pack(-1, *[0] * 16)


def decode(output: bytes) -> list[bytes]:
    """Each call's memory, guards included."""
    answers, offset = [], 0
    while offset < len(output):
        (size,) = struct.unpack_from("<I", output, offset)
        answers.append(output[offset + 4 : offset + 4 + size])
        offset += 4 + size
    return answers


def sources(folder: Path, portable: bool = False) -> list[Path]:
    """The driver, and a file with every kernel that its compiler selects, or the portable ones."""
    unit = folder / "kernels.c"
    folder.mkdir(parents=True, exist_ok=True)
    forced = f"#define {PORTABLE}\n" if portable else ""
    unit.write_text(f'{forced}#include "runtime/all_kernels.h"\n')
    return [DRIVER, unit]


def run_portable(calls: list[Call], folder: Path) -> list[bytes]:
    """Answers of the portable kernels on the host, watched by sanitizers."""
    program = build_host(sources(folder, portable=True), [], folder / "host", optimisation="-O1")
    return decode(run_host(program, encode(calls)))


def build_kernels(
    core: str | Core,
    folder: Path,
    toolchain: str | None = None,
    optimisation: str = "-O2",
    portable: bool = False,
) -> Firmware:
    """The driver with a core's kernels, or with the portable ones, for that core."""
    core = get_core(core) if isinstance(core, str) else core
    options = {"whole_machine": True, "toolchain": toolchain, "optimisation": optimisation}
    return build_firmware(core, sources(folder, portable), [], folder / "build", **options)


def run_kernels(firmware: Firmware, calls: list[Call], count: bool = False) -> tuple[list[bytes], RunResult]:
    """Answers of a firmware, and what the emulator counted call by call."""
    result = run(firmware, encode(calls), count=count, engine="qemu")
    return decode(result.output), result
