"""A new export target is a file and a row of the table; its options appear in the help by themselves."""

import importlib
import json
import sys

import pytest
from digits import fail, run

import integrad.cli
from integrad.errors import UsageError
from integrad.export.target import Option, Request, Target
from integrad.export.targets import TARGETS, check_options


def check_shade(text):
    if text not in ("light", "dark"):
        raise UsageError(f"--shade {text}: must be light or dark")


def text_files(request: Request):
    with request.status("counting"):
        count = request.plan.macs
    shade = request.options["shade"] or "none"
    return {"toy/macs.txt": f"{count}\n", "toy/shade.bin": shade.encode(), "made.txt": request.command}


TOY = Target("toy", "a text file", text_files, (Option("shade", "SHADE", "Of the toy.", check_shade),))


@pytest.fixture
def with_toy(monkeypatch):
    """The program as it starts with this row in the table."""
    importlib.import_module("integrad.cli.export")  # the ordinary one, to come back to
    monkeypatch.setitem(TARGETS, "toy", TOY)
    monkeypatch.delattr(integrad.cli, "export")
    monkeypatch.delitem(sys.modules, "integrad.cli.export")


def test_it_exports(with_toy, toys, tmp_path):
    out = tmp_path / "out"
    result = run("export", toys["mlp"], "--target", "toy", "--shade", "dark", "--out", out, "--json", "-")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["files"] == [str(out / name) for name in ("toy/macs.txt", "toy/shade.bin", "made.txt")]
    assert (out / "toy/macs.txt").read_text() == f"{figures['macs']}\n"
    assert (out / "toy/shade.bin").read_bytes() == b"dark"
    assert "--target toy" in (out / "made.txt").read_text()


def test_the_help_lists_it(with_toy):
    text = " ".join(run("export", "--help").stdout.split())
    assert (
        "[c|micropython|" in text
        and "|toy]" in text
        and "toy: a text file" in text
        and "--shade SHADE Of the toy." in text
    )


@pytest.mark.parametrize(
    "options, words",
    [
        (["--target", "toy", "--shade", "pink"], "error: --shade pink: must be light or dark"),
        (["--shade", "dark"], "error: --shade requires --target toy"),
        (["--target", "toy", "--arch", "none"], "error: --arch requires --target micropython"),
        (["--target", "toy", "--part", "rp2040"], "error: --part cannot be combined with --target toy"),
    ],
)
def test_wrong_calls(with_toy, toys, tmp_path, options, words):
    assert fail("export", toys["mlp"], "--out", tmp_path / "out", *options) == (2, words)
    assert not (tmp_path / "out").exists()


def test_without_it_the_program_does_not_know_it(toys, tmp_path):
    status, line = fail("export", toys["mlp"], "--target", "toy", "--out", tmp_path)
    assert status == 2 and "'toy' is not one of 'c', 'micropython'" in line


def test_options_belong_to_their_targets():
    assert check_options(TARGETS["micropython"], {"arch": "none", "mip": None}) == {
        "arch": "none",
        "mip": None,
    }
    others = {"arch": None, "mip": None, "package_version": None}
    assert check_options(TARGETS["c"], others) == {"serial": None}
    with pytest.raises(UsageError, match=r"^--package-version requires --target cmake"):
        check_options(TARGETS["c"], {"package_version": "1.0.0"})
