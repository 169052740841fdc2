"""Files as people save them at first: plain integers, channels last, one later value that is larger."""

import numpy as np
import pytest

from integrad.datasets import load_dataset
from integrad.datasets.preprocessing import Preprocessing
from integrad.execute.adaptation import split_for_tuning

RNG = np.random.default_rng(3)


def test_small_bands_of_a_camera_are_channels_last(tmp_path):
    np.savez(tmp_path / "d.npz", x=RNG.integers(0, 255, (60, 3, 3, 4), np.uint8), y=np.arange(60) % 3)
    dataset = load_dataset(tmp_path / "d.npz")
    assert dataset.axes == "HWC" and dataset.input_shape == (4, 3, 3)


@pytest.mark.parametrize("dtype", [np.int64, np.int32])
def test_the_next_day_is_taken(tmp_path, dtype):
    x = RNG.integers(-100, 101, (100, 6)).astype(dtype)
    np.savez(tmp_path / "today.npz", x=x, y=np.arange(100) % 2)
    x[17, 3] = 150
    np.savez(tmp_path / "tomorrow.npz", x=x, y=np.arange(100) % 2)
    today, tomorrow = load_dataset(tmp_path / "today.npz"), load_dataset(tmp_path / "tomorrow.npz")
    preprocessing = Preprocessing.fit(today.x, today.axes)
    assert preprocessing.raw_dtype == "int16"
    assert preprocessing.raw(tomorrow.x)[17, 3] == 150


def test_tuning_leaves_samples_of_every_class():
    labels = np.repeat([0, 1], [295, 5])
    for count in (10, 40, 100, 200):
        tuned, test = split_for_tuning(labels, count, 0)
        assert len(tuned) == count and len(test) == 300 - count
        assert set(labels[tuned]) == set(labels[test]) == {0, 1}
    assert len(split_for_tuning(labels, 299, 0)[1]) == 1


def test_balanced_classes_are_tuned_on_evenly():
    labels = np.arange(100) % 4
    tuned, test = split_for_tuning(labels, 40, 1)
    assert np.bincount(labels[tuned]).tolist() == [10] * 4 and np.bincount(labels[test]).tolist() == [15] * 4
