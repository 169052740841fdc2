"""The bundled data sets: their contents, which must not change."""

from fractions import Fraction
from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrad.datasets import BUNDLED, load_dataset
from integrad.datasets.bundled import resample

SHA256 = {
    "magic-wand": "366e583ef77f2e3949b189feb6d84f37a960bafa06804a7928fe2c566e08252d",
    "spoken-digits": "5bcf0a68caddc147afaa77043d5d551ecd7ba5ebdb42e1197904eb326676468f",
}


@pytest.mark.parametrize("name", BUNDLED)
def test_data_is_what_results_were_measured_on(name):
    assert load_dataset(name).sha256 == SHA256[name]


@pytest.mark.parametrize("name", BUNDLED)
def test_attribution(name):
    notes = (resources.files("integrad.data") / "LICENSES.md").read_text(encoding="utf-8")
    assert BUNDLED[name].file in notes and BUNDLED[name].licence in notes


def test_spoken_digits():
    dataset = load_dataset("spoken-digits")
    assert dataset.x.shape == (3000, 32, 32) and dataset.x.dtype == np.uint8
    assert (dataset.axes, dataset.group, dataset.classes) == ("HW", "speaker", 10)
    speakers = dataset.keys["speaker"]
    assert np.unique(speakers).tolist() == ["george", "jackson", "lucas", "nicolas", "theo", "yweweler"]
    for speaker in np.unique(speakers):
        assert np.bincount(dataset.y[(speakers == speaker) & dataset.test]).tolist() == [5] * 10
        assert np.bincount(dataset.y[(speakers == speaker) & ~dataset.test]).tolist() == [45] * 10


def test_magic_wand():
    dataset = load_dataset("magic-wand")
    assert dataset.x.shape == (1000, 64, 2) and dataset.x.dtype == np.int16
    assert (dataset.axes, dataset.group, dataset.input_shape) == ("TC", None, (2, 1, 64))
    assert np.bincount(dataset.y[dataset.test]).tolist() == [20] * 10
    assert np.bincount(dataset.y[~dataset.test]).tolist() == [80] * 10
    assert np.abs(dataset.x.astype(int).sum(axis=1)).max() < 64  # every stroke is centred


def test_axes_of_a_bundled_set_can_be_changed():
    assert load_dataset("spoken-digits", "TC").input_shape == (32, 1, 32)


@given(st.lists(st.tuples(*[st.integers(-32768, 32767)] * 2), min_size=1, max_size=9), st.integers(2, 20))
def test_resampling_is_exact_interpolation_truncated(points, count):
    series = resample(np.array(points, np.int16), count)
    assert series.shape == (count, 2)
    for step in range(count):
        place = Fraction(step * (len(points) - 1), count - 1)
        before = int(place)
        after = min(before + 1, len(points) - 1)
        for axis in range(2):
            a, b = points[before][axis], points[after][axis]
            assert series[step, axis] == int(a + (b - a) * (place - before))


def test_resampling_to_the_same_length_changes_nothing():
    points = np.array([[1, -2], [3, 4], [-5, 6]], np.int16)
    np.testing.assert_array_equal(resample(points, 3), points)
