"""The benchmark that chooses initial weights by the first steps searches what it says, and runs."""

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

from integrad.engines.numpy_engine import NumpyEngine
from integrad.learners.table import learner_of
from integrad.training.specification import load_spec
from integrad.training.stepper import Stepper

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
import gradinit

SETTINGS = {"loss": "squared", "update": "normalised", "learning_rate_inv": 1, "initial_weights": 100}


def prepared(spec, shape, loss="squared", **options):
    """A network, a search for its initial weights, and two batches."""
    settings = SETTINGS | {"loss": loss}
    network = load_spec(spec, shape, "backprop", options).network(shape, 3)
    rng = np.random.default_rng(4)
    network.initialise(rng)
    batches = []
    for _ in range(2):
        labels = rng.integers(0, 3, 30)
        noise = rng.integers(-60, 61, (30, *shape))
        batches.append(((noise + 20 * labels.reshape(-1, *[1] * len(shape))).astype(np.int8), labels))
    learner = learner_of(network)
    learner.prepare(network, *batches[0], settings)
    parts = [slice(0, 15), slice(15, 30)]
    search = gradinit.Search(network, NumpyEngine(network), learner, settings, *batches, parts)
    return network, search, settings, batches


@pytest.mark.parametrize("loss", ["squared", "cross-entropy"])
def test_a_judgement_is_the_loss_that_a_step_reports(loss):
    network, search, settings, ((x, labels), second) = prepared("mlp:8", (6,), loss, encoding="int16-master")
    choice = [50, 35, 1]
    search.set(choice)
    start = {name: array.copy() for name, array in network.arrays().items()}
    assert start["output.weights"].any() and np.abs(start["block1.weights"]).max() <= 64
    found = search.judge(choice)
    assert all(np.array_equal(array, start[name]) for name, array in network.arrays().items())
    stepper = Stepper(network, **settings)
    for part in (slice(0, 15), slice(15, 30)):
        stepper.step(x[part], labels[part])
    learner_of(network).calibrate(network, *second, settings)
    step = stepper.step(*second)
    assert found == (step.loss, -step.correct)


@pytest.mark.parametrize("what", ["exponents", "percentages", "both"])
def test_no_other_value_of_a_single_layer_is_better_than_the_choice(what):
    _, search, _, _ = prepared("cnn:c4,p2,d6", (2, 6, 6), "cross-entropy")
    choice = search.run(what)
    kept = [layer.master().copy() for layer in search.layers]
    assert search.trials > 6 and (choice[:-1] == [100] * 3) == (what == "exponents")
    best = search.judge(choice)
    values = [gradinit.PERCENTAGES] * 3 if what != "exponents" else [()] * 3
    values.append(gradinit.OCTAVES if what != "percentages" else ())
    others = [[*choice[:n], v, *choice[n + 1 :]] for n in range(4) for v in values[n]]
    assert min(search.judge(other) for other in others) == best
    assert search.judge([100, 100, 100, 0]) > best
    search.set(choice)
    assert all(np.array_equal(layer.master(), w) for layer, w in zip(search.layers, kept, strict=True))


@pytest.mark.parametrize("spec", ["mlp:12,8", "cnn:c4,p2,c5,d6"])
@pytest.mark.parametrize("encoding", ["int8", "int16-master"])
def test_normalised_steps_depend_on_the_sum_of_the_exponents_alone(spec, encoding):
    def trained(*changes):
        network, search, settings, (first, _) = prepared(spec, (1, 8, 8), encoding=encoding, bias=True)
        for layer, change in zip(search.layers, changes, strict=False):
            layer.scales[0] += change
        learner_of(network).calibrate(network, *first, settings)
        stepper = Stepper(network, **settings)
        losses = [stepper.step(*first).loss for _ in range(12)]
        return losses, [layer.master() for layer in search.layers]

    (losses, usual), (moved_losses, moved), (other_losses, _) = map(
        lambda changes: trained(*changes), [(0, 0), (3, -3), (3, 0)]
    )
    assert losses == moved_losses and len(set(losses)) > 6
    assert all(itertools.starmap(np.array_equal, zip(usual, moved, strict=True)))
    assert other_losses != losses


def table(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["gradinit.py", *map(str, arguments)])
    gradinit.main()
    return [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()]


def test_the_program_prints_a_row_for_each_choice(tmp_path, monkeypatch, capsys):
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 40)
    x = rng.normal(size=(120, 5)) + 3 * y[:, None]
    path = tmp_path / "series.npz"
    np.savez(path, x=x, y=y, test=np.arange(120) % 4 == 0)
    only = ["100", "50", "exponents-1", "both-8"]
    options = ["--model", "mlp:8", "--set", "steps=40", "--only", *only, "--seeds", 2]
    header, _, *rows = table(monkeypatch, capsys, path, *options)
    assert header[:5] == ["data", "initial weights", "validation", "difference", "test"]
    assert [row[:2] for row in rows] == [["series", name] for name in only]
    assert rows[0][3] == "0.0 ± 0.0" and all(float(row[2].split()[0]) > 40 for row in rows)
    assert rows[2][-1].startswith("100 100 ") and len(rows[3][-1].split()) == 3


def test_the_first_batch_is_not_larger_than_a_step_can_take(tmp_path, monkeypatch, capsys):
    y = np.arange(400) % 2
    x = np.random.default_rng(0).normal(size=(400, 36, 36)) + y[:, None, None]  # at most 102 samples
    path = tmp_path / "images.npz"
    np.savez(path, x=x, y=y, test=np.arange(400) % 5 == 0)
    options = ["--model", "cnn:c2k1,p9,d4", "--set", "steps=20", "--only", "percentages-1", "--seeds", 1]
    rows = table(monkeypatch, capsys, path, *options)[2:]
    assert len(rows) == 1 and len(rows[0][-1].split()) == 4
