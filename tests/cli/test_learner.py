"""--learner: other learners than the usual one train, resume and show, and refuse what they cannot."""

import json

import numpy as np
import pytest
from digits import run, train, write_npz

from integrad.model_file import load_model


@pytest.fixture
def data(tmp_path):
    return write_npz(tmp_path / "toy.npz")


def test_pocket_learns(tmp_path, data):
    options = ["--learner", "pocket", "--epochs", "12"]
    result = train(tmp_path, data, *options, spec="mlp:12,8")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "train.json").read_text())["test_accuracy"] > 0.8
    model = load_model(tmp_path / "toy.model")
    assert model.network.learner == "pocket"
    settings = model.training["hyper_parameters"]
    assert "decay_inv" not in settings and "amplification" not in settings
    assert "learning_rate_inv" in settings
    shown = run("info", tmp_path / "toy.model").output
    assert "pocket" in shown and "block1 (pocket_dense)" in shown
    assert run("evaluate", tmp_path / "toy.model", data).exit_code == 0


@pytest.mark.parametrize(
    "options, encoding, leak",
    [
        ([], "int8", 0),
        (["--encoding", "int16-master", "--leak", "4", "--loss", "squared"], "int16-master", 4),
        (["--update", "exact", "--learning-rate-inv", "512"], "int8", 0),
    ],
)
def test_backprop_learns(tmp_path, data, options, encoding, leak):
    result = train(tmp_path, data, "--learner", "backprop", "--epochs", "12", *options, spec="mlp:12,8")
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "train.json").read_text())["test_accuracy"] > 0.8
    model = load_model(tmp_path / "toy.model")
    assert {block.encoding for block in model.network.blocks} == {encoding}
    assert {block.leak for block in model.network.blocks} == {leak}
    settings = model.training["hyper_parameters"]
    assert settings["loss"] == "squared"
    assert model.constants == {"loss": settings["loss"]}
    assert model.schedule(16).learning_rate_inv == (512 if "exact" in options else 256)
    shown = run("info", tmp_path / "toy.model").output
    assert "backprop" in shown and "block1 (backprop_dense)" in shown
    assert run("evaluate", tmp_path / "toy.model", data).exit_code == 0


def test_the_learner_of_a_model_is_shown(toys):
    assert "nitro-d" in run("info", toys["mlp"]).output


@pytest.mark.parametrize(
    "spec, options, words",
    [
        ("cnn:c4,d8", ["--learner", "pocket"], "the learner pocket supports only mlp"),
        ("pocket:mlp-1", ["--learner", "nitro-d"], "is for the learner pocket, not for nitro-d"),
        (
            "mlp:8",
            ["--learner", "pocket", "--decay-inv", "9"],
            "--decay-inv: the learner pocket has no such setting",
        ),
        ("mlp:8", ["--leak", "4"], "--leak: the layers of the learner nitro-d have no such setting"),
        ("mlp:8", ["--learner", "backprop", "--leak", "3"], "leak must be one of 0, 2, 4, 8, 16"),
        (
            "mlp:8",
            ["--learner", "backprop", "--encoding", "int4"],
            'encoding must be "int8" or "int16-master"',
        ),
        ("mlp:8", ["--learner", "backprop", "--loss", "hinge"], "--loss must be squared or cross-entropy"),
        ("mlp:8", ["--learner", "pocket", "--update", "exact"], "--update: the learner pocket has no such"),
        ("backprop:mlp-9", [], "known presets: mlp-1, mlp-2, cnn-1"),
        ("mlp:8", ["--learner", "oracle"], "'oracle' is not one of"),
    ],
)
def test_wrong_calls(tmp_path, data, spec, options, words):
    result = train(tmp_path, data, *options, spec=spec)
    assert result.exit_code == 2 and words in result.output
    assert not (tmp_path / "toy.model").exists()


@pytest.mark.parametrize(
    "learner, options, words",
    [
        (
            "pocket",
            ["--engine", "native"],
            "the native engine does not support the learner pocket; take numpy",
        ),
        ("pocket", ["--batch-size", "140000"], "gradients may exceed 32 bits; at most"),
        ("backprop", ["--batch-size", "140000"], "gradients may exceed 32 bits; at most"),
    ],
)
def test_what_they_cannot_do(tmp_path, data, learner, options, words):
    result = train(tmp_path, data, "--learner", learner, *options, spec="mlp:8")
    assert result.exit_code == 1 and words in result.output


def test_equal_commands_give_equal_files(tmp_path, data):
    files = []
    for name in ("a.model", "b.model"):
        options = ["--learner", "pocket", "--epochs", "2", "--seed", "3"]
        assert train(tmp_path, data, *options, spec="mlp:8,x10", out=name).exit_code == 0
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]
    assert np.array_equal(
        *(load_model(tmp_path / name).network.output.weights for name in ("a.model", "b.model"))
    )
