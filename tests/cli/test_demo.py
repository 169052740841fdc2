"""integrad demo: bits, figures, plot and the effect of replay."""

import json
import re
import sys

import pytest
from digits import fail, run

import integrad.cli.demo as demo_command
import integrad.execute.demonstration as demonstration
from integrad.datasets import load_dataset
from integrad.training.progress import Silent

CRC = "664df0ff"
"""Of the weights that the demo without options ends with, as README.md shows it. As with the recorded bits of
tests/parity/recorded.py, nothing but a deliberate change of the arithmetic may move it."""


@pytest.fixture(scope="module")
def model():
    """Trained as in the demonstration, once for all tests."""
    setup = demonstration.SETUPS[0]
    return demonstration.train_without(load_dataset("spoken-digits"), "george", setup, 0, Silent())


@pytest.fixture
def demo(model, tmp_path, monkeypatch):
    """demo(options…): its JSON and what it printed."""
    monkeypatch.setattr(demo_command, "train_without", lambda *_: model)

    def call(*options):
        path = tmp_path / "demo.json"
        result = run("demo", "--picture", tmp_path / "demo.png", "--json", path, *options)
        assert result.exit_code == 0, result.stderr
        return json.loads(path.read_text()), result.stdout

    return call


def test_it_meets_a_speaker_and_replays_what_it_knew(demo, tmp_path, monkeypatch):
    figures, text = demo()
    assert figures["crc_host"] == figures["crc_device"] == CRC
    assert figures["stored"] == 100 and figures["stored_bytes"] == 100 * (32 * 32 + 1)
    for what in ("100 clips of george", "100 stored clips for replay"):
        assert re.search(rf"{what} +│ +102,500 │", text)
    assert f"{figures['flash_bytes'] + 205_000:,}" in text
    assert (tmp_path / "demo.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr(demonstration, "TUNING_EPOCHS", 1)
    without, text = demo("--replay", 0)
    assert without["stored"] == without["stored_bytes"] == 0 and "stored" not in text
    assert without["crc_host"] == without["crc_device"] != figures["crc_device"]
    same = ("before", "known_before", "flash_bytes", "ram_bytes")
    assert [without[name] for name in same] == [figures[name] for name in same]


@pytest.mark.parametrize("module", ["matplotlib.figure", "compiler"])
def test_missing_tools_are_noticed_before_training(monkeypatch, module):
    monkeypatch.setattr(demo_command, "train_without", lambda *_: pytest.fail("trained"))
    if module == "compiler":
        monkeypatch.setattr("integrad.build.toolchain._find_gcc", lambda family: None)
        monkeypatch.setattr("integrad.build.toolchain._find_zig", lambda family: None)
    else:
        monkeypatch.setitem(sys.modules, module, None)
    status, line = fail("demo")
    assert status == 1 and "pip install 'integrad[" in line


@pytest.mark.parametrize(
    "options, words",
    [
        (["--speaker", "nobody"], "--speaker nobody: unknown speaker; choose from george, jackson"),
        (["--replay", 99999], "--replay 99999: must be at most 2250"),
        (["--replay", -1], "'--replay': -1 is not in the range"),
    ],
)
def test_wrong_calls_are_noticed_before_training(monkeypatch, options, words):
    monkeypatch.setattr(demo_command, "train_without", lambda *_: pytest.fail("trained"))
    status, line = fail("demo", *options)
    assert status == 2 and words in line
