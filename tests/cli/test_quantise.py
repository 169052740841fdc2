"""integrad quantise: figures, formats of the weights, what follows, and mistakes."""

import json
import shutil

import numpy as np
import pytest
from digits import CLASSES, fail, run, write_npz
from safetensors.numpy import save_file

from integrad.model_file import load_model

UNITS, INPUTS = 6, 24


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with toy.npz and the weights of a float network that was trained on it, in three files."""
    folder = tmp_path_factory.mktemp("quantise")
    data = np.load(write_npz(folder / "toy.npz"))
    chosen = ~data["test"]
    x, y = (data["x"][chosen].reshape(-1, INPUTS) - 120.0) / 60.0, data["y"][chosen]
    rng = np.random.default_rng(0)
    w1, w2 = rng.normal(0, 0.3, (UNITS, INPUTS)), rng.normal(0, 0.3, (CLASSES, UNITS))
    for _ in range(60):
        h = np.maximum(x @ w1.T, 0)
        p = np.exp(h @ w2.T)
        error = p / p.sum(axis=1, keepdims=True) - np.eye(CLASSES)[y]
        below = (error @ w2) * (h > 0)
        w1, w2 = w1 - 0.002 * below.T @ x, w2 - 0.002 * error.T @ h
    np.savez(folder / "w.npz", w1.astype(np.float32), w2.astype(np.float32))
    np.savez(folder / "keras.npz", dense=w1.T.astype(np.float32), last=w2.T.astype(np.float32))
    biased = {"fc.weight": w1, "fc.bias": rng.normal(0, 0.3, UNITS), "out.weight": w2}
    biased["out.bias"] = rng.normal(0, 0.3, len(w2))
    np.savez(folder / "biased.npz", **biased)
    named = {"input.mean": np.array([120.0]), "input.divisor": np.array([60.0])}
    named |= {"block1.weights": w1, "output.weights": w2}
    save_file(
        {name: np.ascontiguousarray(a, np.float32) for name, a in named.items()}, folder / "w.safetensors"
    )
    return folder


STATED = ("--input-mean", 120, "--input-divisor", 60)


def arguments(home, weights, *options, spec=f"mlp:{UNITS}", data="toy.npz", out="q.model"):
    return (
        "quantise", home / weights, "--like", spec, "--data", home / data, "--out", home / out,
        "--validation-by-class", *options,
    )  # fmt: skip


def test_figures(home):
    result = run(*arguments(home, "w.npz", *STATED, "--json", home / "q.json"))
    assert result.exit_code == 0, result.stderr
    figures = json.loads((home / "q.json").read_text())
    assert figures["float_test_accuracy"] > 0.9
    assert abs(figures["test_accuracy"] - figures["float_test_accuracy"]) < 0.04
    model = load_model(home / "q.model")
    assert figures["weights_crc"] == f"{model.network.weights_crc():08x}"
    assert [layer["name"] for layer in figures["layers"]] == ["block1", "output"]
    exponents = [model.network.blocks[0].weight_exponent, model.network.output.weight_exponent]
    assert [layer["exponent"] for layer in figures["layers"]] == exponents
    assert model.constants == {"loss": "cross-entropy"}
    evaluated = run("evaluate", home / "q.model", home / "toy.npz", "--json", "-")
    assert json.loads(evaluated.stdout)["accuracy"] == figures["test_accuracy"]


def test_a_loss_that_the_scores_contradict(home):
    large = dict(np.load(home / "w.npz"))
    np.savez(home / "large.npz", large["arr_0"], 50 * large["arr_1"])
    for weights, loss, noted in (("large.npz", "squared", True), ("large.npz", "cross-entropy", False)):
        result = run(*arguments(home, weights, *STATED, "--loss", loss, out="l.model"))
        assert ("note: the float scores have a mean squared error of" in result.stdout) == noted


def test_equal_weights_in_other_files_give_equal_models(home):
    crcs = []
    for weights, options in (("w.npz", STATED), ("keras.npz", STATED), ("w.safetensors", ())):
        result = run(*arguments(home, weights, *options, "--json", "-"))
        assert result.exit_code == 0, result.stderr
        crcs.append(json.loads(result.stdout)["weights_crc"])
    assert len(set(crcs)) == 1


@pytest.mark.parametrize("encoding, weights", [("int8", "biased.npz"), ("int16-master", "w.npz")])
def test_the_model_goes_on_learning_with_equal_bits(home, encoding, weights):
    options = (*STATED, "--encoding", encoding, "--leak", 4, "--loss", "squared")
    result = run(*arguments(home, weights, *options, out=f"{encoding}.model"))
    assert result.exit_code == 0, result.stderr
    assert ("biases" in result.stdout) == (weights == "biased.npz")
    result = run("verify", home / f"{encoding}.model", "--steps", 5)
    assert result.exit_code == 0 and "computed the same bits" in result.stdout


def test_a_damaged_file(home, tmp_path):
    whole = (home / "w.npz").read_bytes()
    for name, content, message in (
        ("cut.npz", whole[:200], "damaged or truncated"),
        ("text.npz", b"weights", "is neither an .npz nor a .safetensors file"),
        ("text.safetensors", b"weights", "truncated or not a safetensors file"),
        ("long.safetensors", b"\x08" + bytes(7) + b"notjson!", "damaged or not a safetensors file"),
    ):
        (tmp_path / name).write_bytes(content)
        status, line = fail(*arguments(home, tmp_path / name))
        assert status == 1 and message in line and name in line
    status, line = fail(*arguments(home, "none.npz"))
    assert status == 1 and "none.npz: no such file" in line
    np.savez(tmp_path / "objects.npz", np.array([{}], object))
    assert "never loaded" in fail(*arguments(home, tmp_path / "objects.npz"))[1]
    save_file({"a": np.zeros((2, 2), np.bool_)}, tmp_path / "bool.safetensors")
    assert "tensor a has dtype BOOL" in fail(*arguments(home, tmp_path / "bool.safetensors"))[1]


@pytest.mark.parametrize(
    "options, message",
    [
        (
            ("--layout", "keras"),
            "w.npz: array arr_0 has shape (6, 24), but block1.weights is (24, 6) (keras)",
        ),
        (("--arrays", "arr_0,other"), "w.npz: has no array other; it has arr_0, arr_1"),
        (("--input-divisor", "0"), "input divisor: must be finite numbers above 0"),
        (("--input-mean", "a"), "--input-mean a: must be numbers"),
        (("--input-mean", "1,2,3"), "input mean: has 3 values; the data has 1 channels"),
        (("--leak", 3), "leak must be one of 0, 2, 4, 8, 16"),
        (("--encoding", "int4"), "--encoding"),
    ],
)
def test_wrong_options(home, options, message):
    status, line = fail(*arguments(home, "w.npz", *options, out="bad.model"))
    assert status in (1, 2) and message in line
    assert not (home / "bad.model").exists()


def test_another_network_or_other_data(home):
    status, line = fail(*arguments(home, "w.npz", spec="mlp:6,6"))
    assert status == 1 and "has 2 arrays of weights (arr_0, arr_1), but the network has 3 layers" in line
    write_npz(home / "wide.npz", shape=(4, 7, 1))
    status, line = fail(*arguments(home, "w.npz", data="wide.npz"))
    assert status == 1 and "samples of 1x4x7; change --like or --data" in line
    status, line = fail(*arguments(home, "w.npz", spec="pocket:mlp-1"))
    assert status == 2 and "is for the learner pocket, not for backprop" in line


def test_no_input_is_overwritten(home):
    copy = shutil.copy(home / "w.npz", home / "copy.npz")
    assert "would overwrite the weights" in fail(*arguments(home, "copy.npz", out="copy.npz"))[1]
    assert "would overwrite the data" in fail(*arguments(home, "w.npz", out="toy.npz"))[1]
    assert "the folder does not exist" in fail(*arguments(home, "w.npz", out="none/q.model"))[1]
    np.load(copy)
