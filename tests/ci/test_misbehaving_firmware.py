"""Firmware that hangs, faults, floods its port: each fails one test, with a text that names the cause."""

import re
from pathlib import Path

import pytest

from integrad.emulate import qemu_command
from integrad.errors import IntegradError
from integrad.targets.cores import get_core
from integrad.testing import application, dut

pytest_plugins = "pytester"

SOURCE = Path(__file__).parent / "programs/misbehaving.c"
SETTINGS = f"""
[tool.integrad]
sources = ["{SOURCE}"]
cores = ["m3"]
instructions = "3 M"
scope = "module"
"""
TESTS = """
import pytest

def test_well(dut, costs):
    dut.write("pp")
    one, two = costs.of_regions(lambda: dut.expect("pong\\r\\npong\\r\\n"))
    assert 0 < one == two < 20

def test_silent(dut):
    dut.expect("anything")

def test_hang(dut):
    dut.write("s")
    dut.expect("anything")

def test_garbage(dut):
    dut.write("g")
    dut.expect("value: .*")

def test_garbage_is_no_frame(dut):
    dut.write("g")
    dut.read_frame()

@pytest.mark.parametrize("integrad_instructions", ["30 G"], indirect=True)
def test_flood(dut):
    dut.write("o")
    dut.expect("anything")

def test_fault(dut):
    dut.write("f")
    dut.expect("anything")

def test_double_fault(dut):
    dut.write("d")
    dut.expect("anything")

def test_sleep(dut):
    dut.write("w")
    dut.expect("anything")

@pytest.mark.parametrize("integrad_defines", [["RESTARTS"]], indirect=True)
def test_restarts(dut):
    dut.expect("anything")

@pytest.mark.parametrize("integrad_ready", ["ready"], indirect=True)
def test_never_ready(dut):
    pass

def test_works_after_all_that(dut):
    dut.write("p")
    dut.expect_exact("pong\\r\\n")
"""
EXPECTED = (
    "*expected 'anything' from Cortex-M3 in QEMU, but it executed 3,000,00? instructions, the limit of *",
    "*place: main (pc 0x*",
    "* test_hang?m3? *",
    "*place: spin, called by main (pc 0x*",
    "* test_garbage?m3? *",
    "*expected 'value: .?' from *",
    "*received: 3,000 bytes, the last lines:",
    "* test_garbage_is_no_frame?m3? *",
    "*expected a frame with a correct CRC (* pieces between zero bytes were none) from *",
    "* test_flood?m3-30 G? *",
    "*but it sent *,??? bytes and did not stop sending",
    "* test_fault?m3? *",
    "*but it faulted: access to an address without memory 0xa0000000 in read_missing_memory*",
    "*registers: * r2=a0000000 *",
    "* test_double_fault?m3? *",
    "*but it locked up: a fault *",
    "* test_sleep?m3? *",
    "*but it sleeps in sleep_for_good+0x*, and nothing wakes it",
    "* test_restarts?m3-integrad_defines0? *",
    "*but it restarted 20 times without any input",
    "*  | start",
)


def test_each_fails_alone_and_names_the_cause(pytester, kept_objects, monkeypatch):
    monkeypatch.setattr(dut, "MOST_BYTES", 60_000)
    pytester.makepyprojecttoml(SETTINGS)
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_inprocess("-c", "pyproject.toml", "-p", "no:pytest_embedded")
    result.assert_outcomes(passed=2, failed=9, errors=1)
    result.stdout.fnmatch_lines(EXPECTED)
    result.stdout.fnmatch_lines(["expected 'ready' from Cortex-M3 in QEMU, but it executed 3,000,00? instr*"])


def test_a_missing_emulator_is_named(kept_objects, monkeypatch):
    monkeypatch.setattr(qemu_command, "find_qemu", lambda family: None)
    for core, instead in (
        ("m3", ", or pip install 'integrad[emulator]' and emulator = \"unicorn\""),
        ("rv32", ""),
    ):
        with pytest.raises(IntegradError, match=f"is not installed; apt-get [^,]*{re.escape(instead)}$"):
            qemu_command.machine_command(None, get_core(core), Path())


def test_a_missing_compiler_is_named(pytester, kept_objects, monkeypatch):
    def find(name, family):
        raise IntegradError("no compiler for Arm; apt-get install gcc-arm-none-eabi, or pip install ziglang")

    monkeypatch.setattr(application, "find_toolchain", find)
    pytester.makepyprojecttoml(SETTINGS)
    pytester.makepyfile("def test_one(dut): pass\ndef test_two(dut): pass\ndef test_other(): pass\n")
    result = pytester.runpytest_inprocess("-c", "pyproject.toml", "-p", "no:pytest_embedded")
    result.assert_outcomes(passed=1, errors=2)
    lines = result.outlines
    assert lines.count("no compiler for Arm; apt-get install gcc-arm-none-eabi, or pip install ziglang") == 2
    assert not [line for line in lines if "Traceback" in line or "fixtures.py" in line]
