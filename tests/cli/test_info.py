"""integrad info: the layers of a model and its training record."""

import json

import pytest
from digits import run, train, write_npz

from integrad.model_file import load_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("info")
    data = write_npz(folder / "toy.npz", shape=(8, 8), samples=120)
    assert train(folder, data, spec="cnn:c4s2,p2,x10,d6").exit_code == 0
    return folder / "toy.model"


def test_layers(model):
    result = run("info", model, "--json", "-")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    rows = {row["name"]: row for row in figures["layers"]}
    assert list(rows) == ["block1 (conv)", "max_pool", "dropout", "block2 (dense)", "output"]
    assert rows["block1 (conv)"]["shape"] == [4, 4, 4]
    assert rows["block1 (conv)"]["parameters"] == 36 and rows["block1 (conv)"]["macs"] == 36 * 16
    assert rows["max_pool"]["parameters"] == 0 and rows["max_pool"]["lowest"] is None
    assert rows["block2 (dense)"]["macs"] == 16 * 6 and rows["output"]["macs"] == 18
    assert figures["macs"] == 36 * 16 + 16 * 6 + 18
    network = load_model(model).network
    assert rows["output"]["highest"] == network.output.weights.max()
    assert rows["output"]["saturated"] == 0
    assert figures["weights_crc"] == f"{network.weights_crc():08x}"
    assert figures["training"]["seed"] == 0


def test_text(model):
    result = run("info", model)
    for text in ("block1 (conv)", "CRC of weights", "mean", "data sha256", "batch_size 16", "0, 1, 2"):
        assert text in result.stdout


def test_a_group_s_weights_and_work(tmp_path):
    data = write_npz(tmp_path / "toy.npz", shape=(8, 8), samples=120)
    assert train(tmp_path, data, spec="cnn:c4s2,dw").exit_code == 0
    figures = json.loads(run("info", tmp_path / "toy.model", "--json", "-").stdout)
    row = figures["layers"][1]
    assert row["name"] == "block2 (conv)" and row["shape"] == [4, 4, 4]
    assert row["parameters"] == 4 * 9 and row["macs"] == 4 * 9 * 16


def test_bad_files(tmp_path):
    assert "no such file" in run("info", tmp_path / "none.model").stderr
    assert "is a folder" in run("info", tmp_path).stderr
    (tmp_path / "zip.model").write_bytes(b"PK" + bytes(100))
    result = run("info", tmp_path / "zip.model")
    assert result.exit_code == 1 and "not a safetensors file" in result.stderr


def test_checkpoint_is_no_model(model, tmp_path):
    from integrad.tensor_file import write_tensors

    write_tensors(tmp_path / "c", "integrad-checkpoint", 1, {}, {})
    assert "contains 'integrad-checkpoint', expected 'integrad-model'" in run("info", tmp_path / "c").stderr


def test_help_has_an_example():
    assert "integrad info digits.model" in run("info", "--help").stdout
