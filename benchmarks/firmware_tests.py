"""How fast and how steady tests of firmware on emulated cores are.

    python benchmarks/firmware_tests.py suite                # 100 tests, each on a device of its own
    python benchmarks/firmware_tests.py repeat --load 4      # one of them 1,000 times, beside other work

A project with a small model is made in a temporary folder and run by pytest with two workers. Its firmware
is built once before the time is taken, and every test switches on an emulated core. Results are in
docs/results/ci.md.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from integrad.api.model import Model
from integrad.datasets.preprocessing import Preprocessing
from integrad.network.network import Network

KINDS, CORES = 5, ("m0", "m4")
"""Kinds of tests below, and the cores on which each is run."""

SETTINGS = """
[tool.integrad]
model = "toy.model"
learn = "all"
batch-size = 2
cores = ["m0", "m4"]
"""
TESTS = """
import numpy as np, pytest

X = np.random.default_rng(0).integers(-3000, 3000, ({count} + 1, 8)).astype(np.int16)
each = pytest.mark.parametrize("number", range({count}))

@each
def test_describes_itself(model, number):
    assert model.info.classes == 3 and model.steps == 0

@each
def test_predicts(model, number):
    assert (model.scores(X[number]) == model.host.scores(X[number : number + 1])[0]).all()

@each
def test_learns(model, number):
    model.train(X[number : number + 2], ["a", "b"])
    assert model.crc() == model.host_crc

@each
def test_saves(model, dut, number):
    model.train(X[number : number + 2], ["b", "c"])
    model.save()
    dut.restart()
    assert model.crc() == model.host_crc and model.steps == 1

@each
def test_survives_a_power_cut(model, flash, number):
    before = model.crc()
    model.train(X[number : number + 2], ["c", "a"])
    with flash.cut(at=1 + 97 * (number % 10)) as cut:
        model.save()
    assert cut.happened and model.crc() == before
"""
FLAKIEST = "test_survives_a_power_cut"
"""It has the most requests, a break in the middle of one, and a restart."""


def make_project(folder: Path, count: int) -> None:
    network = Network([8], 3, [{"type": "dense", "units": 6, "alpha_inv": 4}])
    network.initialise(np.random.Generator(np.random.PCG64(1)))
    scaling = Preprocessing("F", "int16", (8,), 0, (0,) * 8, (20,) * 8)
    Model(network, scaling, ["a", "b", "c"]).save(folder / "toy.model")
    (folder / "pyproject.toml").write_text(SETTINGS)
    (folder / "test_firmware.py").write_text(TESTS.format(count=count))


def run_tests(folder: Path, *arguments: str) -> tuple[float, str]:
    """(seconds, the last line of pytest)."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:pytest_embedded"]
    begin = time.monotonic()
    result = subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True)
    seconds = time.monotonic() - begin
    lines = result.stdout.strip().splitlines()
    if result.returncode:
        print("\n".join([*lines[-60:], result.stderr]))
    return seconds, lines[-1] if lines else "no output"


def busy(stack: ExitStack, processes: int) -> None:
    """Processes that compute and write files until the context ends."""
    work = "import os\nwhile True:\n sum(range(10**6)); open(os.devnull, 'wb').write(bytes(10**6))"
    for _ in range(processes):
        process = subprocess.Popen([sys.executable, "-c", work])
        stack.callback(process.wait)
        stack.callback(process.kill)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=("suite", "repeat"))
    parser.add_argument("--count", type=int, help="tests (100), or repetitions (1,000)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--load", type=int, default=0, help="processes that keep the computer busy")
    options = parser.parse_args()
    is_suite = options.what == "suite"
    wanted = options.count or (100 if is_suite else 1000)
    each = max(1, wanted // (KINDS * len(CORES) if is_suite else 1))
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        make_project(folder, each)
        run_tests(folder, "-n0", *(f"test_firmware.py::test_describes_itself[{core}-0]" for core in CORES))
        busy(stack, options.load)
        chosen = () if is_suite else ("-k", FLAKIEST, "--integrad-core=m4")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds, last = run_tests(folder, f"-n{options.workers}", *chosen)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{last}\n{seconds:.1f} s, {used:.1f} s of processors, {options.workers} workers")
    print(f"{options.load} busy processes, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
