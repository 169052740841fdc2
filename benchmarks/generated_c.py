"""The C that devices train with, compiled for the host and called through ctypes."""

from __future__ import annotations

import ctypes
import subprocess
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from integrad.datasets.preprocessing import Preprocessing
from integrad.engines.native.library import find_compiler
from integrad.learners.nitro import NitroSchedule
from integrad.model_file import Model
from integrad.network.network import Network
from integrad_codegen.c.module import emit_c, write_files
from integrad_codegen.plan import make_plan

FLAGS = ("-std=c99", "-O3", "-march=native", "-fPIC", "-shared")
NAME = "candidate"


class GeneratedC:
    """Trains with the module that export writes, all layers learning.

    Its weights struct holds int16 in the order of the network's parameters. Raises IntegradError
    where there is no compiler.
    """

    label = "generated C"

    def __init__(self, network: Network, batch: int, **rates: int):
        shape = network.input_shape
        axes = {1: "F", 3: "CHW"}[len(shape)]
        preprocessing = Preprocessing(axes, "int8", shape, 0, (0,) * shape[0], (1,) * shape[0])
        model = Model(network, preprocessing, [str(n) for n in range(network.classes)])
        plan = make_plan(network, NAME, "all", batch)
        self.function = compile_train(emit_c(model, plan))
        self.weights = np.concatenate([parameter.array.ravel() for parameter in plan.parameters()])
        self.scratch = np.zeros(plan.scratch.bytes // 8 + 1, np.int64)
        self.schedule = np.array(NitroSchedule(**rates).words(), np.int32)

    def step(self, x: np.ndarray, labels: np.ndarray) -> None:
        """x: int8 (B, …), labels: (B,), at most the batch of the module."""
        labels = labels.astype(np.uint8)
        batch = pointer(x), pointer(labels), len(x)
        self.function(pointer(self.weights), *batch, pointer(self.schedule), pointer(self.scratch))

    def crc(self) -> int:
        return zlib.crc32(self.weights.astype("<i2").tobytes())


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def compile_train(files: dict[str, str]):
    """The module's training function, from a library that outlives its file."""
    with TemporaryDirectory() as folder:
        sources = [str(path) for path in write_files(files, Path(folder)) if path.suffix == ".c"]
        library = str(Path(folder, "candidate.so"))
        subprocess.run([find_compiler(), *FLAGS, *sources, "-o", library], check=True)
        function = getattr(ctypes.CDLL(library), f"{NAME}_train")
    function.argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_size_t] + [ctypes.c_void_p] * 2
    return function
