"""integrad predict: classes, margins and scores of samples, with and without labels."""

import csv
import json

import numpy as np
import pytest
from digits import run

from integrad.model_file import load_model

RNG = np.random.default_rng(2)
X = np.stack([101_325 + 100 * RNG.normal(size=200), np.arange(200) % 2 + 0.1 * RNG.normal(size=200)], axis=1)


@pytest.fixture(scope="module")
def tilt(tmp_path_factory):
    """A folder with a table and the model trained on it."""
    folder = tmp_path_factory.mktemp("tilt")
    with (folder / "tilt.csv").open("w", newline="") as file:
        rows = [[*row, ["down", "up"][n % 2]] for n, row in enumerate(X.tolist())]
        csv.writer(file).writerows([["pressure", "tilt", "class"], *rows])
    with (folder / "new.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["note", "tilt", "pressure"], *(["?", *row[::-1]] for row in X.tolist())])
    trained = run("train", folder / "tilt.csv", "--label", "class", "--model", "mlp:8", "--epochs", 8,
                  "--out", folder / "tilt.model")  # fmt: skip
    assert trained.exit_code == 0, trained.output
    return folder


@pytest.mark.parametrize("name", ["tilt.csv", "new.csv", "new.npz"])
def test_a_row_for_each_sample(tilt, tmp_path, name):
    np.savez(tilt / "new.npz", x=X)
    model = load_model(tilt / "tilt.model")
    result = run("predict", tilt / "tilt.model", tilt / name, "--out", tmp_path / "p.csv", "--json", "-")
    assert result.exit_code == 0, result.output
    scores = model.network.logits(model.preprocessing.apply(X)).astype(int)
    with (tmp_path / "p.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["sample", "class", "margin", "score down", "score up"]
    assert len(rows) == len(X)
    for number, (row, (down, up)) in enumerate(zip(rows, scores.tolist(), strict=True), 1):
        assert row == [str(number), "up" if up > down else "down", str(abs(up - down)), str(down), str(up)]
    figures = json.loads(result.stdout)
    assert figures["samples"] == 200 and figures["file"] == str(tmp_path / "p.csv")
    assert [p["scores"] for p in figures["predictions"]] == scores.tolist()
    assert sum(row["samples"] for row in figures["classes"]) == 200
    assert sum(p["class"] == ["down", "up"][n % 2] for n, p in enumerate(figures["predictions"])) > 190


def test_text(tilt):
    result = run("predict", tilt / "tilt.model", tilt / "new.csv")
    assert (
        result.exit_code == 0 and "… 188 more" in result.stdout and "samples by class: down" in result.stdout
    )


def test_bundled_data(toys, tmp_path):
    result = run("predict", toys["mlp"], "magic-wand")
    assert result.exit_code == 1 and result.stderr.startswith("error: magic-wand: samples have ")


@pytest.mark.parametrize(
    ("table", "status", "words"),
    [
        (
            "pressure,note\n1,2\n",
            1,
            "has no column tilt, which the model was trained on; columns: pressure, note",
        ),
        ("pressure,tilt\n1,\n", 1, "row 1 (line 2), column tilt: the value is missing"),
        ("pressure,tilt\n", 1, "has no rows besides the header"),
    ],
)
def test_tables_that_cannot_be_classified(tilt, tmp_path, table, status, words):
    (tmp_path / "t.csv").write_text(table)
    result = run("predict", tilt / "tilt.model", tmp_path / "t.csv", "--out", tmp_path / "p.csv")
    assert result.exit_code == status and words in result.stderr and str(tmp_path / "t.csv") in result.stderr
    assert not (tmp_path / "p.csv").exists()


def test_wrong_usage(tilt, tmp_path):
    result = run("predict", tilt / "tilt.model", tilt / "new.csv", "--out", tmp_path / "none/p.csv")
    assert result.exit_code == 2 and "the folder does not exist" in result.stderr
    assert run("predict", tilt / "tilt.model", tilt / "new.csv", "--drop", "x").exit_code == 2
