"""integrad doctor on this computer and on one without any tools."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from integrad.targets.cores import CORES
from integrad.targets.families import FAMILIES

INTEGRAD = Path(sys.executable).parent / "integrad"


def call(tmp_path, path=None, hidden=()):
    """(status, standard error, JSON) of the doctor with another PATH, and with packages hidden."""
    program = "import sys, importlib.util, importlib.metadata as metadata\n"
    program += f"hidden = {list(hidden)!r}\n"
    program += """
find, version = importlib.util.find_spec, metadata.version
def hide(name):
    if name in hidden:
        raise metadata.PackageNotFoundError(name)
    return version(name)
importlib.util.find_spec = lambda name, *rest: None if name in hidden else find(name, *rest)
metadata.version = hide
if "torch" in hidden:
    sys.modules["torch"] = None
from integrad.cli import main
sys.argv[0] = "integrad"
main()
"""
    result = subprocess.run(
        [sys.executable, "-c", program, "doctor", "--json", "doctor.json"],
        cwd=tmp_path,
        env=None if path is None else {"PATH": path},
        capture_output=True,
        text=True,
    )
    return result, json.loads((tmp_path / "doctor.json").read_text())


def test_here_everything_works(tmp_path):
    result, report = call(tmp_path)
    assert result.returncode == 0 and not result.stderr
    assert all(tool["found"] for tool in report["tools"])
    assert [core["name"] for core in report["cores"]] == list(CORES)
    assert all(core["works"] for core in report["cores"])
    assert report["cores"][0]["engines"] == ["qemu", "unicorn"]
    assert [core["engines"] for core in report["cores"][-2:]] == [["qemu"], ["simavr"]]
    assert "instruction counter" in result.stdout and "works" in result.stdout
    engines = {engine["name"]: engine for engine in report["engines"]}
    assert list(engines) == ["native", "torch", "numpy"]
    assert all(engine["available"] for engine in engines.values())
    assert "PyTorch 2" in engines["torch"]["text"] and "exact products in" in engines["torch"]["text"]
    assert "float64" in engines["torch"]["text"] and "float64" in engines["numpy"]["text"]


def test_pip_alone_gives_five_cores(tmp_path):
    result, report = call(tmp_path, path="/nonexistent")
    assert result.returncode == 0
    assert [core["works"] for core in report["cores"]] == [True] * 5 + [False] * 3
    missing = {tool["name"]: tool["command"] for tool in report["tools"] if not tool["found"]}
    assert "apt-get install gcc-arm-none-eabi" in missing["arm-none-eabi-gcc"]
    assert "apt-get install qemu-system-arm" in missing["qemu-system-arm"]
    assert "apt-get install qemu-system-misc" in missing["qemu-system-riscv32"]
    assert missing["avr-gcc"] == "apt-get install gcc-avr avr-libc (as root)"
    assert missing["simavr"] == "apt-get install simavr (as root)"
    programs = {program for family in FAMILIES for program in (family.gcc, family.emulator)}
    assert set(missing) == {*programs, "host C compiler", "instruction counter"}
    native = report["engines"][0]
    assert not native["available"] and "C compiler" in native["text"]


def test_nothing_at_all_is_a_failure(tmp_path):
    result, report = call(tmp_path, path="/nonexistent", hidden=["ziglang", "unicorn", "matplotlib", "torch"])
    assert result.returncode == 1
    assert result.stderr.startswith("error: no core can be emulated here")
    assert "pip install 'integrad[emulator]'" in result.stderr
    assert not any(core["works"] for core in report["cores"])
    commands = {tool["name"]: tool["command"] for tool in report["tools"] if not tool["found"]}
    assert commands["matplotlib"] == "pip install 'integrad[plots]'"
    assert commands["unicorn"] == commands["ziglang"] == "pip install 'integrad[emulator]'"
    engines = {engine["name"]: engine for engine in report["engines"]}
    assert [name for name, engine in engines.items() if engine["available"]] == ["numpy"]
    assert engines["torch"]["text"] == "the torch engine requires PyTorch: pip install 'integrad[torch]'"


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_has_an_example(option):
    text = subprocess.run([INTEGRAD, "doctor", option], capture_output=True, text=True, check=True).stdout
    assert "Example:" in text and "integrad doctor" in text and "--json" in text
