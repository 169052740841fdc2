"""Names of files with odd characters, and standard output that cannot be written."""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest
from digits import run, write_npz

from integrad.cli import main

NAMES = ['it\'s "q" $(x)`y`;&| [red]x %s{}', "new\nline", "größe漢", "\udcff\udcfe", "b" * 200, ".."]
"""One of them is no text, but bytes that no encoding has."""

EXPORTED = NAMES[0], NAMES[3]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_any_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_npz(tmp_path / "toy.npz", samples=24)
    shutil.move("toy.npz", data := f"./{name}.npz")
    (tmp_path / "sub").mkdir()
    model, out = f"sub/../{name}.model", f"./{name}.json"
    options = ("--model", "mlp:4", "--epochs", 1, "--engine", "numpy", "--out", model, "--json", out)
    for command in (
        ("train", data, *options),
        ("predict", model, data, "--out", f"{name}.csv", "--json", "-"),
        ("info", model, "--learn", "all", "--arena", f"{name}.html"),
    ):
        result = run(*command)
        assert result.exit_code == 0, result.output
        output = result.stdout_bytes.decode(errors="surrogateescape")
        if command[0] == "predict":
            assert json.loads(output)["file"] == f"{name}.csv"
        else:
            assert name in output
    assert json.loads((tmp_path / out).read_bytes())["epochs"] == 1
    found = {".npz", ".model", ".json", ".csv", ".html"}
    assert set(os.listdir()) == {name + ending for ending in found} | {"sub"}
    if name in EXPORTED:
        assert run("export", model, "--out", "sub").exit_code == 0
        assert any(file.endswith("_weights.c") for file in os.listdir("sub"))


@pytest.mark.parametrize(
    "words",
    [
        ("evaluate", "a\nb.model", "spoken-digits"),
        ("train", "a\r\nb.csv", "--model", "mlp:3", "--out", "a.model"),
        ("train", "spoken-digits", "--model", "mlp:3", "--out", "a\nb/c.model"),
        ("evaluate", "a.model", "b", "c\nd"),
    ],
)
def test_an_error_about_a_name_of_two_lines_is_one_line(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(words, prog_name="integrad")
    first, *rest = capsys.readouterr().err.splitlines()
    assert ended.value.code in (1, 2) and first.startswith("error: ") and "?" in first
    assert rest in ([], ["See: integrad evaluate --help"])


def test_a_leading_dash(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.move(write_npz(tmp_path / "toy.npz", samples=24), "-toy.npz")
    assert run("data", "--", "-toy.npz").exit_code == 0


@pytest.mark.parametrize("output", ["full", "pipe", "closed"])
def test_output_that_nobody_reads(output, tmp_path):
    words = [sys.executable, "-m", "integrad", "data", write_npz(tmp_path / "toy.npz", samples=24)]
    redirect = {"full": ">/dev/full", "pipe": "| true", "closed": ">&- <&-"}[output]
    script = f'sleep 0; ("$@"; echo "status $?" >&2) {redirect}'
    done = subprocess.run(["sh", "-c", script, "sh", *words], capture_output=True, text=True)
    lines = {"full": ["error: standard output: No space left on device", "status 1"]}
    lines |= {"pipe": ["status 1"], "closed": ["status 0"]}
    assert done.stderr.splitlines() == lines[output]


def test_sigterm_ends_a_command_in_order(tmp_path):
    """Python's clean-up runs, such as that of temporary folders."""
    code = """
import os, signal, tempfile
from integrad.cli import main
import integrad.cli.data as data

def wait(*arguments):
    with tempfile.TemporaryDirectory() as folder:
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()

data.load_dataset = wait
main(["data", "toy.npz"])
"""
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "") and not os.listdir(tmp_path)
