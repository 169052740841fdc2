"""Checkpoints: a resumed run ends like an uninterrupted one."""

import json
import struct
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toy import make_parts, make_run

from integrad import __version__
from integrad.errors import IntegradError, UsageError
from integrad.network.network import Network
from integrad.tensor_file import read_tensors, write_tensors
from integrad.training import checkpoint, checkpoint_writer
from integrad.training.history import Epoch
from integrad.training.progress import Silent
from integrad.training.specification import parse_spec
from integrad.training.trainer import Trainer, TrainingInterrupted

PARTS = make_parts()
BATCHES = 13
"""Steps in an epoch of 205 samples with batches of 16."""


@pytest.fixture(scope="module")
def undisturbed():
    trainer, network = make_run()
    return trainer.fit(network, *PARTS), network.weights_crc()


class InterruptAfter(Silent):
    def __init__(self, trainer, batches):
        self.trainer, self.left = trainer, batches

    def batch(self, position):
        self.left -= 1
        if self.left == 0:
            self.trainer.interrupt()


def interrupt(path, batches, resume=False, **changes):
    trainer, network = make_run(**changes)
    with pytest.raises(TrainingInterrupted):
        trainer.fit(
            network, *PARTS, progress=InterruptAfter(trainer, batches), checkpoint=path, resume=resume
        )


@pytest.mark.parametrize("batches", [1, 7, BATCHES - 1, BATCHES, BATCHES + 1, 3 * BATCHES, 8 * BATCHES])
def test_resuming_gives_the_same_bits_and_history(tmp_path, undisturbed, batches):
    path = tmp_path / "run.checkpoint"
    interrupt(path, batches)
    trainer, network = make_run(seed=1)
    network.initialise(np.random.default_rng(77))  # whatever stands there is replaced
    history = trainer.fit(network, *PARTS, checkpoint=path, resume=True)
    assert network.weights_crc() == undisturbed[1]
    assert history.epochs == undisturbed[0].epochs
    assert history.best_epoch == undisturbed[0].best_epoch


@pytest.mark.parametrize("by", ["batch", "sample"])
@pytest.mark.parametrize("batches", [1, 7, BATCHES, 2 * BATCHES + 5])
def test_resuming_goes_on_with_the_draws_of_augmentation(tmp_path, by, batches):
    images = tuple(part.reshape(-1, 1, 4, 4) if part.ndim == 2 else part for part in PARTS)

    def start():
        trainer = Trainer(epochs=4, seed=1, augment_crop=2, augment_flip=1, augment_by=by)
        network = Network((1, 4, 4), 3, parse_spec("mlp:12,x10,8", (1, 4, 4)))
        network.initialise(trainer.rng)
        return trainer, network

    trainer, whole = start()
    history = trainer.fit(whole, *images)
    path = tmp_path / "run.checkpoint"
    trainer, network = start()
    with pytest.raises(TrainingInterrupted):
        trainer.fit(network, *images, progress=InterruptAfter(trainer, batches), checkpoint=path)
    trainer, network = start()
    resumed = trainer.fit(network, *images, checkpoint=path, resume=True)
    assert network.weights_crc() == whole.weights_crc()
    assert resumed.epochs == history.epochs


def test_resuming_many_times(tmp_path, undisturbed):
    path = tmp_path / "run.checkpoint"
    interrupt(path, 5)
    for _ in range(6):
        interrupt(path, 9, resume=True)
    trainer, network = make_run()
    trainer.fit(network, *PARTS, checkpoint=path, resume=True)
    assert network.weights_crc() == undisturbed[1]


def test_schedule_and_warnings_survive(tmp_path):
    changes = {"patience": 2, "stop_patience": 7, "epochs": 60, "spec": "mlp:12"}
    trainer, network = make_run(**changes)
    whole = trainer.fit(network, *PARTS)
    path = tmp_path / "run.checkpoint"
    interrupt(path, 4 * BATCHES + 3, **changes)
    interrupt(path, 4 * BATCHES, resume=True, **changes)
    trainer, again = make_run(**changes)
    history = trainer.fit(again, *PARTS, checkpoint=path, resume=True)
    assert history.epochs == whole.epochs and history.stopped == whole.stopped
    assert again.weights_crc() == network.weights_crc()


def test_an_annealed_run_is_resumed(tmp_path):
    changes = {"schedule": "annealed", "last_learning_rate_inv": 1000}
    trainer, undisturbed = make_run(**changes)
    whole = trainer.fit(undisturbed, *PARTS)
    path = tmp_path / "run.checkpoint"
    interrupt(path, 4 * BATCHES + 3, **changes)
    for other, words in (
        ({}, "a run with schedule annealed, not plateau; repeat"),
        (changes | {"last_learning_rate_inv": 999}, "last_learning_rate_inv 1000, not 999; repeat"),
        (changes | {"epochs": 9}, "epochs 8, not 9; repeat"),
    ):
        trainer, network = make_run(**other)
        with pytest.raises(UsageError, match=words) as caught:
            trainer.fit(network, *PARTS, checkpoint=path, resume=True)
        assert "\n" not in str(caught.value)
    trainer, cut = make_run(**changes | {"epochs": 4})  # nothing is left to train, and the run can go on
    assert trainer.fit(cut, *PARTS, checkpoint=path, resume=True).epochs == whole.epochs[:4]
    trainer, again = make_run(**changes)
    assert trainer.fit(again, *PARTS, checkpoint=path, resume=True).epochs == whole.epochs
    assert again.weights_crc() == undisturbed.weights_crc()


def test_a_checkpoint_without_a_schedule_has_the_usual_one(tmp_path):
    path = tmp_path / "run.checkpoint"
    interrupt(path, 5)
    document, tensors = read_tensors(path, "integrad-checkpoint", 1)
    document = {k: v for k, v in document.items() if k not in ("format", "version")}
    del document["identity"]["schedule"], document["identity"]["last_learning_rate_inv"]
    write_tensors(path, "integrad-checkpoint", 1, document, tensors)
    trainer, network = make_run(schedule="annealed")
    with pytest.raises(UsageError, match="a run with schedule plateau, not annealed"):
        trainer.fit(network, *PARTS, checkpoint=path, resume=True)
    trainer, network = make_run()
    trainer.fit(network, *PARTS, checkpoint=path, resume=True)


def test_drawing_evenly_in_the_first_half_depends_on_the_number_of_epochs(tmp_path):
    path = tmp_path / "run.checkpoint"
    interrupt(path, 5, balance=2)
    trainer, network = make_run(balance=2, epochs=9)
    with pytest.raises(UsageError, match="a run with epochs 8, not 9; repeat"):
        trainer.fit(network, *PARTS, checkpoint=path, resume=True)


@pytest.mark.parametrize("balance, batches", [(1, 4 * BATCHES + 3), (2, BATCHES + 2), (2, 4 * BATCHES + 3)])
def test_a_budget_of_steps_is_resumed(tmp_path, balance, batches):
    changes = {"steps": 90, "halvings": 3, "keep": "last", "balance": balance}
    trainer, network = make_run(**changes)
    whole = trainer.fit(network, *PARTS)
    path = tmp_path / "run.checkpoint"
    interrupt(path, batches, **changes)
    trainer, again = make_run(**changes)
    assert trainer.fit(again, *PARTS, checkpoint=path, resume=True).epochs == whole.epochs
    assert again.weights_crc() == network.weights_crc()


def test_short_epochs_are_not_all_saved(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(checkpoint_writer, "save_checkpoint", lambda *arguments: saved.append(arguments))
    trainer, network = make_run(epochs=6)
    trainer.fit(network, *PARTS, checkpoint=tmp_path / "run.checkpoint")
    assert len(saved) == 2  # after the first epoch and at the end


def test_every_epoch_is_saved_and_a_finished_run_can_go_on(tmp_path, undisturbed, monkeypatch):
    monkeypatch.setattr(checkpoint_writer, "EPOCH_SECONDS", 0)
    monkeypatch.setattr(checkpoint_writer, "SHARE", 0)
    path = tmp_path / "run.checkpoint"
    seen = []

    class Watch(Silent):
        def batch(self, position):
            if path.exists():
                seen.append(len(read_tensors(path, "integrad-checkpoint", 1)[0]["epochs"]))

    trainer, network = make_run(epochs=3)
    trainer.fit(network, *PARTS, progress=Watch(), checkpoint=path)
    assert sorted(set(seen)) == [1, 2]
    trainer, network = make_run()
    trainer.fit(network, *PARTS, checkpoint=path, resume=True)
    assert network.weights_crc() == undisturbed[1]


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"batch_size": 32}, "a run with batch_size 16, not 32"),
        ({"learning_rate_inv": 99}, "a run with learning_rate_inv 128, not 99"),
        ({"decay_inv": 7}, "decay_inv 0, not 7"),
        ({"seed": 2}, "seed 1, not 2"),
        ({"learn": "output"}, "learn all, not output"),
        ({"augment_by": "batch"}, "augment_by sample, not batch"),
        ({"halvings": 2}, "halvings 0, not 2"),
        ({"keep": "last"}, "keep best, not last"),
        ({"spec": "mlp:11"}, "a run with different network"),
    ],
)
def test_another_run_is_not_continued(tmp_path, changes, words):
    path = tmp_path / "run.checkpoint"
    interrupt(path, 5)
    trainer, network = make_run(**changes)
    with pytest.raises(UsageError) as caught:
        trainer.fit(network, *PARTS, checkpoint=path, resume=True)
    assert str(caught.value).startswith(str(path)) and words in str(caught.value)


def test_a_run_of_another_version_is_not_continued(tmp_path, monkeypatch):
    path = tmp_path / "run.checkpoint"
    interrupt(path, 5)
    monkeypatch.setattr("integrad.training.trainer.__version__", "99.0")
    trainer, network = make_run()
    with pytest.raises(UsageError, match=f"was written by integrad {__version__}, but this is 99.0"):
        trainer.fit(network, *PARTS, checkpoint=path, resume=True)


def test_other_data_is_not_continued_on(tmp_path):
    path = tmp_path / "run.checkpoint"
    interrupt(path, 5)
    trainer, network = make_run()
    x = PARTS[0].copy()
    x[0, 0] ^= 1
    with pytest.raises(UsageError, match="a run with different data"):
        trainer.fit(network, x, *PARTS[1:], checkpoint=path, resume=True)


def test_no_checkpoint(tmp_path):
    trainer, network = make_run()
    with pytest.raises(UsageError, match=r"none: there is no checkpoint to resume"):
        trainer.fit(network, *PARTS, checkpoint=tmp_path / "none", resume=True)
    (tmp_path / "text").write_text("not a checkpoint")
    with pytest.raises(IntegradError, match="truncated or not"):
        trainer.fit(network, *PARTS, checkpoint=tmp_path / "text", resume=True)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("checkpoint") / "good.checkpoint"
    interrupt(path, 2 * BATCHES + 4)
    return path


def resume_damaged(path):
    """Resuming must be rejected and must not change the network."""
    trainer, network = make_run()
    crc = network.weights_crc()
    with pytest.raises(IntegradError) as caught:
        trainer.fit(network, *PARTS, checkpoint=path, resume=True)
    text = str(caught.value)
    assert text.startswith(f"{path}: ") and "\n" not in text
    assert network.weights_crc() == crc


@pytest.mark.parametrize(
    "change",
    [
        {"rng": None},
        {"rng": {"bit_generator": "MT19937"}},
        {"rng": {"bit_generator": "PCG64", "state": {"state": -1, "inc": 2**200}}},
        {"epochs": None},
        {"epochs": [{"number": 1}]},
        {"epochs": [3]},
        {"epochs": []},
        {"refine": {}},
        {"stop": 3},
        {"watch": {"threshold": "many"}},
        {"best_score": [1]},
        {"best_epoch": 99},
        {"position": -3},
        {"position": 1.5},
        {"position": 10**9},
        {"loss": "much"},
        {"learning_rate_inv": 0},
        {"learning_rate_inv": 11_184_811},
        {"seconds": "long"},
        {"seconds": -1},
        {"step_seconds": 10**400},
        {"finished": 3},
        {"warnings": "none"},
        {"identity": 3},
    ],
)
def test_damaged_documents(tmp_path, good, change):
    document, tensors = read_tensors(good, "integrad-checkpoint", 1)
    document = {k: v for k, v in document.items() if k not in ("format", "version")}
    path = tmp_path / "damaged.checkpoint"
    write_tensors(path, "integrad-checkpoint", 1, document | change, tensors)
    resume_damaged(path)


@pytest.mark.parametrize(
    "name, array",
    [
        ("order", np.zeros(205, np.int64)),
        ("order", np.arange(204)),
        ("order", np.arange(205).reshape(5, 41)),
        ("now/output.weights", np.zeros((3, 8), np.int32)),
        ("now/output.weights", np.full((3, 8), -32768, np.int16)),
        ("best/output.weights", np.zeros((8, 3), np.int16)),
        ("best/unknown", np.zeros(3, np.int16)),
        ("now/block1.head", None),
        ("best/block1.head", None),
    ],
)
def test_damaged_tensors(tmp_path, good, name, array):
    document, tensors = read_tensors(good, "integrad-checkpoint", 1)
    document = {k: v for k, v in document.items() if k not in ("format", "version")}
    tensors.pop(name, None)
    if array is not None:
        tensors[name] = array
    path = tmp_path / "damaged.checkpoint"
    write_tensors(path, "integrad-checkpoint", 1, document, tensors)
    resume_damaged(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes(tmp_path, good, data):
    """Damage of the header is rejected or harmless."""
    content = bytearray(good.read_bytes())
    end = 8 + struct.unpack("<Q", content[:8])[0]
    content[data.draw(st.integers(0, end - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.checkpoint"
    path.write_bytes(content)
    trainer, network = make_run(epochs=3)
    try:
        trainer.fit(network, *PARTS, checkpoint=path, resume=True)
    except IntegradError as error:
        assert "\n" not in str(error)


def test_a_failed_save_keeps_the_checkpoint_before(tmp_path, monkeypatch):
    path = tmp_path / "run.checkpoint"
    interrupt(path, 2 * BATCHES)
    before = path.read_bytes()
    trainer, network = make_run()

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("integrad.files._write_through", fail)
    with pytest.raises(IntegradError, match="No space left on device; the old file is unchanged"):
        trainer.fit(network, *PARTS, checkpoint=path, resume=True)
    assert path.read_bytes() == before


def test_the_document_holds_no_float_but_time(good):
    def floats(value, where=""):
        if isinstance(value, float):
            yield where
        items = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, item in items:
            yield from floats(item, f"{where}/{key}")

    document, _ = read_tensors(good, "integrad-checkpoint", 1)
    assert set(floats(json.loads(json.dumps(document)))) == {"/seconds", "/step_seconds"}


def test_a_flipped_bit_of_the_weights_is_found(tmp_path, good):
    content = bytearray(good.read_bytes())
    content[-1 - len(content) // 8] ^= 1
    path = tmp_path / "damaged.checkpoint"
    path.write_bytes(content)
    resume_damaged(path)


def test_many_epochs(tmp_path, monkeypatch):
    """They are stored in a tensor, and a run goes on from it with the same bits and history."""
    changes = {"spec": "mlp:12", "epochs": 6}
    path = tmp_path / "run.checkpoint"
    monkeypatch.setattr(checkpoint, "MOST_RECORDS", 1)
    for validation in (PARTS, PARTS[:2]):
        trainer, network = make_run(**changes)
        whole = trainer.fit(network, *validation)
        trainer, cut = make_run(**changes)
        with pytest.raises(TrainingInterrupted):
            progress = InterruptAfter(trainer, 4 * BATCHES + 3)
            trainer.fit(cut, *validation, progress=progress, checkpoint=path)
        document, tensors = read_tensors(path, "integrad-checkpoint", 2)
        assert document["version"] == 2 and document["epochs"] == []
        assert tensors["epochs"].shape[0] == 4
        trainer, again = make_run(**changes)
        assert trainer.fit(again, *validation, checkpoint=path, resume=True).epochs == whole.epochs
        assert again.weights_crc() == network.weights_crc()
    for rows in (tensors["epochs"][:, 1:], tensors["epochs"] - 2, tensors["epochs"][1:]):
        fields = {k: v for k, v in document.items() if k not in ("format", "version")}
        write_tensors(path, "integrad-checkpoint", 2, fields, tensors | {"epochs": rows})
        trainer, again = make_run(**changes)
        with pytest.raises(IntegradError, match="is damaged"):
            trainer.fit(again, *PARTS[:2], checkpoint=path, resume=True)


def test_a_checkpoint_of_many_epochs_is_small_and_can_be_read(tmp_path):
    trainer, network = make_run(spec="mlp:12", epochs=300_000)
    state = trainer._new_state(PARTS[1], PARTS[3])
    identity = trainer._identity(network, list(PARTS))
    epoch = Epoch(1, 205, 2**40, 200, 51, 2**40, 45, 1024, 900_000)
    state.epochs = [replace(epoch, number=number) for number in range(1, 30_001)]
    state.best, state.best_score, state.best_epoch = network.arrays(), (1, -1), 1
    path = tmp_path / "run.checkpoint"
    checkpoint.save_checkpoint(path, identity, network, state)
    assert path.stat().st_size < 30_000 * 80
    expected, state.epochs = state.epochs, []
    checkpoint.load_checkpoint(path, identity, network, state, 205)
    assert state.epochs == expected


def test_writing_takes_a_small_share_of_the_time(tmp_path, monkeypatch):
    """Slow writes, as of a long history, become rare, but a minute is the most that a killed run loses."""
    now, saved = [0.0], []
    monkeypatch.setattr(checkpoint_writer.time, "monotonic", lambda: now[0])

    def save(*arguments):
        saved.append(now[0])
        now[0] += duration

    monkeypatch.setattr(checkpoint_writer, "save_checkpoint", save)
    state = SimpleNamespace(seconds=0.0, settle=lambda: None)
    engine = SimpleNamespace(fetch=lambda: None, network=None)
    for duration, longest in ((0.001, 5), (1, 20), (10, 60)):
        writer = checkpoint_writer.CheckpointWriter(tmp_path, {}, engine, state)
        saved.clear()
        for _ in range(1000):
            now[0] += 0.5
            writer.save_after_epoch()
        gaps = np.diff(saved)
        assert len(saved) > 5 and gaps.min() >= longest and gaps.max() <= longest + 0.5 + duration
