"""Models for packages, exported once each, and what compilers say to files of packages."""

import json
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from integrad.datasets.preprocessing import Preprocessing
from integrad.export.target import Request
from integrad.export.targets import TARGETS
from integrad.model_file import Model
from integrad.network.network import Network
from integrad_codegen.plan import make_plan

HERE = Path(__file__).parent
SDK, DECLARATIONS = HERE / "sdk", HERE.parent / "store/declarations"
WARNINGS = ("-Wall", "-Wextra", "-Wshadow", "-Werror")
ARM = ("arm-none-eabi-gcc", "-mthumb", "-std=gnu11", "-ffreestanding")
FOLDERS = []
"""Of packages; they are removed when the tests end."""


@cache
def model(seed=1):
    """An untrained classifier of 8 values."""
    network = Network([8], 3, [{"type": "dense", "units": 6, "alpha_inv": 4}])
    network.initialise(np.random.Generator(np.random.PCG64(seed)))
    return Model(network, Preprocessing("F", "int16", (8,), 0, (0,) * 8, (20,) * 8), ["a", "b", "c"])


def request(name="toy", learn="all", seed=1, **options):
    network = model(seed).network
    return Request(model(seed), make_plan(network, name, learn, 4 if learn != "none" else 1), options=options)


def write(folder, target, **what):
    """Without the care that a command takes, which is slow."""
    for name, data in TARGETS[target].files(request(**what)).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder


@cache
def package(target, name="toy", learn="all", seed=1):
    """Folder of a package, which no test may change."""
    FOLDERS.append(TemporaryDirectory(prefix=f"integrad-{target}-"))
    return write(Path(FOLDERS[-1].name), target, name=name, learn=learn, seed=seed)


def run(*words, **options):
    """The output of a command that must succeed."""
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def configure(source, build, *options, **run_options):
    """Configure a CMake project. Returns its compile commands: file → (folder, words)."""
    run(
        "cmake",
        "-S",
        source,
        "-B",
        build,
        "-G",
        "Ninja",
        "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
        *options,
        **run_options,
    )
    entries = json.loads((Path(build) / "compile_commands.json").read_text())
    return {Path(entry["file"]).resolve(): entry for entry in entries}


def check_syntax(compiler, files, *options):
    run(*compiler, *WARNINGS, "-fsyntax-only", *options, *files)


def names(files):
    return {Path(file).name for file in files}
