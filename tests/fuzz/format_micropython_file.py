"""Files of weights, as the exported Python module reads them: complete ones, and those that it saved."""

from __future__ import annotations

import importlib
import random
import sys
import tempfile
from pathlib import Path

import format_learnt_file
import format_store_image
from format_store_image import MODEL
from fuzz_target import File, Target

from integrad.errors import IntegradError
from integrad_codegen.micropython.python_files import emit_pure
from integrad_codegen.plan import make_plan
from integrad_codegen.weights_file import HEADER, HEADER_BYTES, weights_file

PREFIX = "fuzzed"
PLAN = make_plan(MODEL.network, PREFIX, "all", 1, MODEL.constants)
COMPLETE = weights_file(MODEL, PLAN)
FILE = File("learnt.weights")


def imported():
    """The module of a plain export."""
    files = emit_pure(MODEL, PLAN)
    with tempfile.TemporaryDirectory() as folder:
        for name in (f"{PREFIX}.py", f"plain/_{PREFIX}.py"):
            Path(folder, Path(name).name).write_text(files[name])
        sys.path.insert(0, folder)
        try:
            importlib.invalidate_caches()
            return importlib.import_module(PREFIX)
        finally:
            sys.path.remove(folder)


MODULE = imported()


def read(data: bytes) -> None:
    """The first byte says which. Weights stay as they are if a file of saved ones is refused."""
    model = MODULE.Model(COMPLETE)
    before = bytes(model.weights)
    try:
        if data[:1] == b"\1":
            assert len(MODULE.Model(data[1:]).weights) == len(before)
        else:
            FILE.holding(data[1:])
            model.load(str(FILE.path))
    except (ValueError, OSError) as error:
        assert bytes(model.weights) == before
        raise IntegradError(str(error)) from error


def mutate(data: bytes, rng: random.Random, mutate_bytes) -> bytes:
    first, rest = data[:1], data[1:]
    if first != b"\1":
        return first + format_learnt_file.mutate(rest, rng, mutate_bytes)
    if rng.randrange(2):
        return first + mutate_bytes(rest)
    return first + format_learnt_file.with_crc(mutate_bytes(rest[: HEADER.size])) + rest[HEADER_BYTES:]


def seeds() -> list[bytes]:
    slots = [
        format_store_image.slot(format_store_image.WEIGHTS, n, 64, flags) for n, flags in ((1, 0), (2, 1))
    ]
    learnt = [*format_learnt_file.seeds(), *slots, slots[0] + slots[1]]
    return [b"\0" + file for file in learnt] + [b"\1" + COMPLETE]


TARGET = Target("micropython-file", read, seeds, mutate)
