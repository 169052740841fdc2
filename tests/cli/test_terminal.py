"""Commands on terminals and pipes that cannot encode every character."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from digits import write_npz

ENCODINGS = ("cp1252", "latin-1", "ascii")


def run(encoding, *arguments, status=0):
    """Standard output and standard error as bytes."""
    command = [sys.executable, "-m", "integrad", *map(str, arguments)]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    environment.pop("PYTHONUTF8", None)
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == status, done.stderr.decode(encoding, "replace")
    assert b"Traceback" not in done.stderr and b"unexpected" not in done.stderr
    return done.stdout, done.stderr


def test_tables_and_help():
    doctor = run("cp1252", "doctor")[0].decode("cp1252")
    assert "+-" in doctor or "|" in doctor, "tables in plain characters"
    run("ascii", "data")
    run("latin-1", "train", "--help")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_run_from_data_to_figures(encoding, tmp_path):
    data = write_npz(tmp_path / "toy.npz", shape=(8, 8), samples=120)
    model = tmp_path / "toy.model"
    arguments = ("train", data, "--model", "mlp:6", "--epochs", 2, "--validation", 0, "--out", model)
    output, errors = run(encoding, *arguments, "--json", "-")
    assert json.loads(output)["validation_accuracy"] is None
    assert b"not found" not in errors
    for command in ("info", "evaluate"):
        rest = (data,) if command == "evaluate" else ()
        run(encoding, command, model, *rest)
    run(encoding, "data", data)


def test_names_beyond_the_encoding(tmp_path):
    data = tmp_path / "d.npz"
    x = np.arange(48, dtype=np.int16).reshape(12, 4)
    np.savez(data, x=x, y=np.array(["é漢", "b", "c"])[np.arange(12) % 3])
    output, errors = run("latin-1", "data", data, "--json", "-")
    assert json.loads(output.decode("latin-1"))["classes"][-1]["name"] == "é漢"
    assert "é?" in errors.decode("latin-1")
    output, errors = run("utf-8", "data", data, "--json", "-")
    assert json.loads(output)["classes"][-1]["name"] == "é漢" and "é漢".encode() in output
    assert b"no such file" in run("ascii", "data", tmp_path / "é漢.npz", status=1)[1]


def test_files_are_utf_8_whatever_the_locale(tmp_path):
    rows = [f"{n % 2 + n / 100},{n},{['é漢', 'b'][n % 2]}\n" for n in range(60)]
    (tmp_path / "t.csv").write_text("größe,n,kind\n" + "".join(rows), encoding="utf-8")
    variables = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONIOENCODING"
    } | variables
    for arguments in (
        "train t.csv --label kind --model mlp:4 --epochs 1 --out t.model",
        "predict t.model t.csv --out p.csv",
        "export t.model --target c --out c",
        "export t.model --target micropython --out m",
    ):
        command = [sys.executable, "-m", "integrad", *arguments.split()]
        done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
    for name in ("p.csv", "c/t_weights.c", "m/t.py"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "é漢" in text or r"\303\251" in text, name
    assert "größe" in (tmp_path / "c/t.h").read_text(encoding="utf-8")
