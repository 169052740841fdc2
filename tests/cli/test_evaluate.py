"""integrad evaluate: figures that can be computed by hand, and data that does not match the model."""

import json

import numpy as np
import pytest
from digits import run, train, write_npz

from integrad.model_file import load_model, save_model


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with toy.npz and a model trained on it."""
    folder = tmp_path_factory.mktemp("evaluate")
    write_npz(folder / "toy.npz")
    assert train(folder, folder / "toy.npz").exit_code == 0
    return folder


def evaluate(home, data, *options, name="toy.model"):
    result = run("evaluate", home / name, data, "--json", home / "e.json", *options)
    figures = json.loads((home / "e.json").read_text()) if result.exit_code == 0 else None
    return result, figures


def test_test_part(home):
    result, figures = evaluate(home, home / "toy.npz")
    assert set(figures) == {"accuracy", "macro_f1", "samples"}
    assert figures["samples"] == 60 and "test set" in result.stdout
    record = load_model(home / "toy.model").training
    assert figures["accuracy"] == record["test_accuracy"]


def test_figures_agree_with_the_network(home):
    model = load_model(home / "toy.model")
    data = np.load(home / "toy.npz")
    mask = np.isin(data["group"], ["g1", "g3"])
    predicted = model.network.predict(model.preprocessing.apply(data["x"][mask]))
    result, figures = evaluate(home, home / "toy.npz", "--only", "group=g1", "--only", "group=g3")
    assert figures["samples"] == mask.sum() == 96
    assert figures["accuracy"] == (predicted == data["y"][mask]).mean()
    assert "samples with group=g1 or group=g3" in result.stdout
    assert "Rows: true class" in result.stdout


def test_everything_where_nothing_is_marked(home, tmp_path):
    result, figures = evaluate(home, write_npz(tmp_path / "u.npz", test=False, samples=60))
    assert figures["samples"] == 60 and "all samples" in result.stdout


def test_another_shape_names_both(home, tmp_path):
    result, _ = evaluate(home, write_npz(tmp_path / "other.npz", shape=(4, 7, 1)))
    assert result.exit_code == 1
    assert "(4, 7, 1)" in result.stderr and "(4, 6, 1)" in result.stderr


def test_fewer_classes_are_fine_and_more_are_not(home, tmp_path):
    _, figures = evaluate(home, write_npz(tmp_path / "two.npz", classes=2, test=False))
    assert figures["samples"] == 240
    result, _ = evaluate(home, write_npz(tmp_path / "four.npz", classes=4))
    assert result.exit_code == 1 and "does not know the class 3, only 0, 1, 2" in result.stderr


def test_classes_are_matched_by_name(tmp_path):
    words = np.array(["cat", "dog", "emu"])
    y = words[np.arange(240) % 3]
    data = write_npz(tmp_path / "words.npz", y=y)
    assert train(tmp_path, data).exit_code == 0
    full, part = (
        run("evaluate", tmp_path / "toy.model", file, "--json", "-")
        for file in (data, write_npz(tmp_path / "part.npz", y=np.where(y == "cat", "emu", y)))
    )
    assert json.loads(full.stdout)["accuracy"] > 0.9
    assert 0.5 < json.loads(part.stdout)["accuracy"] < 0.75  # the cats are called emus now
    result = run("evaluate", tmp_path / "toy.model", write_npz(tmp_path / "x.npz", y=np.char.add(y, "s")))
    assert result.exit_code == 1 and "does not know the class cats" in result.stderr


@pytest.mark.parametrize(
    "options, status, words",
    [
        (["--only", "group=g9"], 2, "no sample matches"),
        (["--only", "nonsense"], 2, "expected KEY=VALUE"),
        (["--json", "/nowhere/e.json"], 2, "the folder does not exist: /nowhere"),
    ],
)
def test_wrong_calls(home, options, status, words):
    result = run("evaluate", home / "toy.model", home / "toy.npz", *options)
    assert result.exit_code == status and words in result.stderr and "Traceback" not in result.output


def test_bad_model_files(home, tmp_path):
    for name, content in (("none.model", None), ("text.model", b"hello"), ("empty.model", b"")):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        result = run("evaluate", tmp_path / name, home / "toy.npz")
        assert result.exit_code == 1 and result.stderr.startswith(f"error: {tmp_path / name}: ")
        assert result.stderr.count("\n") == 1


def test_help_has_an_example():
    assert "integrad evaluate digits.model" in run("evaluate", "--help").stdout


def test_training_and_evaluation_agree_on_the_test_samples(tmp_path):
    data = write_npz(tmp_path / "toy.npz", test=False, samples=200)
    for options in ((), ("--holdout", "group=g1"), ("--seed", 3)):
        assert train(tmp_path, data, *options).exit_code == 0
        record = load_model(tmp_path / "toy.model").training
        result, figures = evaluate(tmp_path, data)
        assert figures["samples"] == record["test_samples"] < 200
        assert figures["accuracy"] == record["test_accuracy"]
        assert "test samples of the training run" in result.stdout and "note:" not in result.stdout


def test_a_held_out_test_sample_is_in_no_part(home, tmp_path):
    assert train(tmp_path, home / "toy.npz", "--holdout", "group=g1").exit_code == 0
    record = load_model(tmp_path / "toy.model").training
    assert record["test_part"] == "test set of the data, without the held-out samples"
    _, figures = evaluate(tmp_path, home / "toy.npz")
    assert figures["samples"] == record["test_samples"] < 60
    assert figures["accuracy"] == record["test_accuracy"]


def test_a_figure_that_includes_training_samples_says_so(home, tmp_path):
    data = np.load(home / "toy.npz")
    chosen = data["group"] == "g1"
    seen = int((chosen & ~data["test"]).sum())
    result, _ = evaluate(home, home / "toy.npz", "--only", "group=g1")
    assert f"the model was trained or selected on {seen} of these samples" in result.stdout
    other = write_npz(tmp_path / "other.npz", test=False, samples=60, seed=5)
    assert "note:" not in evaluate(home, other)[0].stdout


def test_a_record_that_is_not_trusted(home, tmp_path):
    model = load_model(home / "toy.model")
    for change in (
        {"seed": -1},
        {"seed": "0"},
        {"holdout": 3},
        {"holdout": ["x"]},
        {"test_crc": "0"},
        {"test_samples": 1},
    ):
        model.training = model.training | change
        save_model(model, tmp_path / "toy.model")
        result, figures = evaluate(tmp_path, home / "toy.npz")
        assert figures["samples"] == 60 and "test set" in result.stdout
        model = load_model(home / "toy.model")


def test_the_groups_of_a_table_are_remembered(tmp_path):
    """Evaluation finds the split of the training run without being told the column; predictions ignore it."""
    rng = np.random.default_rng(2)
    rows = [
        f"{i},{rng.integers(50) + 200 * (i % 2)},{i % 7},pump{i // 2 % 6},{'ab'[i % 2]}" for i in range(120)
    ]
    lines = ["id,vibration,heat,pump,state", *rows]
    data = tmp_path / "pump.csv"
    data.write_text("\n".join(lines) + "\n")
    columns = ("--label", "state", "--drop", "id", "--group", "pump")
    out = tmp_path / "pump.model"
    options = ("--model", "mlp:4", "--steps", 20, "--holdout", "pump=pump0", "--out", out)
    assert run("train", data, *columns, *options).exit_code == 0
    result, figures = evaluate(tmp_path, data, name="pump.model")
    assert figures["samples"] == 20 and "test samples of the training run" in result.stdout
    assert "note:" not in result.stdout
    result, _ = evaluate(tmp_path, data, "--only", "pump=pump5", name="pump.model")
    assert "the model was trained or selected on 20 of these samples" in result.stdout
    assert run("predict", out, data).exit_code == 0
    result, figures = evaluate(tmp_path, data, "--group", "id", name="pump.model")  # the split is not found
    assert figures["samples"] == 120
    assert "the model was trained or selected on 100 of these samples" in result.stdout
    result, _ = evaluate(tmp_path, data, "--group", "id", "--only", "id=7", name="pump.model")
    assert "may have been trained or selected on these samples: it was on 100 of the 120" in result.stdout
    result = run("evaluate", out, data, "--group", "id", "--only", "pump=5")
    assert result.exit_code == 2 and result.stderr.endswith("known keys: id; add --group pump\n")
    data.write_text(data.read_text().replace("pump,", "machine,"))  # a table without that column
    assert "on 100 of these samples" in evaluate(tmp_path, data, name="pump.model")[0].stdout
    assert run("predict", out, data).exit_code == 0
