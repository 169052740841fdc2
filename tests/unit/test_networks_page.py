"""The page about networks: its examples are what the program does."""

import re
from pathlib import Path

from click.testing import CliRunner

from integrad.cli import main
from integrad.training.specification import load_spec, parse_spec

PAGE = (Path(__file__).parents[2] / "docs/networks.md").read_text()


def test_short_examples():
    for spec in ("mlp:96,48", "cnn:p2,c8,p2,c16,p2,d48", "cnn:c8,p2,dw,c16k1,p2,d32"):
        assert spec in PAGE
        assert parse_spec(spec, (1, 32, 32))


def test_the_mistake_is_shown_as_on_the_page(tmp_path):
    words = ["train", "spoken-digits", "--model", "cnn:p2,q8,d48", "--out", str(tmp_path / "digits.model")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2 and result.stderr.startswith("error: --model: ")
    assert result.stderr in PAGE


def test_the_file_on_the_page(tmp_path):
    path = tmp_path / "network.toml"
    path.write_text(re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1])
    spec = load_spec(str(path), (1, 32, 32))
    assert [layer["type"] for layer in spec.layers] == ["max_pool", "conv", "dropout", "dense"]
    assert spec.layers[1]["alpha_inv"] == 8 and spec.layers[3]["alpha_inv"] == 4
    assert len(spec.learning) == 15 and spec.sums == 32
