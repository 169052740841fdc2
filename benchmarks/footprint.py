"""The footprint of generated firmware on six emulated cores, for comparison before and after a change.

    python benchmarks/footprint.py --out before.json
    python benchmarks/footprint.py --out after.json --compare before.json
    python benchmarks/footprint.py --measured after.json --compare before.json

For a few networks, learn sets and batch sizes: bytes of code (as linked, gcc -O2, with the kernels of the
core), flash, scratch and stack, executed instructions of an inference and of a training step; and the size of
mlp:96,48 as a native module of MicroPython. Prints Markdown; with --compare only what changed, as new/old.
Weights, inputs and labels are drawn from fixed seeds, so the figures are the same in every run. A run takes
five minutes.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from device_kernels import table

from integrad.build.micropython_modules import installed_architectures
from integrad.datasets.preprocessing import Preprocessing
from integrad.execute.costs import measure_costs
from integrad.execute.device_model import DeviceModel
from integrad.execute.micropython_session import native_backend
from integrad.learners.schedule import Schedule
from integrad.model_file import Model
from integrad.network.network import Network
from integrad.targets.cores import CORES, get_core
from integrad.training.specification import parse_spec

CLASSES = 10
SAMPLES = 64
FIGURES = {
    "code_bytes": "code, bytes",
    "flash_bytes": "flash, bytes",
    "inference_scratch_bytes": "scratch of an inference, bytes",
    "training_scratch_bytes": "scratch of training, bytes",
    "stack_bytes": "stack used, bytes",
    "instructions_per_inference": "instructions of an inference",
    "instructions_per_training_step": "instructions of a training step",
}
"""Fields of integrad's Costs, and what they are."""

DIGITS = Preprocessing("HW", "uint8", (32, 32), 128, (55,), (35,), None)
WAND = Preprocessing("TC", "int16", (64, 2), 0, (0, 0), (1552, 2970), None)
"""Those of the bundled spoken digits and of the magic wand, written down so that they never change."""

MODULE = "mlp:96,48"
MODULE_BATCH = 10
MODULE_GOAL = 6144


@dataclass(frozen=True)
class Configuration:
    """A network, its learn set and its batch size."""

    spec: str
    preprocessing: Preprocessing
    learn: str
    batch: int

    @property
    def name(self) -> str:
        return f"{self.spec}, {self.learn}, {self.batch}" if self.batch else f"{self.spec}, none"

    def model(self) -> Model:
        shape = self.preprocessing.input_shape
        network = Network(shape, CLASSES, parse_spec(self.spec, shape))
        network.initialise(np.random.Generator(np.random.PCG64(1)))
        return Model(network, self.preprocessing, [f"class {k}" for k in range(CLASSES)], {})

    def samples(self) -> tuple[np.ndarray, np.ndarray]:
        """Raw samples, within two deviations of the mean, and labels."""
        rng = np.random.Generator(np.random.PCG64(2))
        p, limits = self.preprocessing, np.iinfo(self.preprocessing.raw_dtype)
        mean, mad = (np.array(constants).reshape(-1) for constants in (p.mean, p.mad))
        drawn = rng.integers(-1000, 1000, (SAMPLES, *p.raw_shape), endpoint=True)
        raw = mean + p.offset + 2 * mad * drawn // 1000  # one channel, or the channels last
        return np.clip(raw, limits.min, limits.max).astype(p.raw_dtype), rng.integers(0, CLASSES, SAMPLES)


def configurations() -> list[Configuration]:
    networks = {
        "mlp:96,48": (DIGITS, (4, 16)),
        "cnn:p2,c8,p2,c16,p2,d48": (DIGITS, (4, 16)),
        "cnn:a2,c8,p2,c24,p2,d32": (DIGITS, (4,)),
        "cnn:a4,c12,p2,c24,p2,d16": (DIGITS, (4,)),
        "cnn:c8,p2,dw,c16k1,p2,d32": (DIGITS, (4,)),
        "cnn:c8,p2,c16,p2,d32": (WAND, (4,)),
    }
    found = []
    for spec, (preprocessing, batches) in networks.items():
        found.append(Configuration(spec, preprocessing, "none", 0))
        found += [
            Configuration(spec, preprocessing, learn, b) for b in batches for learn in ("last:1", "all")
        ]
    return found


def measure(configuration: Configuration, cores: list[str]) -> dict[str, dict[str, int | None]]:
    """Core → figures."""
    found, batch = {}, configuration.batch
    with TemporaryDirectory() as folder:
        device = DeviceModel.generate(configuration.model(), Path(folder), configuration.learn, batch or 1)
        for core in cores:
            firmware = device.build(get_core(core), whole_machine=True, toolchain="gcc")
            costs = measure_costs(device, firmware, *configuration.samples(), Schedule(8 * max(1, batch)))
            found[core] = {figure: getattr(costs, figure) for figure in FIGURES}
            if not batch:
                found[core]["training_scratch_bytes"] = None
    return found


def measure_modules() -> dict[str, int]:
    """Architecture → bytes of the native module that learns in all layers."""
    with TemporaryDirectory() as folder:
        model = Configuration(MODULE, DIGITS, "all", MODULE_BATCH).model()
        device = DeviceModel.generate(model, Path(folder), "all", MODULE_BATCH, "digits")
        return {name: len(*native_backend(device, name).values()) for name in installed_architectures()}


def measure_all(cores: list[str], out: Path | None) -> dict:
    """All figures; after every configuration they are written, so that a long run is not lost."""
    found: dict = {"networks": {}, "modules": measure_modules()}
    for configuration in configurations():
        found["networks"][configuration.name] = measure(configuration, cores)
        if out:
            out.write_text(json.dumps(found, indent=1) + "\n")
    return found


def show(found: dict) -> None:
    """All figures: a row for each network and figure, a column for each core."""
    rows = []
    for name, by_core in found["networks"].items():
        for figure, what in FIGURES.items():
            values = [figures[figure] for figures in by_core.values()]
            if None not in values:
                rows.append([f"`{name}`", what, *(f"{value:,}" for value in values)])
    table(["network, learn set, batch", "", *next(iter(found["networks"].values()))], rows)
    sizes = ", ".join(f"{name} {size:,}" for name, size in found["modules"].items())
    print(f"Bytes of `{MODULE}` as a native module, at most {MODULE_GOAL:,}: {sizes}\n")


def ratios(old: dict, new: dict) -> dict[str, dict[tuple[str, str], float]]:
    """Figure → (network or "native module", core or architecture) → new/old, where both are measured."""
    found: dict[str, dict[tuple[str, str], float]] = {figure: {} for figure in FIGURES}
    for name, by_core in new["networks"].items():
        for core, figures in by_core.items():
            before = old["networks"].get(name, {}).get(core, {})
            for figure in FIGURES:
                if before.get(figure) and figures[figure] is not None:
                    found[figure][name, core] = figures[figure] / before[figure]
    modules = {
        ("native module", name): size / old["modules"][name]
        for name, size in new["modules"].items()
        if name in old["modules"]
    }
    return found | {"module_bytes": modules}


def compare(old: dict, new: dict) -> None:
    """Print new/old: a summary with the largest growth of each figure, then what changed."""
    found, rows = ratios(old, new), []
    for figure, by_place in found.items():
        if not by_place:
            continue
        mean = math.exp(sum(map(math.log, by_place.values())) / len(by_place))
        largest, smallest = max(by_place, key=by_place.get), min(by_place, key=by_place.get)
        ends = [f"{by_place[place]:.4f} ({', '.join(place)})" for place in (smallest, largest)]
        what = FIGURES.get(figure, f"`{MODULE}` as a native module, bytes")
        changed = sum(ratio != 1 for ratio in by_place.values())
        rows.append([what, f"{changed} of {len(by_place)}", f"{mean:.4f}", *ends])
    table(["new/old", "changed", "geometric mean", "smallest", "largest growth"], rows)
    cores = [*next(iter(new["networks"].values()))]
    rows = []
    for name in new["networks"]:
        for figure, what in FIGURES.items():
            here = [found[figure].get((name, core)) for core in cores]
            if any(ratio not in (None, 1) for ratio in here):
                rows.append([f"`{name}`", what, *("" if ratio is None else f"{ratio:.4f}" for ratio in here)])
    if rows:
        table(["what changed, new/old", "", *cores], rows)
    missing = [name for name in old["networks"] if name not in new["networks"]]
    print(f"Not compared: {'; '.join(missing) or 'nothing'}")
    over = {name: size for name, size in new["modules"].items() if size > MODULE_GOAL}
    print(f"Native modules above {MODULE_GOAL:,} bytes: {over or 'none'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    counted = ",".join(name for name, core in CORES.items() if core.family.engine == "qemu")
    parser.add_argument("--cores", default=counted, help="names, separated by commas [all that are counted]")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the figures are written, as JSON")
    parser.add_argument(
        "--measured", type=Path, metavar="FILE", help="figures of an earlier run: measure none"
    )
    parser.add_argument("--compare", type=Path, metavar="OLD", help="figures to compare with")
    options = parser.parse_args()
    if options.measured:
        found = json.loads(options.measured.read_text())
    else:
        found = measure_all(options.cores.split(","), options.out)
    if options.compare:
        compare(json.loads(options.compare.read_text()), found)
    else:
        show(found)


if __name__ == "__main__":
    main()
