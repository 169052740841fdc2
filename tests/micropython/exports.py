"""An export of a small model whose backend is Python, in a folder or imported from there."""

import importlib
import sys
from dataclasses import replace

import numpy as np
from backends import PLAIN
from fixed import FIXED

from integrad_codegen.micropython.python_files import emit_pure
from integrad_codegen.plan import make_plan
from integrad_codegen.weights_file import weights_file

MODEL = FIXED["frozen"].model()  # int8 samples of 2x6x6, one block frozen and one that learns


def export(folder, model=MODEL, learn="last:1", backend=PLAIN, prefix="toy"):
    """The files of an export, the backend beside the wrapper; the raw samples and labels of some data."""
    plan = make_plan(model.network, prefix, learn, 3, model.constants)
    for name, text in emit_pure(model, plan).items():
        if name.endswith(".py") and name.split("/")[0] in (backend, f"{prefix}.py"):
            (folder / name.split("/")[-1]).write_text(text)
    (folder / f"{prefix}.weights").write_bytes(weights_file(model, plan))
    rng = np.random.default_rng(4)
    samples = rng.integers(-128, 128, (8, *model.preprocessing.raw_shape), np.int8)
    return samples, rng.integers(0, model.network.classes, 8)


def import_from(folder, monkeypatch):
    """The module toy of a folder, until the end of the test."""
    monkeypatch.syspath_prepend(folder)
    for name in ("toy", "_toy"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    importlib.invalidate_caches()
    module = importlib.import_module("toy")
    for name in ("toy", "_toy"):  # forgotten at the end
        monkeypatch.setitem(sys.modules, name, sys.modules.pop(name))
    return module


def other_model(learn="last:1"):
    """A weights file of another model: of the same layout, trained differently."""
    network = MODEL.network.copy()
    network.output.weights[0, 0] ^= 1
    return replace(MODEL, network=network), make_plan(network, "toy", learn, 3)
