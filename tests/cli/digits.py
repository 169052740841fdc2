"""A small .npz data set, and models trained on it, for tests of the command line."""

import numpy as np
from click.testing import CliRunner

from integrad.cli import main

SHAPE = (4, 6, 1)
CLASSES = 3


def write_npz(path, shape=SHAPE, classes=CLASSES, samples=240, seed=0, test=True, **changes):
    """x uint8 (samples, *shape), y, group, test in a file; changes replace arrays or, if None, remove
    them."""
    rng = np.random.default_rng(seed)
    y = np.arange(samples) % classes
    centres = np.random.default_rng(5).integers(40, 216, (classes, *shape))
    x = np.clip(centres[y] + rng.integers(-80, 81, (samples, *shape)), 0, 255).astype(np.uint8)
    arrays = {"x": x, "y": y, "group": np.array([f"g{i // 3 % 5}" for i in range(samples)])}
    if test:
        arrays["test"] = np.arange(samples) // 3 % 4 == 3
    arrays = {name: value for name, value in (arrays | changes).items() if value is not None}
    np.savez(path, **arrays)
    return str(path)


def run(*arguments):
    """Run a command in this process; returns exit_code, stdout and stderr."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def fail(*arguments):
    """(exit status, one-line message) of a command that must fail."""
    result = run(*arguments)
    assert result.exit_code in (1, 2) and "Traceback" not in result.output
    lines = [line for line in result.stderr.splitlines() if not line.startswith("See: ")]
    assert len(lines) == 1 and lines[0].startswith("error: "), result.stderr
    return result.exit_code, lines[0]


def train(tmp_path, data, *options, out="toy.model", spec="mlp:8"):
    """Four epochs of NITRO-D with validation, as far as the options say nothing else."""
    learner = ("--learner", "nitro-d") if str(spec).startswith(("mlp:", "cnn:")) else ()
    return run(
        "train", data, "--model", spec, "--out", tmp_path / out, *learner, "--epochs", 4,
        "--json", tmp_path / "train.json", *options,
    )  # fmt: skip
