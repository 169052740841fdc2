"""integrad micropython: building, running, and error messages."""

import os
import shutil

import pytest
from digits import fail, run

from integrad.build.micropython_firmware import firmware_path
from integrad.emulate.faults import FirmwareError
from integrad.targets.cores import CORES


def test_a_script_gets_its_files_and_shows_its_output(tmp_path, monkeypatch):
    def answer(core, script, files, time_limit):
        return f"{core.micropython.architecture} {script} {sorted(files.items())} {time_limit}"

    monkeypatch.setattr("integrad.cli.micropython.run_firmware", answer)
    (tmp_path / "hello.py").write_text("print(1)")
    (tmp_path / "data.bin").write_bytes(b"\1")
    result = run("micropython", "run", tmp_path / "hello.py", tmp_path / "data.bin", "--core", "m0")
    assert result.exit_code == 0
    assert result.stdout == "armv6m print(1) [('data.bin', b'\\x01')] 600\n"


def test_a_traceback_follows_what_was_printed(tmp_path, monkeypatch):
    def stop(*arguments, **options):
        raise FirmwareError("exception", "Traceback: ZeroDivisionError", console="before")

    monkeypatch.setattr("integrad.cli.micropython.run_firmware", stop)
    (tmp_path / "hello.py").write_text("1 // 0")
    result = run("micropython", "run", tmp_path / "hello.py")
    assert (result.exit_code, result.stdout) == (1, "before\n")
    assert result.stderr == "error: Traceback: ZeroDivisionError\n"


@pytest.mark.parametrize(
    "arguments, status, words",
    [
        (
            ["build", "--core", "m33"],
            2,
            "MicroPython does not support core 'm33'; supported cores: m0, m3, m4, m7",
        ),
        (["run", "nothing.py"], 1, "nothing.py: No such file or directory"),
        (["build", "--json", "/nowhere/b.json"], 2, "the folder does not exist: /nowhere"),
    ],
)
def test_wrong_calls(arguments, status, words):
    found = fail("micropython", *arguments)
    assert found[0] == status and words in found[1]


def test_a_script_that_is_no_text(tmp_path):
    (script := tmp_path / "hello.py").write_bytes(b"\xffprint(1)")
    status, line = fail("micropython", "run", script)
    assert (status, line) == (2, f"error: {script}: byte 0 is not valid UTF-8; scripts must be UTF-8 text")


def test_sources_that_change_under_their_name_are_built_anew(tmp_path, monkeypatch):
    """If a source tree changes, firmware that was built before is not reused."""
    monkeypatch.setenv("INTEGRAD_MICROPYTHON", str(tmp_path))
    source, beside = tmp_path / "py/vm.c", tmp_path / "docs/index.rst"
    for path in (source, beside, tmp_path / "tools/mpy_ld.py", tmp_path / "py/__pycache__/x.pyc"):
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text("")
    core = CORES["m3"]
    first = firmware_path(core)
    beside.write_text("changed")
    (tmp_path / "py/__pycache__/y.pyc").write_text("left by a build")
    assert firmware_path(core) == first
    source.write_text("changed")
    second = firmware_path(core)
    os.utime(source, (1, 1))
    third = firmware_path(core)
    source.rename(source.with_name("emit.c"))
    assert len({first, second, third, firmware_path(core)}) == 4


@pytest.mark.parametrize("missing", ["arm-none-eabi-gcc", "make"])
def test_a_missing_tool_is_named(tmp_path, monkeypatch, missing):
    here = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == missing else here(name))
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/mpy_ld.py").write_text("")
    monkeypatch.setenv("INTEGRAD_MICROPYTHON", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    status, line = fail("micropython", "build", "--core", "m3")
    assert status == 1 and f"building MicroPython requires {missing}; apt-get install" in line


def test_help_has_examples():
    assert "integrad micropython build" in run("micropython", "--help").stdout
    assert "integrad micropython run hello.py" in run("micropython", "run", "--help").stdout
