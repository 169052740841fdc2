"""The table of cores: its rows hold together, a new core is a new row, and no other file names cores."""

import ast
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from integrad.build.micropython_modules import ARCHITECTURES
from integrad.cli import main
from integrad.datasets.preprocessing import Preprocessing
from integrad.emulate.unicorn_devices import PORTS
from integrad.errors import IntegradError, UsageError
from integrad.estimate.prediction import predict
from integrad.model_file import Model, save_model
from integrad.network.network import Network
from integrad.targets.cores import (
    CORES,
    USUAL,
    USUAL_MICROPYTHON,
    core_of,
    get_core,
    get_micropython_core,
    micropython_cores,
    product_with_article,
)
from integrad.targets.machines import Machine
from integrad.targets.parts import find_part
from integrad.testing.machine_drivers import DRIVERS, machine_config
from integrad.training.specification import parse_spec
from integrad_codegen.plan import make_plan

ROOT = Path(__file__).resolve().parents[2]


def make_model():
    preprocessing = Preprocessing.fit(np.arange(160, dtype="uint8").reshape(10, 16), "F")
    network = Network((16,), 3, parse_spec("mlp:6", (16,)))
    network.initialise(np.random.default_rng(0))
    return Model(network, preprocessing, ["a", "b", "c"], {})


@pytest.mark.parametrize("core", CORES.values(), ids=CORES)
def test_rows_hold_together(core):
    assert get_core(core.name.upper()) is core and CORES[core.name] is core
    assert core_of(core.part) is core, "a core's part has that core"
    assert set(core.flags) == ({"gcc", "clang", "zig"} if core.family.helpers else {"gcc"})
    machine = core.machine
    assert core.memory_bytes(whole_machine=True) == (machine.flash_bytes, machine.ram_bytes)
    assert core.memory_bytes(whole_machine=False) == (core.part.flash_bytes, core.part.ram_bytes)
    assert core.part.flash_bytes <= machine.flash_bytes and core.part.ram_bytes <= machine.ram_bytes
    if core.micropython:
        assert ARCHITECTURES[core.micropython.architecture].floats == core.micropython.floats


def test_machines_with_drivers_have_a_serial_port():
    """One address for drivers and emulators, different ones of machines with different devices."""
    ports = {core.machine.name: core.machine.serial_port for core in CORES.values()}
    assert {name for name, port in ports.items() if port is not None} == set(DRIVERS)
    assert set(PORTS) < set(DRIVERS)
    for core in CORES.values():
        if core.machine.name in DRIVERS:
            line = f"#define BOARD_UART 0x{core.machine.serial_port:08X}u /* address of the serial port */"
            assert line in machine_config(core, None)


@pytest.mark.parametrize(
    "part, product",
    [("rp2040", "a Cortex-M0+"), ("esp32-c3", "an RV32IMC"), ("atmega328p", "an AVR")],
)
def test_products_in_sentences(part, product):
    assert product_with_article(find_part(part)) == product


def test_names():
    assert USUAL in CORES and USUAL_MICROPYTHON in micropython_cores()
    assert core_of(find_part("rp2040")).name == "m0"
    assert get_micropython_core("M3") is CORES["m3"]
    with pytest.raises(
        UsageError, match="MicroPython does not support core 'm55'; supported cores: m0, m3, m4, m7"
    ):
        get_micropython_core("m55")


def test_only_a_machine_with_memories_of_any_size_is_told_them():
    assert Machine("fixed").options(1, 2) == ["-M", "fixed"]
    assert CORES["m0"].machine_options(whole_machine=False) == [
        *("-M", "microbit"),
        *("-global", "nrf51-soc.flash-size=262144", "-global", "nrf51-soc.sram-size=32768"),
    ]


@pytest.fixture
def imagined(monkeypatch):
    """A Cortex-M4 without floating-point unit, which the table lacks: one row."""
    m4 = CORES["m4"]
    flags = {
        "gcc": ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=soft"),
        "clang": ("--target=thumbv7em-none-eabi", "-mcpu=cortex-m4", "-mfloat-abi=soft"),
        "zig": ("-target", "thumb-freestanding-eabi", "-mcpu=cortex_m4"),
    }
    part = replace(m4.part, name="IMAGINED", core="m4soft")
    core = replace(
        m4, name="m4soft", product="Cortex-M4 without FPU", part=part, flags=flags, micropython=None
    )
    monkeypatch.setitem(CORES, core.name, core)
    return core


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words], standalone_mode=True)


@pytest.mark.emulator
def test_a_new_core_is_one_row(imagined, tmp_path):
    save_model(make_model(), tmp_path / "toy.model")
    result = run("verify", tmp_path / "toy.model", "--core", "m4soft", "--steps", 2, "--json", "-")
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)["executors"]
    assert (rows[-1]["name"], rows[-1]["core"]) == ("C on Cortex-M4 without FPU", "m4soft")
    assert rows[-1]["weights_crc"] == rows[0]["weights_crc"]
    result = run("export", tmp_path / "toy.model", "--core", "m4soft", "--out", tmp_path / "c", "--json", "-")
    assert result.exit_code == 0 and "Memory on IMAGINED, bytes" in result.stderr
    assert json.loads(result.stdout)["instructions_per_inference"] > 0


@pytest.mark.emulator
def test_doctor_examines_a_new_core(imagined):
    rows = {row["name"]: row for row in json.loads(run("doctor", "--json", "-").stdout)["cores"]}
    assert rows["m4soft"]["works"] and rows["m4soft"]["part"] == "IMAGINED"


def test_code_that_was_not_measured_is_not_predicted(imagined):
    model = make_model()
    plan = make_plan(model.network, "model", "all", 2)
    with pytest.raises(IntegradError, match="code sizes on Cortex-M4 without FPU are unknown"):
        predict(model, plan, imagined)


NAMED = re.compile(r"m\d+\+?|Cortex-M\d+\+?|rv32|RV32IMC")
ELSEWHERE = {
    "host/integrad/targets/cores.py": "the table",
    "host/integrad/targets/timings.py": "the documents with the cycles of cores",
    "codegen/integrad_codegen/c/runtime.py": "folders of the runtime, some named after a core",
    "host/integrad/estimate/store_costs.py": "bytes of the weight store, which were measured for each core",
}


def literals(path):
    """Texts in a module that it computes with: docstrings and examples in them are for people."""
    tree = ast.parse(path.read_text())
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def test_no_other_file_names_cores():
    found = []
    for folder in ("host", "codegen"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if name not in ELSEWHERE:
                words = ((line, word) for line, text in literals(path) for word in re.split(r"[|,\s]+", text))
                found += [f"{name}:{line}: {word}" for line, word in words if NAMED.fullmatch(word)]
    for path in (*(ROOT / "templates").rglob("*.jinja"), *(ROOT / "device/micropython").rglob("*.mk")):
        found += [
            f"{path}: {word}" for word in path.read_text().split() if NAMED.fullmatch(word.strip("'\"="))
        ]
    assert not found, "\n".join(found)


def test_the_search_finds_names(tmp_path):
    (tmp_path / "sample.py").write_text('"""On m0."""\nNAMES = {"m4": 1}\nHELP = f"{1} on Cortex-M7, M0"\n')
    words = [word for _, text in literals(tmp_path / "sample.py") for word in re.split(r"[|,\s]+", text)]
    assert [word for word in words if NAMED.fullmatch(word)] == ["m4", "Cortex-M7"]
