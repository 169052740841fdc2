"""integrad verify --micropython: native modules are included, and differences are detected."""

import json
from dataclasses import replace

import pytest
from digits import run

from integrad.execute import micropython_session
from integrad.targets.cores import CORES, micropython_cores


def verify(model, *options):
    """(exit status, rows) of a run."""
    result = run("verify", model, "--micropython", *options, "--json", "-")
    assert "Traceback" not in result.output
    return result.exit_code, json.loads(result.stdout)["executors"]


HERE = ["MicroPython, native", "MicroPython, viper", "MicroPython, bytecode"]


@pytest.fixture
def without_firmware(monkeypatch):
    monkeypatch.setitem(CORES, "m3", replace(CORES["m3"], micropython=None))


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_all_that_runs_on_this_machine(toys, without_firmware, name):
    status, rows = verify(toys[name], "--core", "m3", "--steps", 50)
    assert status == 0 and [row["name"] for row in rows][-3:] == HERE
    assert len({(row["outputs_crc"], row["weights_crc"], row["error"]) for row in rows}) == 1


def test_sabotage_is_noticed(toys, without_firmware, monkeypatch):
    genuine = micropython_session.emit_module

    def wrong(*arguments, **options):
        files = genuine(*arguments, **options)
        name, old, new = "integrad/nitro.h", "INTEGRAD_TARGET = 32 ", "INTEGRAD_TARGET = 31 "
        assert old in files[name]
        return files | {name: files[name].replace(old, new)}

    monkeypatch.setattr(micropython_session, "emit_module", wrong)
    status, rows = verify(toys["mlp"], "--core", "m3", "--steps", 20)
    others = [row for row in rows if row["name"] != HERE[0]]
    (native,) = (row for row in rows if row["name"] == HERE[0])
    assert status == 1 and native["error"] is None
    assert all(native["weights_crc"] != row["weights_crc"] for row in others)


def test_what_is_missing_is_a_row(toys, without_firmware, monkeypatch):
    monkeypatch.setattr("integrad.emulate.micropython_unix.find_micropython", lambda: None)
    status, rows = verify(toys["mlp"], "--core", "m3", "--steps", 1)
    assert status == 1
    assert all(
        row["error"].endswith("is not installed; pip install 'integrad[micropython]'") for row in rows[-3:]
    )


@pytest.mark.firmware
def test_every_core_that_has_a_micropython(toys):
    status, rows = verify(toys["cnn"], "--steps", 50)
    assert status == 0
    found = [(row["name"].removeprefix("MicroPython, "), row["core"]) for row in rows]
    assert set(micropython_cores()) < set(CORES)
    for core in micropython_cores():
        name = CORES[core].product
        assert (f"native on {name}", core) in found and (f"viper on {name}", core) in found
    assert found[-1] == ("user C module on Cortex-M3", "m3")
    assert len(found) == 2 + len(CORES) + 3 + 2 * len(micropython_cores()) + 1
    assert len({(row["outputs_crc"], row["weights_crc"], row["error"]) for row in rows}) == 1
