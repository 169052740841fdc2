"""Builds device.c with generated models, and connects it with a pseudo-terminal or an unreliable line."""

import os
import random
import subprocess
import tty
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from integrad.build.host_program import SANITIZERS
from integrad.build.objects import compile_object
from integrad.build.toolchain import WARNINGS
from integrad.datasets.preprocessing import Preprocessing
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.network.notation import parse_notation
from integrad_codegen.c.module import emit_c, write_files
from integrad_codegen.c.serial import emit_serial
from integrad_codegen.plan import make_plan

HERE = Path(__file__).parent
SHAPE, CLASSES = (1, 12, 12), 3
PROTOCOL = ("integrad/serial.c", "integrad/frame.c", "model_serial.c")


def make_model(learner="backprop", network="cnn:c4,p2,d8", classes=CLASSES, seed=1):
    built = Network(SHAPE, classes, parse_notation(network, SHAPE, learner), learner=learner)
    built.initialise(np.random.Generator(np.random.PCG64(seed)))
    names = [f"class {number}" for number in range(classes)]
    return Model(built, Preprocessing("HW", "int16", SHAPE[1:], 0, (0,), (9000,)), names)


def export(folder, model, learn="all", batch=3, options=None):
    """Write all generated files, called model.h and so on; returns the plan."""
    plan = make_plan(model.network, "model", learn, batch, model.constants | (options or {}))
    write_files(emit_c(model, plan) | emit_serial(model, plan), folder)
    (folder / "kernels.c").write_text('#include "integrad/all_kernels.h"\n')
    return plan


def build(folder, flags=()):
    """The program. The protocol is built with sanitizers; of the rest, objects are reused."""
    common = ["gcc", "-std=c99", "-g", *WARNINGS]
    checked = [HERE / "device.c", *(folder / name for name in PROTOCOL)]
    rest = [folder / name for name in ("model.c", "model_weights.c", "kernels.c", "integrad/store.c")]
    objects = []
    for source in [*checked, *rest, folder / "integrad/checksum.c"]:
        own = ["-O1", *SANITIZERS, *flags] if source in checked else ["-O1"]
        objects.append(folder / f"{source.stem}.o")
        compile_object("gcc", [*common, *own], [folder], source, objects[-1])
    subprocess.run([*common, *SANITIZERS, *objects, "-o", folder / "device"], check=True)
    return folder / "device"


@contextmanager
def on_terminal(program, *arguments):
    """The name of a serial port at which the program is connected."""
    master, slave = os.openpty()
    tty.setraw(slave)
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}
    process = subprocess.Popen([program, *map(str, arguments)], stdin=master, stdout=master, env=environment)
    os.close(master)
    try:
        yield os.ttyname(slave)
        assert process.poll() is None, f"the program ended with {process.returncode}"
    finally:
        process.kill()
        process.wait()
        os.close(slave)


class UnreliableLine:
    """A ByteStream that loses, changes, doubles and adds bytes, and whole frames, in both directions.

    share: of the pieces of the line that are damaged. sent, received: bytes between zero bytes that passed.
    """

    def __init__(self, stream, share, seed):
        self.name, self._stream, self._share = "line", stream, share
        self._random = random.Random(seed)
        self.sent = self.received = 0

    def write(self, data):
        self.sent += 1
        self._stream.write(self._damaged(data))

    def read(self, most, timeout):
        data = self._stream.read(most, timeout)
        self.received += data.count(0) // 2
        return self._damaged(data) if data else data

    def _damaged(self, data):
        rng = self._random
        if rng.random() >= self._share:
            return data
        at, piece = rng.randrange(len(data)), bytearray(data)
        fault = rng.randrange(7)
        if fault == 0:
            del piece[at : at + rng.randrange(1, 5)]
        elif fault == 1:
            piece[at] ^= 1 << rng.randrange(8)
        elif fault == 2:
            piece.insert(at, piece[at])
        elif fault == 3:
            piece[at:at] = rng.randbytes(rng.randrange(1, 300))
        elif fault == 4:
            piece.clear()
        elif fault == 5:
            piece += bytes(piece)
        else:
            piece[at:at] = b"\0" * rng.randrange(1, 3)
        return bytes(piece)
