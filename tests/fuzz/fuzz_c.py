"""The fuzz targets in C."""

from __future__ import annotations

import struct
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import format_store_image
import numpy as np

from integrad.build.host_program import SANITIZERS
from integrad.build.toolchain import DEVICE, WARNINGS
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Predict, Reset, Stack, Train, Weights

HERE = Path(__file__).parent
MODEL, LEARN, BATCH = format_store_image.MODEL, "all", 2


@dataclass(frozen=True)
class CTarget:
    """prepare: (folder for generated files) → (sources, folders of headers); one of the sources defines
    LLVMFuzzerTestOneInput. mutator: with LLVMFuzzerCustomMutator, for the fuzzer only. most: of an input.
    """

    name: str
    prepare: Callable[[Path], tuple[list[Path], list[Path]]]
    mutator: list[Path]
    seeds: Callable[[], list[bytes]]
    most: int

    def build(self, folder: Path, fuzzer: bool = False) -> Path:
        """A program under sanitizers: of libFuzzer, or one that runs the files that it is given."""
        folder.mkdir(parents=True, exist_ok=True)
        program = folder / f"{self.name}{'-fuzzer' if fuzzer else ''}"
        sources, include = self.prepare(folder)
        words = ["clang", "-fsanitize=fuzzer", *self.mutator] if fuzzer else ["gcc", HERE / "run_files.c"]
        words += [
            "-std=c99",
            "-g",
            "-O1" if fuzzer else "-O0",
            *WARNINGS,
            *SANITIZERS,
            *(f"-I{path}" for path in include),
        ]
        done = subprocess.run([*words, *sources, "-o", program], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return program


def store_sources(folder: Path) -> tuple[list[Path], list[Path]]:
    own = [DEVICE / name for name in ("store/store.c", "store/update.c", "checksum.c")]
    return [HERE / "store_target.c", *own], [DEVICE, DEVICE / "store"]


def store_seeds() -> list[bytes]:
    """Each image, after three bytes that choose the memory, a slot that fails, and what is done."""
    images = [bytes([n, 255, n]) + image for n, image in enumerate(format_store_image.seeds())]
    slot = format_store_image.with_crc(b"iSTO" + struct.pack("<8I", 1, 1, 2, 36, 0, 1, 7, 0) + bytes(8))
    update = b"iUPD" + struct.pack("<5I8x", 1, 1, 2, 36, 5) + bytes(35) + b"\1" + b"\xff" * 64
    return [*images, b"\0\xff\x08" + slot.ljust(256, b"\xff") + update]


def session_sources(folder: Path) -> tuple[list[Path], list[Path]]:
    """session_target.c includes the generated program."""
    device = DeviceModel.generate(MODEL, folder / "session", LEARN, BATCH)
    sources = [path for path in device.sources if path.name != "session-main.c"]
    return [HERE / "session_target.c", *sources, DEVICE / "checksum.c"], [device.source_folder, DEVICE]


def session_seeds() -> list[bytes]:
    device = DeviceModel(MODEL, format_store_image.PLAN, HERE, [])
    x, labels = np.arange(8, dtype=np.int16).reshape(2, 4) * 3000, np.array([0, 2])
    step = Train(x, labels, MODEL.schedule(BATCH))
    return [
        device.session(actions).encode()
        for actions in ([Predict(x), Weights()], [step, Reset(), Stack(), step])
    ]


def serial_sources(folder: Path) -> tuple[list[Path], list[Path]]:
    own = [DEVICE / name for name in ("serial/serial.c", "serial/frame.c", "checksum.c")]
    return [HERE / "serial_target.c", *own], [DEVICE, DEVICE / "serial", DEVICE / "store"]


def serial_seeds() -> list[bytes]:
    """A life: two samples in parts, a prediction, a step, weights, and what a noisy line adds."""
    begin, sample = bytes([0, 1, 1, 0]), bytes(200)

    def part(slot: int, at: int, count: int) -> bytes:
        return bytes([2, 1, 7 + count]) + struct.pack("<HBI", slot, 1, at) + sample[:count]

    samples = b"".join(part(slot, at, 150) for slot in (0, 1) for at in (0, 150))
    step = bytes([4, 1, 3, 2, 0, 0, 4, 1, 11, 2, 0, 2]) + struct.pack("<2i", 5, 5)
    apply = bytes([8, 1, 20]) + struct.pack("<5I", 1, 2, 300, zlib.crc32(bytes(300)), 9)
    rest = bytes([3, 1, 4, 0, 0, 0, 0, 5, 1, 6, 0, 0, 0, 0, 9, 0, 6, 1, 0, 9, 1, 0, 10, 1, 0, 11, 1, 1, 7])
    write = bytes([7, 1, 9, 0, 0, 0, 0, 1, 2, 3, 4, 5])
    return [begin + samples + step + rest, begin + write + apply + b"\xf3abc" + begin[1:] + rest, begin]


STORE = CTarget("store-c", store_sources, [HERE / "store_mutator.c"], store_seeds, 4096)
SESSION = CTarget("session-c", session_sources, [], session_seeds, 1024)
SERIAL = CTarget("serial-c", serial_sources, [], serial_seeds, 2048)
C_TARGETS = {target.name: target for target in (STORE, SESSION, SERIAL)}
