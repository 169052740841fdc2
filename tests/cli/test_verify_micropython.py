"""integrad verify --micropython: native modules take part, and are noticed when they differ."""

import json

import pytest
from digits import run

from integrad.emulator import micropython_session
from integrad.emulator.boards import BOARDS
from integrad.emulator.micropython_boards import MICROPYTHON_BOARDS


def verify(model, *options):
    """(exit status, rows) of a run."""
    result = run("verify", model, "--micropython", *options, "--json", "-")
    assert "Traceback" not in result.output
    return result.exit_code, json.loads(result.stdout)["executors"]


@pytest.fixture
def without_firmware(monkeypatch):
    monkeypatch.setattr("integrad.emulator.verification.MICROPYTHON_BOARDS", {})


@pytest.mark.parametrize("name", ["mlp", "cnn"])
def test_the_module_on_this_machine(toys, without_firmware, name):
    status, rows = verify(toys[name], "--core", "m3", "--steps", 50)
    assert status == 0 and [row["name"] for row in rows][-1] == "MicroPython, native"
    assert len({(row["outputs_crc"], row["weights_crc"], row["error"]) for row in rows}) == 1


def test_sabotage_is_noticed(toys, without_firmware, monkeypatch):
    genuine = micropython_session.emit_module

    def wrong(*arguments, **options):
        files = genuine(*arguments, **options)
        assert "TARGET = 32," in files["model.c"]
        return files | {"model.c": files["model.c"].replace("TARGET = 32,", "TARGET = 31,")}

    monkeypatch.setattr(micropython_session, "emit_module", wrong)
    status, (*others, native) = verify(toys["mlp"], "--core", "m3", "--steps", 20)
    assert status == 1 and native["error"] is None
    assert all(native["weights_crc"] != row["weights_crc"] for row in others)


def test_what_is_missing_is_a_row(toys, without_firmware, monkeypatch):
    monkeypatch.setattr("integrad.emulator.micropython_unix.find_micropython", lambda: None)
    status, rows = verify(toys["mlp"], "--core", "m3", "--steps", 1)
    assert status == 1
    assert rows[-1]["error"].endswith("is not installed; pip install 'integrad[micropython]'")


@pytest.mark.firmware
def test_every_core_that_has_a_micropython(toys):
    status, rows = verify(toys["cnn"], "--steps", 50)
    assert status == 0
    emulated = [row["core"] for row in rows if row["name"].startswith("MicroPython")]
    assert emulated == ["host", *MICROPYTHON_BOARDS] and set(MICROPYTHON_BOARDS) < set(BOARDS)
    assert len({(row["outputs_crc"], row["weights_crc"], row["error"]) for row in rows}) == 1
