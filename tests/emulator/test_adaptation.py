"""A device meets new samples, learns from some and meets the rest again, as the host does."""

import numpy as np
import pytest
from toy_models import make_model, make_samples

from integrad.emulator.adaptation import Tuning, adapt, split_for_tuning, tuning_steps
from integrad.emulator.boards import get_board
from integrad.emulator.device_model import DeviceModel
from integrad.emulator.session import Schedule
from integrad.errors import UsageError

SCHEDULE = Schedule(16)


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    return DeviceModel.generate(make_model("mlp:8"), tmp_path_factory.mktemp("device"), "all", 4)


@pytest.fixture(scope="module")
def firmware(device):
    return device.build(get_board("m4"))


def halves(count=24):
    x, y = make_samples((8, 8), count=count)
    return (x[: count // 2], y[: count // 2]), (x[count // 2 :], y[count // 2 :])


def test_a_split_takes_every_class_evenly_and_nothing_twice():
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(5), [30, 30, 30, 30, 4]))
    chosen, rest = split_for_tuning(labels, 44, seed=1)
    assert np.bincount(labels[chosen]).tolist() == [10, 10, 10, 10, 4]
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
    steps = tuning_steps(x, y, Tuning(epochs=3, batch_size=4, schedule=SCHEDULE))
    assert [len(step.samples) for step in steps] == [4, 4, 2] * 3
    epochs = [np.concatenate([step.samples for step in steps[i : i + 3]]) for i in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert not np.array_equal(epochs[0], epochs[1]) and not np.array_equal(epochs[1], epochs[2])
    assert all(np.array_equal(step.labels, step.samples % 3) for step in steps)


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


def test_one_wrong_score_is_a_difference(device, firmware, monkeypatch):
    genuine = DeviceModel.run_board

    def falsify(self, *arguments, **options):
        (logits, *others), result = genuine(self, *arguments, **options)
        return [logits ^ (np.arange(logits.size).reshape(logits.shape) == 3), *others], result

    monkeypatch.setattr(DeviceModel, "run_board", falsify)
    outcome = adapt(device, firmware, halves()[0])
    assert not outcome.equal_to_host and outcome.crc_device == outcome.crc_host
