"""integrad data: tables and JSON."""

import json

import numpy as np
import pytest
from archives import samples, save
from click.testing import CliRunner

from integrad.cli import main


def run(*arguments):
    result = CliRunner().invoke(main, ["data", *map(str, arguments)])
    return result.exit_code, result.output


def as_json(tmp_path, *arguments):
    status, output = run(*arguments, "--json", tmp_path / "out.json")
    assert status == 0, output
    return json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))


def test_list(tmp_path):
    status, output = run()
    assert status == 0
    for text in (
        "magic-wand",
        "spoken-digits",
        "1,000",
        "3,000",
        "Apache-2.0",
        "CC BY-SA 4.0",
        "6 (speaker)",
    ):
        assert text in output
    entries = as_json(tmp_path)["datasets"]
    assert [e["name"] for e in entries] == ["magic-wand", "spoken-digits"]
    assert entries[1]["groups"] == ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]
    assert (entries[0]["shape"], entries[0]["axes"], entries[0]["classes"]) == ([64, 2], "TC", 10)


def test_bundled(tmp_path):
    report = as_json(tmp_path, "spoken-digits")
    assert (report["samples"], report["dtype"], report["input_shape"]) == (3000, "uint8", [1, 32, 32])
    assert report["classes"][3] == {"name": "3", "training": 270, "test": 30}
    assert report["keys"]["speaker"][0] == {"name": "george", "training": 450, "test": 50}
    assert report["preprocessing"]["mean"] == [report["channels"][0]["mean"]]


def test_file(tmp_path):
    x, y = samples((60, 20, 3), classes=20, dtype=np.float32)
    path = save(tmp_path / "moves.npz", x=x, y=y, group=y % 4, about=x[0])
    status, output = run(path)
    assert status == 0
    for text in ("TC", "--axes CT", "round(value * ", "ignored", "about", "… 4 more", "group"):
        assert text in output, text
    report = as_json(tmp_path, path)
    assert report["name"] == str(path) and report["group"] == "group" and report["ignored"] == ["about"]
    assert len(report["classes"]) == 20 and len(report["channels"]) == 3
    assert all(-127 <= row["lowest"] < row["highest"] <= 127 for row in report["channels"])


def test_axes(tmp_path):
    x, y = samples()
    path = save(tmp_path / "d.npz", x=x, y=y)
    assert as_json(tmp_path, path)["axes"] == "F"
    assert as_json(tmp_path, path, "--axes", "t")["input_shape"] == [1, 1, 4]


def test_markup_in_names_is_shown_as_it_is(tmp_path):
    x, y = samples()
    path = save(tmp_path / "d.npz", x=x, y=np.array(["[red]", "[/bold]", "c"])[y], speaker=["[link=x]"] * 12)
    status, output = run(path)
    assert status == 0 and "[red]" in output and "[/bold]" in output and "[link=x]" in output


def test_json_to_standard_output_is_json_alone():
    result = CliRunner().invoke(main, ["data", "magic-wand", "--json", "-"])
    assert json.loads(result.stdout)["samples"] == 1000


def test_help_has_an_example():
    status, output = run("--help")
    assert status == 0 and "Example:" in output and "integrad data beats.npz --axes T" in output


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["nonsense"], 2, "bundled: magic-wand, spoken-digits"),
        (["none.npz"], 1, "none.npz: no such file"),
        (["magic-wand", "--axes", "HWC"], 2, "require TC or CT or HW"),
        (["--axes", "T"], 2, "--axes requires NAME_OR_PATH"),
    ],
)
def test_errors(arguments, status, text):
    assert run(*arguments)[0] == status
    assert text in run(*arguments)[1]
