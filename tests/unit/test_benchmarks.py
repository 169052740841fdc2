"""The plain implementation of the benchmarks computes the same bits, and the benchmarks run."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from test_golden_vectors import CNN, MLP, LinearCongruential, checksum, conv

from integrad.engines.numpy_engine import NumpyEngine
from integrad.network.network import Network
from integrad.training.specification import parse_spec
from integrad.training.stepper import Stepper

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import footprint  # noqa: E402
import host_sweep  # noqa: E402
import host_training  # noqa: E402
import kept_weights  # noqa: E402
import small_data  # noqa: E402
from measuring import UnequalError, measure, measure_in_turns, require_equal  # noqa: E402
from plain_integer import PlainInteger  # noqa: E402

DENSE = {"type": "dense", "alpha_inv": 4}

NETWORKS = {
    "mlp": ((20,), "mlp:12,8"),
    "cnn": ((2, 9, 9), "cnn:c6,p2,c5k5,p2,d9"),
    "padded heads": ((1, 11, 11), "cnn:c20,c24,p3,d7,d5"),
    "output layer": ((6,), None),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_plain_integers_and_the_numpy_engine_hold_the_same_bits(name):
    shape, spec = NETWORKS[name]
    layers = parse_spec(spec, shape) if spec else []
    rng = np.random.default_rng(5)
    network = Network(shape, 3, layers)
    network.initialise(rng)
    start = {name: array.copy() for name, array in network.arrays().items()}
    rates = {"learning_rate_inv": 128, "decay_inv": 40, "head_decay_inv": 30}
    learner = Stepper(network, engine=NumpyEngine(network), **rates, amplification=11)
    plain = PlainInteger(layers, start, **rates, amplification=33)
    for step in range(6):
        x = rng.integers(-127, 128, (16, *shape)).astype(np.int8)
        labels = rng.integers(0, 3, 16)
        expected = network.logits(x)
        learner.step(x, labels)
        assert np.array_equal(plain.step(x, labels), expected), step
        for parameter, array in network.arrays().items():
            assert np.array_equal(plain.weights[parameter], array), (step, parameter)
    for parameter, array in network.arrays().items():
        assert not np.array_equal(array, start[parameter]), f"{parameter} learnt nothing"


def golden_weights(draw, *shapes):
    """Weights in the order of the golden vectors; shapes: (name, shape, limit)."""
    return {name: draw.integers(shape, -limit, limit) for name, shape, limit in shapes}


# Two regimes of the published code: a healthy one, and one that saturates and wraps.
WRAPPED_MLP = {
    1: [4288082376, 4293487473, 4240824477, 4294269564, 4294309097],
    10: [3389150565, 4292947389, 1213453257, 93675, 4294874040],
}
WRAPPED_CNN = {10: [805649001, 4277975879, 3241953121, 4295894, 1748629054, 4293719292, 4294633968]}


@pytest.mark.parametrize(("amplification", "rate", "golden"), [(64, 64, MLP), (5, 4, WRAPPED_MLP)])
def test_plain_integers_give_the_golden_vectors_of_mlps(amplification, rate, golden):
    draw = LinearCongruential(1)
    shapes = [("block1.weights", (12, 20)), ("block1.head", (4, 12)), ("block2.weights", (8, 12))]
    shapes += [("block2.head", (4, 8)), ("output.weights", (4, 8))]
    weights = golden_weights(draw, *((name, shape, 64) for name, shape in shapes))
    plain = PlainInteger([DENSE, DENSE], weights, rate, 50, 20, amplification)
    check_golden(plain, draw, golden, (20,), 3)


@pytest.mark.parametrize(("amplification", "rate", "golden"), [(64, 64, CNN), (5, 4, WRAPPED_CNN)])
def test_plain_integers_give_the_golden_vectors_of_cnns(amplification, rate, golden):
    draw = LinearCongruential(2)
    weights = golden_weights(
        draw,
        ("block1.weights", (3, 2, 3, 3), 64),
        ("block1.head", (3, 12), 64),
        ("block2.weights", (4, 3, 3, 3), 60),
        ("block2.head", (3, 16), 64),
        ("block3.weights", (8, 36), 50),
        ("block3.head", (3, 8), 64),
        ("output.weights", (3, 8), 64),
    )
    layers = [conv(3), {"type": "max_pool", "size": [2, 2]}, conv(4), DENSE]
    plain = PlainInteger(layers, weights, rate, 50, 20, amplification, dense_twice=True)
    check_golden(plain, draw, golden, (2, 6, 6), 2)


def check_golden(plain, draw, golden, shape, highest_label):
    for step in range(1, 11):
        x = draw.integers((16, *shape), -100, 100).astype(np.int8)
        plain.step(x, draw.integers((16,), 0, highest_label))
        if step in golden:
            assert [checksum(w) for w in plain.weights.values()] == golden[step]


# The programs


def run(program, *arguments):
    command = [sys.executable, BENCHMARKS / program, "--rounds", "1", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def cells(text):
    """The body of the one Markdown table in a text."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_host_training_compares_with_plain_integers_and_writes_json(tmp_path):
    path = tmp_path / "figures.json"
    text = run(
        "host_training.py", "--networks", "tiny", "--seconds", "0.02", "--engines", "numpy", "--json", path
    )
    rows = cells(text)
    assert [row[1].partition(":")[0] for row in rows[:2]] == ["plain NumPy integers", "numpy"]
    assert rows[2][1].startswith(("PyTorch float32", "float32: not here"))
    assert "tiny: 2 implementations hold the same weights" in text
    plain, engine, _ = json.loads(path.read_text())["rows"]
    assert engine["crc"] == plain["crc"] and engine["memory"] > 1e7 and engine["steps"] >= 3
    speeds = engine["samples_per_second"], plain["samples_per_second"]
    assert engine["times_plain"] == pytest.approx(speeds[0] / speeds[1])


def test_what_a_machine_lacks_is_a_line_of_its_own(monkeypatch):
    monkeypatch.setenv("INTEGRAD_CC", "false")
    result = measure("tiny", "native", 8, 0, None)
    assert "cannot compile" in result["missing"]
    shown = host_training.line({"network": "tiny", "executor": "native", **result})
    assert shown.startswith("| tiny | native: not here (")


def test_plain_integers_refuse_groups():
    network = Network((3, 4, 4), 2, parse_spec("cnn:dw", (3, 4, 4)))
    with pytest.raises(ValueError, match="no groups"):
        PlainInteger(network.describe()["layers"], network.arrays(), 8)


def test_unequal_weights_are_refused():
    with pytest.raises(UnequalError, match="tiny: weights differ"):
        require_equal("tiny", {"plain": [{"crc": "0"}], "float32": [{"crc": None}], "numpy": [{"crc": "1"}]})


def test_candidates_hold_the_same_weights():
    results = measure_in_turns("tiny", ["generated-c", "numpy"], 16, 0.02, 1, 1)
    assert [result["label"] for result in results.values()] == ["generated C", "numpy"]
    assert [result["rounds"] for result in results.values()] == [1, 1]


def test_sweep_shows_costs_in_proportion(monkeypatch, capsys):
    few = [host_sweep.Point("samples", "mlp:6", samples=samples) for samples in (64, 192)]
    monkeypatch.setattr(host_sweep, "points", lambda: few)
    rows = host_sweep.run_sweep("numpy", None, 2)
    assert len(cells(capsys.readouterr().out)) == 2
    for row, point in zip(rows, few, strict=True):
        inputs, classes, units = 784, 10, 6
        assert row["macs_per_sample"] == 2 * inputs * units + 3 * units * classes + 2 * units * classes
        assert len(point.passes) == 2
        assert row["ns_per_mac"] == pytest.approx(row["ns_per_sample"] / row["macs_per_sample"])


def test_footprints_are_compared_by_ratio(capsys):
    def figures(code, training):
        return dict.fromkeys(footprint.FIGURES, 100) | {
            "code_bytes": code,
            "instructions_per_training_step": training,
        }

    old = {"networks": {"a": {"m0": figures(200, None), "m4": figures(100, 50)}}, "modules": {"x64": 5000}}
    new = {"networks": {"a": {"m0": figures(100, None), "m4": figures(150, 50)}}, "modules": {"x64": 6150}}
    found = footprint.ratios(old, new)
    assert found["code_bytes"] == {("a", "m0"): 0.5, ("a", "m4"): 1.5}
    assert found["instructions_per_training_step"] == {("a", "m4"): 1}
    footprint.compare(old, new)
    text = capsys.readouterr().out
    assert "| code, bytes | 2 of 2 | 0.8660 | 0.5000 (a, m0) | 1.5000 (a, m4) |" in text
    assert "| `a` | code, bytes | 0.5000 | 1.5000 |" in text and text.count("`a`") == 1
    assert "above 6,144 bytes: {'x64': 6150}" in text


def test_kept_weights_are_compared_on_samples_that_no_test_knows(tmp_path, monkeypatch, capsys):
    """The marked samples have labels that the others contradict."""
    y = np.tile([0, 1], 60)
    x = np.random.default_rng(0).normal(size=(120, 4)) + 9 * y[:, None]
    test = np.arange(120) >= 90
    path = tmp_path / "two.npz"
    np.savez(path, x=x, y=np.where(test, 1 - y, y), test=test)
    monkeypatch.setattr(sys, "argv", ["", str(path), "mlp:8", "--seeds", "1", "--epochs", "9"])
    kept_weights.main()
    *lines, row = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["seed 0, best", "seed 0, last", "seed 0, average"]
    assert row == "| two.npz | `mlp:8` | 100.00 | 100.00 | 100.00 |"


def test_small_data_is_compared_with_scikit_learn(tmp_path, monkeypatch, capsys):
    pytest.importorskip("sklearn")
    folder, known = tmp_path / "sets", tmp_path / "references.json"
    folder.mkdir()
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [60, 30])
    x = rng.normal(size=(90, 24)) + y[:, None]
    np.savez(folder / "series.npz", x=x, y=y, test=np.arange(90) % 3 == 0)
    even = np.arange(90) % 2
    np.savez(folder / "features.npz", x=x[:, :3] + 9 * even[:, None], y=even, test=np.arange(90) % 5 == 0)

    def table(*arguments):
        monkeypatch.setattr(sys, "argv", ["small_data.py", *map(str, (folder, "--seeds", 2, *arguments))])
        small_data.main()
        return cells(capsys.readouterr().out)

    both = table("--model", "mlp:8", "--set", "steps=60", "keep=last", "--references", known)
    assert [row[0] for row in both] == ["features", "series", "mean"]
    assert both[0][1] == "100.0 ± 0.0" and both[0][5] == "–"
    mlp, _, ours = (float(f1) for f1 in both[1][5].split(" / "))
    assert mlp > 80 and ours > 80
    assert set(json.loads(known.read_text())) == {"features", "series"}
    monkeypatch.setattr(small_data, "train_references", None)
    options = ("--learner", "backprop", "--layer", "leak=4", "--validation", 0, "--set", "steps=40")
    (series, mean) = table("--model", "cnn:c4,p2,d8", *options, "--references", known)
    assert series[:3] == both[1][:3] and mean[0] == "mean" and mean[3] == series[3].split()[0]
