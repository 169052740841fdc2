"""integrad export --target micropython: the documented folder, its modules, and wrong usage."""

import json
import os
import shutil

import pytest
from digits import fail, run

from integrad.build.micropython_modules import installed_architectures
from integrad.emulate.micropython_unix import run_unix
from integrad.model_file import load_model

CORES = ("armv6m", "armv7m", "armv7emsp", "armv7emdp", "rv32imc")


def export(model, out, *options):
    """Path → contents of a run that must succeed."""
    result = run("export", model, "--target", "micropython", "--out", out, *options, "--json", "-")
    assert result.exit_code == 0, result.stderr
    written = {os.path.relpath(path, out) for path in json.loads(result.stdout)["files"]}
    files = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert written == set(files)
    return files


@pytest.fixture(scope="module")
def exported(toys, tmp_path_factory):
    return export(toys["cnn"], tmp_path_factory.mktemp("exported"), "--learn", "last:1", "--batch-size", 4)


def test_the_folder(exported):
    compiled = {f"native/{name}/_cnn.mpy" for name in (*CORES, "x64")}
    sources = {"cnn.c", "cnn.h", "integrad/kernels.h", "cnn_module.c", "checksum.c", "checksum.h"}
    usermod = {f"usermod/_cnn/{name}" for name in sources | {"micropython.mk", "micropython.cmake"}}
    assert compiled | usermod | {"usermod/manifest.py", "cnn.weights", "cnn.py"} <= set(exported)


def test_no_weight_stands_in_the_modules(toys, exported):
    weights = load_model(toys["cnn"]).network.arrays()["block2.weights"]
    assert weights.tobytes() in exported["cnn.weights"]
    row = weights[0].tobytes()
    assert len(row) >= 16
    assert not any(row in data for name, data in exported.items() if name.endswith((".mpy", ".c", ".h")))


def test_it_classifies_as_the_model_does(toys, exported):
    model, samples = load_model(toys["cnn"]), toys["samples"][:20]
    script = """
import cnn
m = cnn.Model("cnn.weights")
with open("samples", "rb") as file:
    print([m.predict(file.read(24)) for _ in range(20)])
"""
    files = {"_cnn.mpy": exported["native/x64/_cnn.mpy"], "samples": samples.tobytes()}
    files |= {name: exported[name] for name in ("cnn.py", "cnn.weights")}
    expected = model.network.predict(model.preprocessing.apply(samples)).tolist()
    assert json.loads(run_unix(script, files)) == expected


def test_architectures_can_be_chosen(toys, tmp_path):
    def built(*options):
        return {n for n in export(toys["mlp"], tmp_path / options[-1], *options) if n.endswith(".mpy")}

    assert built("--arch", "none") == set()
    assert built("--arch", "armv6m,x64") == {"native/armv6m/_mlp.mpy", "native/x64/_mlp.mpy"}


def test_without_a_compiler_its_modules_are_left_out(toys, tmp_path, monkeypatch):
    here = shutil.which
    monkeypatch.setattr(
        shutil, "which", lambda name: None if "-none-" in name or "-unknown-" in name else here(name)
    )
    files = export(toys["mlp"], tmp_path)
    assert [name for name in files if name.endswith(".mpy")] == ["native/x64/_mlp.mpy"]


def test_where_gcc_compiles_for_another_machine_its_module_is_left_out(toys, tmp_path, monkeypatch):
    (gcc := tmp_path / "gcc").write_text("#!/bin/sh\necho aarch64-linux-gnu\n")
    gcc.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert installed_architectures() == list(CORES)
    files = export(toys["mlp"], tmp_path / "o")
    assert {name for name in files if name.endswith(".mpy")} == {f"native/{name}/_mlp.mpy" for name in CORES}
    status, line = fail(
        "export", toys["mlp"], "--target", "micropython", "--arch", "x64", "--out", tmp_path / "p"
    )
    assert status == 1
    assert line == "error: x64 requires a gcc for x86_64; the installed one is for aarch64-linux-gnu"


@pytest.mark.parametrize("options", [["--arch", "bogus"], ["--arch", "none"], ["--mip", "1.0"]])
def test_its_options_belong_to_it(toys, tmp_path, options):
    status, line = fail("export", toys["mlp"], "--target", "c", "--out", tmp_path / "o", *options)
    assert status == 2 and not (tmp_path / "o").exists()
    assert line == f"error: {options[0]} requires --target micropython"


@pytest.mark.parametrize("installed", [False, True])
def test_the_esp32_takes_part_where_its_compiler_is(monkeypatch, tmp_path, installed):
    """With kernels in portable C. No package manager has that compiler, so no module is built with it."""
    if installed:
        (tmp_path / "xtensa-esp32-elf-gcc").write_text("#!/bin/sh\n")
        (tmp_path / "xtensa-esp32-elf-gcc").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert ("xtensawin" in installed_architectures()) == installed


@pytest.mark.parametrize(
    "options, status, words",
    [
        (["--arch", "avr"], 2, "unknown architecture 'avr'; known architectures: armv6m, armv7m"),
        (
            ["--arch", "xtensawin"],
            1,
            "xtensawin requires xtensa-esp32-elf-gcc, which is not installed; Espressif's",
        ),
        (["--arch", ""], 2, "unknown architecture ''"),
    ],
)
def test_wrong_calls(toys, tmp_path, monkeypatch, options, status, words):
    here = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name.startswith("xtensa") else here(name))
    found = fail("export", toys["mlp"], "--target", "micropython", "--out", tmp_path / "o", *options)
    assert found[0] == status and words in found[1]
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("variable, words", [("missing", "tools/mpy_ld.py is missing"), ("", "apt-get")])
def test_sources_that_are_not_there(toys, tmp_path, monkeypatch, variable, words):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("INTEGRAD_MICROPYTHON", variable)
    here = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "apt-get" else here(name))
    call = ("export", toys["mlp"], "--target", "micropython", "--arch", "x64", "--out", tmp_path / "o")
    status, line = fail(*call)
    assert status == (2 if variable else 1) and words in line and "INTEGRAD_MICROPYTHON" in line
