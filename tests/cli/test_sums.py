"""--sums and `sums` of a network file: trained, saved, shown, resumed, and refused with one line."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from integrad.cli import main
from integrad.model_file import load_model
from integrad.training.specification import load_spec


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """600 features, so that the first layer and the output layer of a linear network need 64 bits."""
    path, rng = tmp_path_factory.mktemp("sums") / "wide.npz", np.random.default_rng(0)
    y = rng.integers(0, 2, 40)
    x = rng.integers(0, 100, (40, 600)) + 40 * y[:, None]
    np.savez(path, x=x.astype(np.uint8), y=y)
    return path


@pytest.fixture(scope="module")
def model(data):
    path = data.parent / "wide.model"
    words = ("--model", "mlp:4", "--sums", 64, "--epochs", 2, "--out", path)
    result = run("train", data, *words)
    assert result.exit_code == 0, result.output
    return path


def test_the_model_has_wide_sums(model):
    network = load_model(model).network
    assert network.sums == 64 and network.learner == "nitro-d", "the learner that has them"
    assert [p.limit for p in network.parameters()] == [32_639] * 3
    assert network.blocks[0].bounds.bits == 64 and network.output.bounds.bits == 32


def test_info_shows_them(model):
    result = run("info", model, "--json", "-")
    assert json.loads(result.stdout)["sums"] == 64
    assert "64 bits" in run("info", model).output


def test_a_network_file_and_an_option_that_overrides_it(tmp_path):
    path = tmp_path / "network.toml"
    path.write_text('sums = 64\n[[layer]]\ntype = "dense"\nunits = 3\n')
    assert load_spec(str(path), (4,)).sums == 64
    assert load_spec(str(path), (4,), options={"sums": 32}).sums == 32
    assert load_spec("nitro:vgg8b", (3, 32, 32), options={"sums": 32}).sums == 32
    assert load_spec("mlp:3", (4,)).sums == 32


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--sums", 16), "--sums: sums must be 32 or 64 (bits) with the learner nitro-d"),
        (
            ("--sums", 64, "--learner", "pocket"),
            "--sums: the layers of the learner pocket have no such setting",
        ),
        (("--sums", 64, "--leak", 8), "--sums: the layers of the learner backprop have no such setting"),
    ],
)
def test_bad_widths_end_in_one_line(words, text, data, tmp_path):
    result = run("train", data, "--model", "mlp:4", *words, "--out", tmp_path / "a.model")
    assert result.exit_code == 2 and text in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sums = 48", "sums must be 32 or 64"),
        ('sums = "64"', "sums must be 32 or 64"),
        ('learner = "pocket"\nsums = 64', "unknown key 'sums'"),
    ],
)
def test_bad_widths_in_a_network_file(text, words, tmp_path):
    path = tmp_path / "network.toml"
    path.write_text(text + "\n")
    with pytest.raises(Exception, match=words) as caught:
        load_spec(str(path), (4,))
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
