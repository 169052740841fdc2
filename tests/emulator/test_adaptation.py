"""On-device adaptation, with the same results as on the host."""

import numpy as np
import pytest
from toy_models import make_model, make_samples

from integrad.errors import UsageError
from integrad.execute.adaptation import Tuning, adapt, choose_stored, split_for_tuning, tuning_steps
from integrad.execute.device_model import DeviceModel
from integrad.learners.schedule import Schedule
from integrad.targets.cores import get_core

SCHEDULE = Schedule(16)


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    return DeviceModel.generate(make_model("mlp:8"), tmp_path_factory.mktemp("device"), "all", 4)


@pytest.fixture(scope="module")
def firmware(device):
    return device.build(get_core("m4"))


def halves(count=24):
    x, y = make_samples((8, 8), count=count)
    return (x[: count // 2], y[: count // 2]), (x[count // 2 :], y[count // 2 :])


def test_a_split_takes_every_class_evenly_leaves_one_of_each_and_nothing_twice():
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(5), [30, 30, 30, 30, 4]))
    chosen, rest = split_for_tuning(labels, 44, seed=1)
    assert np.bincount(labels[chosen]).tolist() == [11, 10, 10, 10, 3]
    assert sorted([*chosen, *rest]) == list(range(len(labels)))
    again, other = (split_for_tuning(labels, 44, seed)[0] for seed in (1, 2))
    assert np.array_equal(chosen, again) and not np.array_equal(chosen, other)


@pytest.mark.parametrize("count", [0, -1, 10, 11])
def test_a_split_leaves_something_to_evaluate(count):
    with pytest.raises(UsageError, match=f"--tune {count}: "):
        split_for_tuning(np.arange(10) % 2, count, 0)
    assert len(split_for_tuning(np.arange(10) % 2, 9, 0)[1]) == 1


def test_every_epoch_has_all_samples_in_a_new_order():
    x, y = np.arange(10), np.arange(10) % 3
    steps = tuning_steps((x, y), Tuning(epochs=3, batch_size=4, schedule=SCHEDULE))
    assert [len(step.samples) for step in steps] == [4, 4, 2] * 3
    epochs = [np.concatenate([step.samples for step in steps[i : i + 3]]) for i in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert not np.array_equal(epochs[0], epochs[1]) and not np.array_equal(epochs[1], epochs[2])
    assert all(np.array_equal(step.labels, step.samples % 3) for step in steps)


@pytest.mark.parametrize("batch, replayed", [(2, 1), (4, 1), (7, 1), (10, 2), (16, 4)])
def test_stored_samples_take_turns_in_every_batch(batch, replayed):
    fresh, stored = (np.arange(30), np.arange(30) % 3), (np.arange(100, 105), np.arange(100, 105) % 3)
    steps = tuning_steps(fresh, Tuning(4, batch, SCHEDULE), stored)
    new = [step.samples[step.samples < 100] for step in steps]
    old = [step.samples[step.samples >= 100] for step in steps]
    assert len(new[0]) == batch - replayed and all(len(part) == replayed for part in old)
    assert np.bincount(np.concatenate(new)).tolist() == [4] * 30
    counts = np.bincount(np.concatenate(old) - 100, minlength=5)
    assert counts.max() - counts.min() <= 1
    assert all(np.array_equal(step.labels, step.samples % 3) for step in steps)


def test_replay_has_its_own_order_and_a_seed_repeats_it():
    fresh, stored = (np.arange(9), np.zeros(9, int)), (np.arange(100, 120), np.zeros(20, int))

    def samples(seed, stored):
        return np.concatenate([s.samples for s in tuning_steps(fresh, Tuning(3, 4, SCHEDULE, seed), stored)])

    once, again, other = samples(1, stored), samples(1, stored), samples(2, stored)
    assert np.array_equal(once, again) and not np.array_equal(once, other)
    assert np.array_equal(once[once < 100], samples(1, None))
    assert np.array_equal(samples(1, (stored[0][:0], stored[1][:0])), samples(1, None))


def test_what_is_stored_is_even_over_the_classes():
    labels = np.repeat(np.arange(5), 60)
    assert np.bincount(labels[choose_stored(labels, 50, 4, seed=1)]).tolist() == [10] * 5
    assert len(choose_stored(labels, None, 4, 0)) == 100  # what is stored if nobody says
    assert len(choose_stored(labels[:7], None, 4, 0)) == 7
    assert len(choose_stored(labels, None, 1, 0)) == len(choose_stored(labels, 0, 1, 0)) == 0


@pytest.mark.parametrize(
    "count, batch, words",
    [(11, 4, "at most 10, the number of other training samples"), (3, 1, "--batch-size of at least 2")],
)
def test_what_cannot_be_stored(count, batch, words):
    with pytest.raises(UsageError, match=f"--replay {count}: .*{words}"):
        choose_stored(np.arange(10) % 2, count, batch, 0)


def test_without_tuning_nothing_changes(device, firmware):
    test, _ = halves()
    outcome = adapt(device, firmware, test)
    predicted = device.model.network.predict(device.model.preprocessing.apply(test[0]))
    assert outcome.before == (predicted == test[1]).mean() and outcome.after is None
    assert outcome.samples == 12 and outcome.equal_to_host
    assert outcome.crc_device == outcome.crc_host == device.model.network.weights_crc()


def test_tuning_is_what_the_host_does(device, firmware):
    test, tune = halves()
    tuning = Tuning(5, 4, SCHEDULE, seed=2)
    before = device.model.network.weights_crc()
    outcome = adapt(device, firmware, tune, tune, tuning)  # what it learns from, it knows better afterwards
    assert outcome.equal_to_host and outcome.crc_device == outcome.crc_host != before
    assert outcome.after > outcome.before
    assert device.model.network.weights_crc() == before
    assert adapt(device, firmware, test, tune, tuning).crc_device == outcome.crc_device


def test_replay_keeps_what_was_known(device, firmware):
    """New samples that contradict the old ones, which are forgotten without replay."""
    (x, y), stored = halves(48)
    contrary = x, (y + 1) % 5
    tuning = Tuning(12, 4, SCHEDULE)
    outcome = adapt(device, firmware, contrary, contrary, tuning, stored=stored, known=stored)
    assert outcome.equal_to_host and outcome.crc_device == outcome.crc_host
    without = adapt(device, firmware, contrary, contrary, tuning, known=stored)
    assert without.equal_to_host and outcome.known_before == without.known_before
    assert outcome.known_after > without.known_after


def test_one_wrong_score_is_a_difference(device, firmware, monkeypatch):
    genuine = DeviceModel.run_emulated

    def falsify(self, *arguments, **options):
        (logits, *others), result = genuine(self, *arguments, **options)
        return [logits ^ (np.arange(logits.size).reshape(logits.shape) == 3), *others], result

    monkeypatch.setattr(DeviceModel, "run_emulated", falsify)
    outcome = adapt(device, firmware, halves()[0])
    assert not outcome.equal_to_host and outcome.crc_device == outcome.crc_host
