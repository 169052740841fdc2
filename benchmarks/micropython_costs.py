"""Cost of a model in MicroPython: instructions, heap and bytes of all backends on emulated boards.

    python benchmarks/micropython_costs.py digits.model [--cores m0 m3 m4 m7] [--learn all]

The same model as C alone, as a user C module in the firmware, as a native module, in viper and in
bytecode; one inference and one training step with one sample, including normalisation and all checks. All
rows must have the same weights. The first run builds MicroPython twice for each core.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from integrad.boards.backend_choice import compiled
from integrad.build.micropython_firmware import build_micropython
from integrad.build.micropython_modules import ARCHITECTURES, build_module, installed_architectures
from integrad.datasets import load_dataset
from integrad.emulate.micropython_counts import count_regions
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Predict, Train, Weights
from integrad.model_file import Model, load_model
from integrad.targets.cores import Core, micropython_cores
from integrad_codegen.c.module import write_files
from integrad_codegen.micropython.export import emit_firmware_folder, emit_module
from integrad_codegen.micropython.python_files import emit_pure
from integrad_codegen.plan import Plan
from integrad_codegen.weights_file import weights_file

BATCH = 10
SCRIPT = """\
import gc
sample = bytearray({sample!r})
gc.collect()
before = gc.mem_alloc()
begin()
import digits
end()
gc.collect()
imported = gc.mem_alloc()
model = digits.Model("/rom/" + "digits.weights")
gc.collect()
made = gc.mem_alloc()
begin()
model.predict(sample)
end()
begin()
model.train_step(sample, {label})
end()
print(imported - before, made - imported, model.crc())
"""


@dataclass(frozen=True)
class Cost:
    """Instructions of an inference, of a training step and of the import; heap bytes of the import and
    of the Model; bytes of the files; CRC-32 of the weights after the step."""

    what: str
    inference: int
    step: int
    importing: int | None
    import_heap: int | None
    model_heap: int | None
    bytes: int | None
    crc: int


def costs(core: Core, device: DeviceModel, sample: np.ndarray, label: int) -> Iterator[Cost]:
    """One row after the other, C first."""
    model, plan = device.model, device.plan
    yield c_cost(core, device, sample, label)
    pure = emit_pure(model, plan)
    architecture = ARCHITECTURES[core.micropython.architecture]
    name = f"_{plan.prefix}"
    native = build_module(emit_module(model, plan), name, architecture)
    viper = compiled(pure[f"pure/{name}.py"], name, architecture.name)
    plain = compiled(pure[f"plain/{name}.py"], name)
    wrapper = {f"{plan.prefix}.mpy": compiled(pure[f"{plan.prefix}.py"], plan.prefix)}
    wrapper["digits.weights"] = weights_file(model, plan)
    script = SCRIPT.format(sample=sample.tobytes(), label=label)
    yield run(core, "user C module", script, wrapper, None, firmware_with(core, model, plan))
    yield run(core, "native module", script, {f"{name}.mpy": native, **wrapper}, native)
    yield run(core, "viper", script, {f"{name}.mpy": viper, **wrapper}, viper)
    yield run(core, "bytecode", script, {f"{name}.mpy": plain, **wrapper}, plain)


def c_cost(core: Core, device: DeviceModel, sample: np.ndarray, label: int) -> Cost:
    """The generated C in a program of its own: nothing of MicroPython."""
    train = Train(sample[None], np.array([label]), device.model.schedule(1))
    firmware = device.build(core, whole_machine=True)
    results, run = device.run_emulated(firmware, [Predict(sample[None]), train, Weights()], count=True)
    inference, step = (region.instructions for region in run.regions)
    crc = device.network_with(results[-1]).weights_crc()
    return Cost("C", inference, step, None, None, None, None, crc)


def run(
    core: Core,
    what: str,
    script: str,
    files: dict[str, bytes],
    backend: bytes | None,
    firmware: Path | None = None,
) -> Cost:
    printed, (importing, inference, step) = count_regions(core, script, files, firmware)
    import_heap, model_heap, crc = map(int, printed.split())
    size = len(backend) if backend else None
    return Cost(what, inference, step, importing, import_heap, model_heap, size, crc)


def firmware_with(core: Core, model: Model, plan: Plan) -> Path:
    """MicroPython with the model's user C module built in."""
    with tempfile.TemporaryDirectory() as folder:
        write_files(emit_firmware_folder(model, plan), Path(folder))
        return build_micropython(core, user_modules=Path(folder, "usermod"))


def module_sizes(model: Model, plan: Plan) -> dict[str, int]:
    """Bytes of the native module of every architecture whose compiler is installed."""
    sizes = {}
    for name in installed_architectures():
        sources = emit_module(model, plan)
        sizes[name] = len(build_module(sources, f"_{plan.prefix}", ARCHITECTURES[name]))
    return sizes


def shown(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("model")
    arguments.add_argument("--data", default="spoken-digits")
    arguments.add_argument("--cores", nargs="+", default=list(micropython_cores()))
    arguments.add_argument("--learn", default="all")
    options = arguments.parse_args()
    model, dataset = load_model(options.model), load_dataset(options.data)
    sample, label = model.preprocessing.raw(dataset.x[:1])[0], int(dataset.y[0])
    print("| core | | inference | × C | training step | × C | import | heap, import | heap, Model | .mpy |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for core in options.cores:
        with tempfile.TemporaryDirectory() as folder:
            device = DeviceModel.generate(model, Path(folder), options.learn, BATCH, "digits")
            first = None
            for cost in costs(micropython_cores()[core], device, sample, label):
                first = first or cost
                assert cost.crc == first.crc, f"{core}, {cost.what}: other weights than C"
                ratios = f"{cost.inference / first.inference:.2f}", f"{cost.step / first.step:.2f}"
                cells = (core, cost.what, shown(cost.inference), ratios[0], shown(cost.step), ratios[1])
                rest = map(shown, (cost.importing, cost.import_heap, cost.model_heap, cost.bytes))
                print("| " + " | ".join((*cells, *rest)) + " |", flush=True)
    sizes = module_sizes(model, device.plan)
    print("\nBytes of native modules: " + ", ".join(f"{name} {size:,}" for name, size in sizes.items()))


if __name__ == "__main__":
    main()
