"""integrad demo: its figures, its picture and what replay changes; with a network that hardly learnt."""

import json

import pytest
from digits import fail, run

import integrad.cli.demo as demo_verb
import integrad.execute.demonstration as demonstration
from integrad.datasets import load_dataset
from integrad.training.training_run import TrainingRun


@pytest.fixture(scope="module")
def model():
    holdout = ["speaker=george"]
    settings = {"epochs": 1, "threads": 1}
    return TrainingRun(load_dataset("spoken-digits"), "cnn:a4,c4,p4", settings, holdout).run().model


@pytest.fixture
def demo(model, tmp_path, monkeypatch):
    """demo(options…): its JSON and what it printed, soon."""
    monkeypatch.setattr(demo_verb, "train_without", lambda *_: model)
    monkeypatch.setattr(demonstration, "TUNING_EPOCHS", 1)

    def call(*options):
        path = tmp_path / "demo.json"
        result = run("demo", "--picture", tmp_path / "demo.png", "--json", path, *options)
        assert result.exit_code == 0, result.stderr
        return json.loads(path.read_text()), result.stdout

    return call


def test_it_meets_a_speaker_and_replays_what_it_knew(demo, tmp_path):
    figures, text = demo("--core", "m3")
    assert figures["crc_host"] == figures["crc_device"]
    assert figures["stored"] == 100 and figures["stored_bytes"] == 100 * (32 * 32 + 1)
    assert "and for 100 stored clips of known speakers, bytes" in text and "102,500" in text
    assert (tmp_path / "demo.png").read_bytes().startswith(b"\x89PNG")
    without, text = demo("--core", "m3", "--replay", 0)
    assert without["stored"] == without["stored_bytes"] == 0 and "stored" not in text
    assert without["crc_host"] == without["crc_device"] != figures["crc_device"]
    same = ("before", "known_before", "flash_bytes", "ram_bytes")
    assert [without[name] for name in same] == [figures[name] for name in same]


@pytest.mark.parametrize(
    "options, words",
    [
        (["--speaker", "nobody"], "--speaker nobody: unknown; known: george, jackson"),
        (["--replay", 99999], "--replay 99999: must be at most 2250"),
        (["--replay", -1], "'--replay': -1 is not in the range"),
    ],
)
def test_wrong_calls_are_noticed_before_training(monkeypatch, options, words):
    monkeypatch.setattr(demo_verb, "train_without", lambda *_: pytest.fail("trained"))
    status, line = fail("demo", *options)
    assert status == 2 and words in line
