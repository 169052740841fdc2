"""Measures the code size of generated firmware and writes the table that predictions use.

    python benchmarks/code_sizes.py [--cores m0 m4] [--check | --add]

Builds a few dozen networks for every core with gcc and finds, by least squares, the bytes of each
ingredient whose sum is the code of every one of them: host/integrad/data/code_sizes.json. Where constants
are in RAM, the same is done for their bytes, and the networks are smaller. With --check nothing is
written; with --add existing entries are kept, and missing ones are measured on the networks that have
some. Prints, for each core, the largest error on these networks and on networks that were not used for
the fit. Run it after changing kernels or templates.
"""

import argparse
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from integrad.datasets.preprocessing import Preprocessing
from integrad.estimate.code_sizes import in_ram_of, ingredients, is_detail, table_bytes, total
from integrad.execute.device_model import DeviceModel
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.targets.cores import CORES, get_core
from integrad.training.specification import load_spec
from integrad_codegen.plan import make_plan

TABLE = Path(__file__).resolve().parents[1] / "host/integrad/data/code_sizes.json"
CLASSES = 10
RIDGE = 0.01
"""Shares bytes out between ingredients that always come together."""

RIDGE_OF_DETAILS = 1
"""The same for how large windows and numbers are, which should explain what is left, and no more."""

IMAGE, COLOUR = ("HW", "uint8", (32, 32)), ("HWC", "uint8", (24, 24, 3))
SMALL = ("HW", "int8", (28, 28))
FEATURES, SERIES = ("F", "int16", (300,)), ("TC", "int16", (64, 3))

NETWORKS = [
    *product([IMAGE, ("F", "int8", (60,)), ("F", "int32", (60,)), FEATURES], ["mlp:24", "mlp:40,30,20"]),
    *product([IMAGE, COLOUR], ["cnn:c6,p2,d16", "cnn:p2,c8,p2,c12,p2,d48", "cnn:c5k5,a2,c6s2,c7,d20"]),
    *product([SERIES], ["cnn:c8k5,p4,c8,d16", "cnn:c5,p2,c6,p3,d10", "cnn:a2,c12,p2,c4,a3,d9"]),
    (("CHW", "int8", (2, 11, 9)), "cnn:c9,c12,d10,d11"),
    (IMAGE, "cnn:c7,c8s2,c9,c10,p2"),
    (IMAGE, "cnn:p4,d20"),
    (SMALL, "cnn:c8,p2,c16,p2,d32"),
    (SMALL, "cnn:c6,p2,c12,p2,c20,p2,d20,d10"),
    (SMALL, "cnn:a2,c10,c20,p3,c11"),
    (IMAGE, "cnn:a3,c10,p3,c11,a2,d12"),
    (IMAGE, "cnn:c8,p2,c16,p2,c32,p2,d48"),
    (IMAGE, "cnn:c4,p4,c24,d60,d30,d15"),
    (("F", "uint16", (40,)), "mlp:30"),
    (("HW", "uint8", (6, 4)), "mlp:7,5"),
    (("TC", "uint16", (50, 2)), "cnn:c6,p2,d7"),
    (("F", "int16", (90,)), "mlp:20,30"),
]
GROUPED = [
    (COLOUR, "cnn:dw,p2,d16"),
    (SERIES, "cnn:dwk5,p2,d10"),
    (COLOUR, "cnn:c6,p2,dw,p2,d20"),
    (SERIES, "cnn:dws2,c9k1,p2,dw,p2,d10"),
]
POCKET = [
    *product([IMAGE, FEATURES], ["mlp:24", "mlp:40,30,20"], ["pocket"]),
    (SERIES, "mlp:20,7", "pocket"),
]
BACKPROP = [
    *product([IMAGE, FEATURES], ["mlp:24", "mlp:40,30,20"], ["backprop"]),
    *product([IMAGE], ["cnn:a2,c8,p2,c24,p2,d32", "cnn:c6,p4,c9,a2,d12"], ["backprop"]),
    (COLOUR, "cnn:c6,p3,dw,a2,d20", "backprop"),
    (SERIES, "cnn:c5,p2,c6,a3,d10", "backprop"),
    (SMALL, "cnn:p2,c6,c9,a2,p2", "backprop"),
    (SMALL, "cnn:dw,p2,c8k1,p2,d10", "backprop"),
    (FEATURES, "mlp:30", "backprop", "cross-entropy"),
    (IMAGE, "cnn:c8,p2,d16", "backprop", "cross-entropy"),
]
PACKED = [
    *product([FEATURES], ["mlp:24", "mlp:40,30,20"], ["backprop"], ["squared"], ["2"]),
    *product([IMAGE], ["cnn:a2,c8,p2,c24,p2,d32", "cnn:c6,p4,c9,a2,d12"], ["backprop"], ["squared"], ["2"]),
]
BIASED = [
    *product([FEATURES], ["mlp:24", "mlp:40,30,20"], ["backprop"], ["squared"], [""], [True]),
    *product(
        [IMAGE], ["cnn:a2,c8,p2,c24,p2,d32", "cnn:c6,p4,c9,a2,d12"], ["backprop"], ["squared"], [""], [True]
    ),
]
WIDE = [
    (("F", "int8", (600,)), "mlp:24", "nitro-d", "", "", False, 64),
    (("F", "int8", (600,)), "mlp:40,30", "nitro-d", "", "", False, 64),
    (("CHW", "int8", (60, 6, 6)), "cnn:c8,p2,d20", "nitro-d", "", "", False, 64),
    (("CHW", "int8", (60, 6, 6)), "cnn:c6,c60,p2,d12", "nitro-d", "", "", False, 64),
    (("CHW", "int8", (60, 6, 6)), "cnn:c60,p2", "nitro-d", "", "", False, 64),
]
TINY, TINY_COLOUR, TINY_SERIES = (
    ("HW", "uint8", (9, 9)),
    ("HWC", "uint8", (8, 8, 3)),
    ("TC", "int16", (32, 3)),
)
READINGS = [("F", "int8", (60,)), ("F", "int16", (90,)), ("F", "uint16", (40,)), ("F", "int32", (30,))]
TINY_NETWORKS = [
    *product(READINGS, ["mlp:24", "mlp:16,8"]),
    *product([TINY], ["cnn:c6,p2,d16", "cnn:c4,c5s2,d7", "cnn:a2,c4,c6k1,d9"]),
    *product([TINY_COLOUR], ["cnn:c6,p2,d16", "cnn:dw,p2,d8"]),
    *product([TINY_SERIES], ["cnn:c6k5,p2,d10", "cnn:a2,c4,p2,d9"]),
    *product([READINGS[1]], ["mlp:24", "mlp:16,8"], ["pocket", "backprop"]),
    *product([TINY], ["mlp:12", "cnn:c6,p2,d16", "cnn:c4,c5,a2,d7", "cnn:dw,p2,d8"], ["backprop"]),
    *product([TINY_SERIES], ["cnn:c6k5,p2,d10", "cnn:a2,c4,p2,d9"], ["backprop"]),
    (READINGS[1], "mlp:16,8", "backprop", "cross-entropy"),
    (TINY, "cnn:c6,p2,d16", "backprop", "cross-entropy"),
    (READINGS[1], "mlp:16,8", "backprop", "squared", "2"),
    (TINY, "cnn:c4,a2,d12", "backprop", "squared", "2"),
    (READINGS[1], "mlp:16,8", "backprop", "squared", "", True),
    (TINY, "cnn:c4,a2,d12", "backprop", "squared", "", True),
    (READINGS[0], "mlp:16,8", "nitro-d", "", "", False, 64),
    (("CHW", "int8", (12, 6, 6)), "cnn:c6,c12,p2,d12", "nitro-d", "", "", False, 64),
]
TINY_OTHERS = [
    (READINGS[0], "mlp:20,10"),
    (TINY, "cnn:c4,p2,d12"),
    (TINY_SERIES, "cnn:c4,p2,c8,d12"),
    (READINGS[1], "mlp:20,10", "pocket"),
    (READINGS[1], "mlp:20,10", "backprop"),
    (TINY, "cnn:c4,p2,d12", "backprop"),
]
SPACIOUS = {"flash_bytes": 1 << 20, "ram_bytes": 48 << 10}
"""Memories of an imagined chip on which all of these networks fit; nothing runs there."""

OTHERS = [
    (IMAGE, "mlp:96,48"),
    (IMAGE, "cnn:p4,c8,p2,c16,p2,d32"),
    (SMALL, "cnn:c5,p2,c10,p2,c15,p2,d24,d12"),
    (SERIES, "cnn:c4,p2,c8,p2,d30"),
    (IMAGE, "mlp:100,50", "pocket"),
    (IMAGE, "mlp:96,48", "backprop"),
    (IMAGE, "cnn:p4,c8,p2,c16,p2,d32", "backprop"),
]
SETTINGS = [("none", 1), ("output", 16), ("last:1", 4), ("all", 16)]
FEW = [("none", 1), ("last:1", 8), ("all", 10)]


def make_model(data, spec, learner="nitro-d", loss="", stash="", biased=False, sums=32):
    """The model, and what is chosen for a device. biased: whether all layers have biases.
    sums: width of sums in bits."""
    axes, dtype, shape = data
    limits = np.iinfo(dtype)
    rng = np.random.default_rng(0)
    x = rng.integers(limits.min, limits.max, (20, *shape), dtype=dtype, endpoint=True)
    preprocessing = Preprocessing.fit(x, axes)
    shape = preprocessing.input_shape
    found = load_spec(spec, shape, learner, {"bias": True} if biased else {})
    network = Network(shape, CLASSES, found.layers, learner, sums, found.output_bias)
    network.initialise(rng)
    record = {"hyper_parameters": {"loss": loss}} if loss else {}
    model = Model(network, preprocessing, [str(k) for k in range(CLASSES)], record)
    return model, {"stash": stash} if stash else {}


def built(core, networks, settings, known=None):
    """(ingredients, bytes of code and of constants that are not known, such bytes in RAM) of every firmware;
    with known ingredients, only of those that have others."""
    cases = [(core, *case, *setting) for case, setting in product(networks, settings)]
    cases = [case for case in cases if known is None or ingredients_of(case).keys() - known.keys()]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # compilers are processes of their own
        return list(pool.map(build, cases))


def ingredients_of(case):
    _, *network, learn, batch = case
    model, options = make_model(*network)
    return ingredients(model, make_plan(model.network, "model", learn, batch, model.constants | options))


def build(case):
    core, *network, learn, batch = case
    model, options = make_model(*network)
    with TemporaryDirectory() as folder:
        device = DeviceModel.generate(model, Path(folder), learn, batch, options=options)
        core = get_core(core)
        if core.family.constants_in_ram:
            core = replace(core, machine=replace(core.machine, **SPACIOUS))
        sizes = device.build(core, whole_machine=True, toolchain="gcc").sizes
    plan = device.plan
    known = plan.weights_bytes + plan.frozen_bytes + table_bytes(model, plan)
    return ingredients(model, plan), sizes.flash - known, sizes.data - known


def fitted(rows, known=None):
    """Ingredient → bytes, of those that are not known. rows: (ingredients, bytes)."""
    known = known or {}
    names = sorted({name for found, _ in rows for name in found} - set(known))
    matrix = np.array([[found[name] for name in names] for found, _ in rows], float)
    sizes = np.array([size for _, size in rows], float)
    weights = 1 / sizes  # what counts is the error in percent
    sizes -= [total(known, found) for found, _ in rows]
    left = matrix * weights[:, None]
    ridges = [RIDGE_OF_DETAILS if is_detail(name) else RIDGE for name in names]
    penalty = np.mean(weights) * np.diag(ridges)
    right = np.append(sizes * weights, np.zeros(len(names)))
    solution, *_ = np.linalg.lstsq(np.vstack([left, penalty]), right, rcond=None)
    return {name: round(float(value), 1) for name, value in zip(names, solution, strict=True)}


def read_table():
    return json.loads(TABLE.read_text()) if TABLE.exists() else {}


def error(predicted, size):
    return 100 * abs(predicted - size) / size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cores", nargs="+", default=list(CORES))
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--add", action="store_true")
    options = parser.parse_args()
    for core in options.cores:
        in_ram = get_core(core).family.constants_in_ram
        # What is fitted: the name in the table, and its place in a row of built().
        fits = {core: 1} | ({in_ram_of(core): 2} if in_ram else {})
        if not options.check:
            table = read_table()
            known = table[core] if options.add else {}
            networks = [*NETWORKS, *GROUPED, *POCKET, *BACKPROP, *PACKED, *BIASED, *WIDE]
            networks, settings = (TINY_NETWORKS, FEW) if in_ram else (networks, SETTINGS)
            rows = built(core, networks, settings, known if options.add else None)
            for name, column in fits.items():
                known = table[name] if options.add else {}
                own = [(row[0], row[column]) for row in rows]
                table[name] = known | fitted(own, known)
                worst = max(error(total(table[name], found), size) for found, size in own)
                print(f"{name}: {len(own)} firmwares fitted, largest error {worst:.2f} %", flush=True)
            TABLE.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")
        table = read_table()
        rows = built(core, TINY_OTHERS if in_ram else OTHERS, FEW)
        for name, column in fits.items():
            errors = [error(total(table[name], row[0]), row[column]) for row in rows]
            print(f"{name}: {len(errors)} others, largest error {max(errors):.2f} %", flush=True)


if __name__ == "__main__":
    main()
