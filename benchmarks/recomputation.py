"""Memory and instructions of a training step of integer backpropagation that computes activations again.

    python benchmarks/recomputation.py [--cores m0,m4]

Prints Markdown: bytes of the arenas that the generator plans for training steps which keep activations,
compute them again (--recompute), keep them in 2 bits (--stash 2), and both, with the multiply-accumulates of
all forward passes relative to those of one. Then, with --cores, instructions of a training step of 4 samples
on emulated cores, with initial weights and random samples, and bytes of code.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from integrad.datasets.preprocessing import Preprocessing
from integrad.execute.costs import measure_costs
from integrad.execute.device_model import DeviceModel
from integrad.learners.memory_options import YES
from integrad.learners.table import learner_of
from integrad.model_file import Model
from integrad.network.backprop_stash import PACKED_STASH
from integrad.network.network import Network
from integrad.targets.cores import get_core
from integrad.training.specification import load_spec
from integrad_codegen.plan import Plan, make_plan

SHAPE, CLASSES = (1, 32, 32), 10
NETWORKS = (
    "mlp:96,48",
    "cnn:a2,c8,p2,c24,p2,d32",
    "cnn:a2,c8,c16,p2,c24,p2,d32",
    "cnn:a2,c8,c16,c24,p2,d32",
    "cnn:a2,c8,dw,c16k1,p2,dw,c32k1,p2,d32",
    "cnn:c8s2,dw,c16k1,dw,c32k1s2,dw,c32k1,d32",
    "cnn:c8s2,dw,c16k1,dw,c16k1,dw,c16k1,dw,c32k1s2,d32",
)
BATCHES = (1, 4, 16)
EMULATED = (NETWORKS[1], NETWORKS[4], NETWORKS[6])
EMULATED_BATCH = 4

AGAIN, PACKED = {"recompute": YES}, {"stash": PACKED_STASH}
WAYS = ({}, AGAIN, PACKED, PACKED | AGAIN)


def make_model(spec: str) -> Model:
    """Initial weights, with shifts for random samples."""
    network = Network(SHAPE, CLASSES, load_spec(spec, SHAPE, "backprop").layers, "backprop")
    rng = np.random.default_rng(0)
    network.initialise(rng)
    x = rng.integers(-127, 128, (256, *SHAPE)).astype(np.int8)
    learner_of(network).prepare(network, x, rng.integers(0, CLASSES, len(x)), {})
    preprocessing = Preprocessing("HW", "uint8", SHAPE[1:], 128, (0,), (51,), None)
    return Model(network, preprocessing, [f"class {k}" for k in range(CLASSES)])


def passes(plan: Plan) -> str:
    return f"{1 + plan.repeated_macs / plan.macs:.2f}"


def memory_row(spec: str, batch: int) -> str:
    network = make_model(spec).network
    kept, again, packed, both = (make_plan(network, "model", "all", batch, way) for way in WAYS)

    def cell(plan: Plan) -> str:
        saved = plan.training_arena.bytes / kept.training_arena.bytes - 1
        return f"{plan.training_arena.bytes:,} ({saved:+.0%})" if saved else "all kept"

    cells = (cell(again), passes(again), cell(packed), cell(both), passes(both))
    return f"| `{spec}` | {batch} | {kept.training_arena.bytes:,} | {' | '.join(cells)} |"


def cost_row(spec: str, core_name: str) -> str:
    model, core = make_model(spec), get_core(core_name)
    rng, cells, kept = np.random.default_rng(1), [], None
    samples, labels = rng.integers(0, 256, (16, *SHAPE[1:]), np.uint8), rng.integers(0, CLASSES, 16)
    for way in WAYS[:3]:
        with tempfile.TemporaryDirectory() as folder:
            device = DeviceModel.generate(model, Path(folder), "all", EMULATED_BATCH, options=way)
            firmware = device.build(core, whole_machine=True)
            costs = measure_costs(device, firmware, samples, labels, model.schedule(EMULATED_BATCH))
        kept = kept or costs
        steps, code = costs.instructions_per_training_step, costs.code_bytes
        change = f" ({steps / kept.instructions_per_training_step - 1:+.0%})" if way else ""
        cells += [f"{steps:,}{change}", f"{code - kept.code_bytes:+,}" if way else f"{code:,}"]
    return f"| `{spec}` | {core.name.upper()} | {' | '.join(cells)} |"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cores", help="emulated cores, such as m0,m4")
    cores = parser.parse_args().cores
    print("| network | batch | kept | `--recompute` | forward passes | `--stash 2` | both | forward passes |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for spec in NETWORKS:
        for batch in BATCHES:
            print(memory_row(spec, batch), flush=True)
    if cores:
        print("\n| network | core | kept | code | `--recompute` | code | `--stash 2` | code |")
        print("|---|---|---:|---:|---:|---:|---:|---:|")
        for spec in EMULATED:
            for core in cores.split(","):
                print(cost_row(spec, core), flush=True)


if __name__ == "__main__":
    main()
