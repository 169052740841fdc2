"""Packages from the command line: names that build systems refuse, folders that are taken."""

import json

import pytest
from click.testing import CliRunner
from package_folders import model

from integrad.cli import main
from integrad.export.writing import write_export
from integrad.model_file import save_model


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    path = tmp_path_factory.mktemp("calls") / "toy.model"
    save_model(model(), path)
    return path


def call(*words):
    result = CliRunner().invoke(main, ["export", *map(str, words)])
    lines = result.stderr.splitlines()
    return result.exit_code, lines[0] if lines else "", result.stdout


@pytest.mark.parametrize(
    "words, message",
    [
        (["--target", "make"], "'make' is not one of 'c', 'micropython', 'cmake'"),
        (["--target", "cmake", "--name", "runtime"], "name 'runtime': is what models share in a package"),
        (
            ["--target", "esp-idf", "--name", "a__b"],
            "name 'a__b': components of ESP-IDF have no _ at the end",
        ),
        (["--target", "esp-idf", "--name", "a_"], "name 'a_': components of ESP-IDF have no _ at the end"),
        (["--target", "cmsis-pack", "--name", "a" * 27], "choose a shorter --name"),
        (
            ["--target", "cmsis-pack", "--vendor", "a b"],
            "--vendor a b: must be 2 to 32 letters, digits and -",
        ),
        (["--target", "cmake", "--vendor", "ab"], "--vendor requires --target cmsis-pack"),
        (["--target", "zephyr", "--package-version", "1"], "--package-version 1: must be three numbers"),
        (["--package-version", "1.0.0"], "--package-version requires --target cmake or"),
    ],
)
def test_wrong_calls_have_one_line(toy, tmp_path, words, message):
    status, line, _ = call(toy, *words, "--out", tmp_path / "out")
    assert status == 2 and message in line and not (tmp_path / "out").exists()


def test_a_folder_holds_one_package(toy, tmp_path):
    out, options = tmp_path / "out", ("--target", "stm32cube", "--learn", "all", "--package-version", "2.0.1")
    status, _, shown = call(toy, *options, "--out", out)
    assert status == 0 and f"wrote {out}/Middlewares/Integrad/Runtime/integrad/" in shown.splitlines()
    marker = json.loads((out / "integrad.json").read_text())
    assert {name: marker[name] for name in ("target", "name", "version")} == {
        "target": "stm32cube", "name": "toy", "version": "2.0.1",
    }  # fmt: skip
    for words, found in ((("--target", "zephyr"), "toy"), (("--target", "stm32cube", "--name", "b"), "toy")):
        assert call(toy, *words, "--out", out)[:2] == (
            2, f"error: --out {out}: holds the stm32cube package of {found}; choose another folder",
        )  # fmt: skip
    for target in ("c", "arduino"):
        words = f"error: --out {out}: holds the stm32cube package of toy; choose another folder"
        assert call(toy, "--target", target, "--out", out)[:2] == (2, words)
    assert not (out / "toy.c").exists() and not (out / "toy").exists()
    same = {"integrad.json": json.dumps(marker | {"version": "2.1.0"})}
    assert write_export(out, same) == [out / "integrad.json"], "the same package may be written again"
    (out / "integrad.json").write_text("[]")
    words = f"error: --out {out}: has an integrad.json of something else; choose another folder"
    assert call(toy, *options, "--out", out)[:2] == (2, words)


def test_a_library_of_arduino_replaces_itself_only(toy, tmp_path):
    options = ("--target", "arduino", "--out", tmp_path)
    assert call(toy, *options)[0] == call(toy, *options)[0] == call(toy, *options, "--name", "b")[0] == 0
    assert call(toy, "--target", "cmake", "--name", "c", "--out", tmp_path / "c")[0] == 0
    words = f"error: --out {tmp_path}/c: holds the cmake package of c; choose another folder"
    assert call(toy, *options, "--name", "c")[:2] == (2, words)


def test_a_file_of_another_program_does_not_stop_an_export(toy, tmp_path):
    (tmp_path / "integrad.json").write_text('{"files": []}')
    assert call(toy, "--target", "c", "--out", tmp_path)[0] == 0
