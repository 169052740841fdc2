"""Builds device.c with generated models, and connects it with a pseudo-terminal."""

import os
import subprocess
import tty
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from integrad.build.toolchain import WARNINGS
from integrad.datasets.preprocessing import Preprocessing
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.network.notation import parse_notation
from integrad_codegen.c.module import emit_c, write_files
from integrad_codegen.c.serial import emit_serial
from integrad_codegen.plan import make_plan

HERE = Path(__file__).parent
SHAPE = (1, 12, 12)
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")


def make_model(learner="backprop", network="cnn:c4,p2,d8", seed=1):
    built = Network(SHAPE, 3, parse_notation(network, SHAPE, learner), learner=learner)
    built.initialise(np.random.Generator(np.random.PCG64(seed)))
    return Model(built, Preprocessing("HW", "int16", SHAPE[1:], 0, (0,), (9000,)), ["a", "b", "c"])


def export(folder, model, learn="all", batch=3, name="model"):
    """Write all generated files; returns the plan."""
    plan = make_plan(model.network, name, learn, batch, model.constants)
    write_files(emit_c(model, plan) | emit_serial(model, plan), folder)
    (folder / "kernels.c").write_text('#include "integrad/all_kernels.h"\n')
    return plan


def sources(folder, name="model"):
    runtime = [folder / f"integrad/{file}.c" for file in ("serial", "frame", "store", "update", "checksum")]
    return [folder / f"{name}.c", folder / f"{name}_weights.c", folder / f"{name}_serial.c",
            folder / "kernels.c", *runtime]  # fmt: skip


def build(folder, main=HERE / "device.c", flags=SANITIZE, compiler="gcc", optimisation="-O1"):
    program = folder / "device"
    command = [compiler, "-std=c99", "-g", optimisation, *WARNINGS, *flags, f"-I{folder}", main]
    subprocess.run([*command, *sources(folder), "-o", program], check=True)
    return program


@contextmanager
def on_terminal(program, *arguments):
    """The name of a serial port at which the program is connected."""
    master, slave = os.openpty()
    tty.setraw(slave)
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    process = subprocess.Popen(
        [program, *map(str, arguments)], stdin=master, stdout=master, env=environment
    )
    os.close(master)
    try:
        yield os.ttyname(slave)
    finally:
        assert process.poll() is None, f"the program ended with {process.returncode}"
        process.kill()
        process.wait()
        os.close(slave)
