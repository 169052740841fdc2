"""Small networks whose bits are recorded in recorded_bits.json, and what a recording consists of.

Nothing but a deliberate change of the arithmetic may move a recorded CRC. A refactoring, a faster kernel or
another layout of generated code that moves one is wrong, however many executors agree with each other.

    python tests/parity/recorded.py                          record cases that have no recording yet
    python tests/parity/recorded.py --arithmetic-has-changed  record all cases again

Without the flag a recording that exists is never touched. With it, say in the commit which rule of
docs/arithmetic.md changed, and why. NumPy makes the recording.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from backprop_cases import BACKPROP
from cases import Case
from executors import DifferenceError, require_equal
from fixed import CONV, FIXED, SUMS
from pocket_cases import POCKET

from integrad.engines.engine import Engine
from integrad.engines.numpy_engine import NumpyEngine
from integrad.execute.device_model import DeviceModel
from integrad.execute.session import Action, Predict, Reset, Train, Weights
from integrad.network.network import Network
from integrad.training.stepper import Stepper, draw_dropouts
from integrad_codegen.encodings import unpacked

FILE = Path(__file__).with_name("recorded_bits.json")

CASES = FIXED | {
    # One sample per step, which has its own kernels; initial weights, as the host draws them.
    "single samples": Case(
        "F",
        "int8",
        (13,),
        (0,) * 13,
        (40,) * 13,
        5,
        [
            {"type": "dense", "units": 11, "alpha_inv": 5},
            {"type": "dropout", "percent": 50},
            {"type": "dense", "units": 8, "alpha_inv": 8},
        ],
        batch=1,
        counts=(1, 1, 1, 1),
        schedules=((4, 60, 30), (1, 0, 0)),
        weights="initial",
        seed=21,
    ),
    # The batch of the command line. The depthwise block's head is pooled from 4x3 to 2x2, with padding.
    "batches of 16": Case(
        "CHW",
        "uint8",
        (2, 8, 6),
        (9, -20),
        (50, 70),
        3,
        [
            CONV
            | {"channels": 4, "kernel": [3, 3], "stride": [2, 1], "padding": [1, 1], "alpha_inv": 15}
            | {"head_features": 24, "head_pool": "avg"},
            {"type": "max_pool", "size": [1, 2]},
            CONV
            | {"channels": 4, "groups": 4, "kernel": [3, 3], "padding": [1, 1], "alpha_inv": 16}
            | {"head_features": 16},
            {"type": "dropout", "percent": 20},
            {"type": "dense", "units": 6, "alpha_inv": 5},
        ],
        batch=16,
        counts=(16, 16, 7),
        schedules=((64, 300, 90),),
        weights="typical",
        seed=22,
    ),
    # The first of three blocks stays as it is.
    "last two": Case(
        "TC",
        "uint16",
        (20, 2),
        (30000, 20000),
        (9000, 12000),
        4,
        [
            CONV | {"channels": 4, "kernel": [1, 3], "padding": [0, 1], "head_features": 40},
            {"type": "avg_pool", "size": [1, 2]},
            CONV | {"channels": 5, "kernel": [1, 3], "padding": [0, 1], "head_features": 99, "alpha_inv": 8},
            {"type": "max_pool", "size": [1, 3]},
            {"type": "dense", "units": 7, "alpha_inv": 15},
        ],
        learn="last:2",
        batch=4,
        counts=(4, 4, 1),
        schedules=((16, 0, 0), (3, 40, 0)),
        weights="typical",
        inputs="around the mean",
        seed=23,
    ),
    # All blocks stay as they are.
    "output": Case(
        "HW",
        "int32",
        (7, 6),
        (-5000,),
        (900000,),
        6,
        [
            CONV | {"channels": 3, "kernel": [3, 3], "padding": [1, 1], "head_features": 30, "alpha_inv": 16},
            {"type": "avg_pool", "size": [2, 2]},
            {"type": "dense", "units": 9, "alpha_inv": 10},
        ],
        learn="output",
        batch=16,
        counts=(16, 5),
        schedules=((32, 0, 20),),
        weights="typical",
        inputs="around the mean",
        seed=24,
    ),
}
CASES |= SUMS | POCKET | BACKPROP


def load() -> dict[str, dict[str, str]]:
    """Name of a case → its CRC-32s: what is drawn for it (so that a NumPy that draws otherwise is told from
    other arithmetic), its outputs, its weights at the end, and its weights after training with dropouts."""
    return json.loads(FILE.read_text())


def bits(device: DeviceModel, results: list) -> dict[str, str]:
    """The pair that is recorded. Scores, counts of right answers and weights in between are outputs."""
    outputs, network = 0, device.model.network.copy()
    for result in results[:-1]:
        if isinstance(result, bytes):
            crc = _weights_crc(device, network, result)
            outputs = zlib.crc32(crc.to_bytes(4, "little"), outputs)
        elif result is not None:
            outputs = zlib.crc32(np.asarray(result).astype("<i4").tobytes(), outputs)
    weights = _weights_crc(device, network, results[-1])
    return {"outputs": f"{outputs:08x}", "weights": f"{weights:08x}"}


def _weights_crc(device: DeviceModel, network: Network, weights: bytes) -> int:
    """CRC-32 of all weights of the network, with those that a session returned."""
    network.load_parameters(network.arrays() | unpacked(device.plan.parameters(), weights))
    return network.weights_crc()


def drawn(case: Case, actions: list[Action]) -> str:
    """CRC-32 of initial weights, samples and labels."""
    crc = case.network().weights_crc()
    for action in actions:
        if isinstance(action, Predict | Train):
            crc = zlib.crc32(np.asarray(action.samples).astype("<i4").tobytes(), crc)
        if isinstance(action, Train):
            crc = zlib.crc32(np.asarray(action.labels).astype("<i4").tobytes(), crc)
    return f"{crc:08x}"


def require_recorded(name: str, device: DeviceModel, results: list, executor: str) -> None:
    """Raise DifferenceError unless the results of a case's actions are those recorded.

    Where NumPy still gives the recorded ones, the message says which result differs first.
    """
    wanted, found = _pair(load()[name]), bits(device, results)
    if found == wanted:
        return
    expected = device.run_numpy(CASES[name].actions())
    if bits(device, expected) == wanted:
        require_equal(CASES[name], device, expected, results, executor)
    raise DifferenceError(f"{executor}: {name} gives {found}, recorded is {wanted}")


def _pair(recorded: dict[str, str]) -> dict[str, str]:
    return {key: recorded[key] for key in ("outputs", "weights")}


def run_engine(
    device: DeviceModel,
    actions: list[Action],
    make: Callable[[Network], Engine],
    rng: np.random.Generator | None = None,
) -> list:
    """Results of the actions by an engine of the host. Every other step goes through gradients() and
    descend(). rng: draws dropouts, which a device has not."""
    network, apply = device.model.network.copy(), device.model.preprocessing.apply
    engine, results, steps = make(network), [], 0
    for action in actions:
        result = None
        if isinstance(action, Predict):
            result = engine.logits(apply(action.samples))
        elif isinstance(action, Train):
            x = apply(action.samples)
            how = action.schedule, device.plan.learn.name, engine, device.plan.constants
            stepper = Stepper.on_device(network, *how)
            if steps % 2:
                kept = draw_dropouts(network, len(x), rng)
                gradients, step = engine.gradients(x, action.labels, stepper.rule, kept)
                engine.descend(gradients, stepper.rule)
            else:
                step = stepper.step(x, action.labels, rng)
            result, steps = step.correct, steps + 1
        elif isinstance(action, Reset):
            network.load_parameters(device.model.network.arrays())
            engine.load()
        elif isinstance(action, Weights):
            engine.fetch()
            result = device.struct_of(network)
        results.append(result)
    return results


def dropouts_crc(device: DeviceModel, actions: list[Action], make: Callable[[Network], Engine]) -> str:
    """CRC-32 of the weights after the actions, with dropouts drawn."""
    results = run_engine(device, actions, make, np.random.Generator(np.random.PCG64(1)))
    return bits(device, results)["weights"]


def has_dropouts(case: Case) -> bool:
    return any(layer["type"] == "dropout" for layer in case.layers)


def record(name: str) -> dict[str, str]:
    """The recording of a case, by NumPy."""
    case = CASES[name]
    actions = case.actions()
    with tempfile.TemporaryDirectory() as folder:
        device = case.generate(Path(folder))
        made = {"drawn": drawn(case, actions), **bits(device, device.run_numpy(actions))}
        if has_dropouts(case):
            made["dropouts"] = dropouts_crc(device, actions, NumpyEngine)
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--arithmetic-has-changed", action="store_true", help="record all cases again")
    again = parser.parse_args().arithmetic_has_changed
    old = load() if FILE.exists() else {}
    new = {name: record(name) if again or name not in old else old[name] for name in CASES}
    for name in [name for name in new if new[name] != old.get(name)]:
        print(f"{name}: {old.get(name, 'was not recorded')} → {new[name]}")
    FILE.write_text(json.dumps(new, indent=2) + "\n")


if __name__ == "__main__":
    main()
