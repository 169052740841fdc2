"""The Torch engine on a GPU: the same bits as on the CPU, and the duration of an epoch.

    python benchmarks/gpu_check.py [--data cifar10.npz] [--network nitro:vgg8b] [--out docs/results/gpu.md]

Tests which products are exact on the device, times them, runs the sessions with which the tests compare
engines, trains copies of a network on the CPU and on the device and compares their weights, then times
training with each carrier. Writes a Markdown page. The exit status is 1 if there is no GPU or if bits differ.
Without --data, samples are random. `--device cpu` runs this script without a GPU; nothing is then written
unless --out is given.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import shlex
import sys
import time
from pathlib import Path

import numpy as np
import torch

from integrad.arithmetic import INT16_WEIGHT_LIMIT
from integrad.datasets import load_dataset
from integrad.datasets.preprocessing import Preprocessing
from integrad.engines.choice import make_engine
from integrad.engines.torch.arithmetic import VARIABLE
from integrad.engines.torch.digits import Bounded
from integrad.engines.torch.engine import TorchEngine, describe, find_device
from integrad.engines.torch.probe import exact_carriers, make_carriers
from integrad.errors import IntegradError
from integrad.network.network import Network
from integrad.training.specification import load_spec
from integrad.training.stepper import Stepper

HOME = Path(__file__).resolve().parents[1]
PAGE = HOME / "docs/results/gpu.md"
EPOCH = 50_000
PRODUCTS = {
    # what: (rows, summands, columns), largest operands
    "weights · patches, 256 channels of 32x32": ((256, 1152, 65_536), (INT16_WEIGHT_LIMIT, 127)),
    "errors · patches, 256 channels of 32x32": ((256, 65_536, 1152), (6_500_000, 127)),
    "weights · activations, 1024 units": ((1024, 2048, 64), (INT16_WEIGHT_LIMIT, 127)),
}
RATE, DECAYS = 512, (25_000, 3_000)


def main():
    options = parse()
    try:
        device = find_device(options.device)
        if device.type == "cpu" and options.device != "cpu":
            sys.exit(
                "error: no GPU here: torch.cuda.is_available() is false; --device cpu only tries the script"
            )
        lines, equal = check(options, device)
    except IntegradError as error:
        sys.exit(f"error: {error}")
    page = options.out or (PAGE if device.type == "cuda" else None)
    if page:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("\n".join(lines) + "\n")
        print(f"written to {page}")
    if not equal:
        sys.exit("error: the weights differ")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--device", help="cuda, cuda:N or cpu; the first GPU by default")
    parser.add_argument("--data", help=".npz file of images; random samples by default")
    parser.add_argument("--network", default="nitro:vgg8b")
    parser.add_argument("--shape", default="3x32x32", help="of a random sample")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20, help="on the CPU and on the device, to compare")
    parser.add_argument(
        "--timed", type=int, default=200, help="steps that are timed, after as many as --steps"
    )
    parser.add_argument("--out", type=Path, help="page to write; docs/results/gpu.md by default")
    return parser.parse_args()


def check(options: argparse.Namespace, device: torch.device) -> tuple[list[str], bool]:
    """Lines of the page, printed as they are found, and whether all weights are equal."""
    lines: list[str] = []

    def say(*more: str) -> None:
        lines.extend(more)
        print(*more, sep="\n", flush=True)

    x, labels, classes = samples(options)
    spec = load_spec(options.network, x.shape[1:])
    network = Network(x.shape[1:], classes, spec.layers, spec.learner, spec.sums)
    network.initialise(np.random.default_rng(0))
    say(f"# The Torch engine on {'a GPU' if device.type == 'cuda' else 'the CPU'}: `{options.network}`", "")
    if device.type == "cpu":
        say("**No GPU was used: this page only tries the script out.**", "")
    say(*machine(device), "", "```", f"python {' '.join(map(shlex.quote, sys.argv))}", "```", "")
    say("## Products", "", f"{describe(str(device))}.", "", *products(device), "")
    say("## Equal bits", "")
    if device.type == "cuda":
        say(f"{compared_sessions(device)}", "")
    say(
        f"{options.steps} steps of {options.batch_size} samples of {source(options, x)}.",
        "",
    )
    say("| engine | CRC-32 of all weights | seconds |", "|---|---|---:|")
    crcs = set()
    reference = train(options, make_engine("auto", network.copy(), gpu=False), x, labels, options.steps)
    settings = [None, *(carrier.name for carrier in exact_carriers(device) if carrier.name != "float32")]
    rows = {f"{reference[0].name}, CPU": reference}
    for setting in settings:
        rows[title(setting, device)] = train(
            options, engine(network, device, setting), x, labels, options.steps
        )
    for name, (used, seconds) in rows.items():
        crcs.add(used.network.weights_crc())
        say(f"| {name} | {used.network.weights_crc():08x} | {seconds:.1f} |")
    say("", "All equal." if len(crcs) == 1 else "**They differ.**", "", "## Speed", "")
    say(f"{options.timed} steps of {options.batch_size} samples, after {options.steps} to warm up.")
    say(f"An epoch is {EPOCH:,} samples, without validation; memory is the peak of all tensors.", "")
    say("| engine | ms a step | samples/s | s an epoch | MB on the GPU |", "|---|---:|---:|---:|---:|")
    for setting in settings:
        say(f"| {title(setting, device)} | {timing(options, network, device, setting, x, labels)} |")
    return lines, len(crcs) == 1


def machine(device: torch.device) -> list[str]:
    today = datetime.date.today().isoformat()
    text = f"{today}; {os.cpu_count()} CPU cores ({platform.machine()}), Python {platform.python_version()}, "
    text += f"NumPy {np.__version__}, PyTorch {torch.__version__}"
    if device.type == "cuda":
        card = torch.cuda.get_device_properties(device)
        text += f", CUDA {torch.version.cuda}; {card.name}, {card.total_memory / 2**30:.0f} GiB, "
        text += f"compute capability {card.major}.{card.minor}"
    return [f"{text}."]


def samples(options: argparse.Namespace) -> tuple[np.ndarray, np.ndarray, int]:
    """int8 samples, labels, number of classes."""
    if options.data:
        dataset = load_dataset(options.data)
        part = np.flatnonzero(~dataset.test) if dataset.test is not None else np.arange(len(dataset))
        x = dataset.x[part]
        return Preprocessing.fit(x, dataset.axes).apply(x), dataset.y[part], dataset.classes
    rng = np.random.default_rng(1)
    shape = tuple(int(side) for side in options.shape.split("x"))
    return rng.integers(-127, 128, (4096, *shape)).astype(np.int8), rng.integers(0, 10, 4096), 10


def source(options: argparse.Namespace, x: np.ndarray) -> str:
    wide = "x".join(map(str, x.shape[1:]))
    return f"{Path(options.data).name}, {wide}" if options.data else f"random {wide}"


def compared_sessions(device: torch.device) -> str:
    """Raises DifferenceError where the device differs from NumPy in any gradient, weight, loss or logit."""
    sys.path.insert(0, str(HOME / "tests/parity"))
    from engine_sessions import SESSIONS, compare

    os.environ.pop(VARIABLE, None)
    for session in SESSIONS.values():
        compare(session, lambda network: TorchEngine(network, str(device)))
    names = ", ".join(SESSIONS)
    return (
        f"The sessions of tests/parity, at the limits of all value ranges ({names}): all bits equal NumPy's."
    )


def products(device: torch.device) -> list[str]:
    """A table of milliseconds, splitting in digits included; "not exact" where a carrier failed its test."""
    carriers = make_carriers(device)
    rows = ["| product | " + " | ".join(f"{carrier.name}, ms" for carrier in carriers) + " |"]
    rows.append("|---" + "|---:" * len(carriers) + "|")
    exact = [carrier.name for carrier in exact_carriers(device)]
    for what, ((n, k, m), bounds) in PRODUCTS.items():
        shrink = 1 if device.type == "cuda" else 64
        a = torch.full((n, k // shrink), bounds[0], dtype=torch.int32, device=device)
        b = torch.full((m // shrink, k // shrink), bounds[1], dtype=torch.int8, device=device)
        row = f"| {what}"
        for carrier in carriers:
            if carrier.name not in exact:
                row += " | not exact"
            elif carrier.digits(*bounds, k // shrink) is None:
                row += " | –"
            else:
                seconds = best_time(carrier, Bounded(a, bounds[0]), Bounded(b, bounds[1]), device)
                row += f" | {1000 * seconds:.2f}"
        rows.append(f"{row} |")
    return rows


def best_time(carrier, a: Bounded, b: Bounded, device: torch.device) -> float:
    """Seconds, the best of three after one to warm up."""
    seconds = []
    for _ in range(4):
        wait(device)
        start = time.perf_counter()
        carrier.product(a, b)
        wait(device)
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def engine(network: Network, device: torch.device, setting: str | None) -> TorchEngine:
    """A twin of the network on the device, with the carrier that a user would choose by the variable."""
    os.environ.pop(VARIABLE, None)
    if setting:
        os.environ[VARIABLE] = setting
    return TorchEngine(network.copy(), str(device))


def title(setting: str | None, device: torch.device) -> str:
    return f"torch, {device.type.upper()}" + (f", {setting} only" if setting else "")


def train(options: argparse.Namespace, engine, x, labels, steps: int):
    """(engine with its weights fetched, seconds) after the same steps, dropouts included, for any engine."""
    learner = Stepper(engine.network, RATE, decay_inv=DECAYS[0], head_decay_inv=DECAYS[1], engine=engine)
    rng = np.random.default_rng(2)
    start = time.perf_counter()
    for _ in range(steps):
        chosen = rng.integers(0, len(x), options.batch_size)
        step = learner.step(x[chosen], labels[chosen], rng)
    assert step.correct <= options.batch_size  # waits for the device
    seconds = time.perf_counter() - start
    engine.fetch()
    return engine, seconds


def timing(options: argparse.Namespace, network, device, setting, x, labels) -> str:
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    warm, _ = train(options, engine(network, device, setting), x, labels, options.steps)
    _, seconds = train(options, warm, x, labels, options.timed)
    speed = options.timed * options.batch_size / seconds
    memory = f"{torch.cuda.max_memory_allocated(device) / 2**20:,.0f}" if device.type == "cuda" else "–"
    return f"{1000 * seconds / options.timed:.2f} | {speed:,.0f} | {EPOCH / speed:.1f} | {memory}"


if __name__ == "__main__":
    main()
