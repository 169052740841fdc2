"""Loading valid files."""

import numpy as np
import pytest
from archives import samples, save

from integrad.datasets import load_dataset
from integrad.errors import IntegradError

X, Y = samples()


def load(tmp_path, axes=None, **arrays):
    return load_dataset(save(tmp_path / "d.npz", **arrays), axes)


def test_x_and_y(tmp_path):
    dataset = load(tmp_path, x=X, y=Y)
    assert dataset.name == str(tmp_path / "d.npz")
    np.testing.assert_array_equal(dataset.x, X)
    np.testing.assert_array_equal(dataset.y, Y)
    assert dataset.x.dtype == np.uint8 and dataset.y.dtype == np.int64
    assert dataset.class_names == ["0", "1", "2"]
    assert (dataset.keys, dataset.test, dataset.group, dataset.axes) == ({}, None, None, "F")
    assert len(dataset) == 12 and dataset.classes == 3 and dataset.sample_shape == (4,)


def test_every_further_array_of_one_value_a_sample_is_a_key(tmp_path):
    speakers = np.array(["ann", "bob"])[np.arange(12) % 2]
    dataset = load(
        tmp_path,
        x=X,
        y=Y,
        group=np.arange(12) // 4,
        speaker=speakers,
        code=speakers.astype("S"),
        mean=X.mean(axis=1),
        table=X,
        about="text",
    )
    assert sorted(dataset.keys) == ["code", "group", "speaker"]
    assert dataset.group == "group"
    np.testing.assert_array_equal(dataset.keys["speaker"], speakers)
    np.testing.assert_array_equal(dataset.keys["code"], speakers)
    assert dataset.ignored == ("about", "mean", "table")


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64])
def test_mask_of_test_samples(tmp_path, dtype):
    mask = np.arange(12) >= 9
    np.testing.assert_array_equal(load(tmp_path, x=X, y=Y, test=mask.astype(dtype)).test, mask)


def test_mask_that_marks_nothing_is_no_test_part(tmp_path):
    assert load(tmp_path, x=X, y=Y, test=np.zeros(12, bool)).test is None


def test_four_parts(tmp_path):
    dataset = load(
        tmp_path,
        x_train=X,
        y_train=Y.astype(np.uint8),
        x_test=X[:6] + 1,
        y_test=Y[:6],
        speaker_train=["ann"] * 12,
        speaker_test=["bartholomew"] * 6,
        lonely_train=Y,
    )
    np.testing.assert_array_equal(dataset.x, np.concatenate([X, X[:6] + 1]))
    np.testing.assert_array_equal(dataset.y, np.concatenate([Y, Y[:6]]))
    np.testing.assert_array_equal(dataset.test, np.arange(18) >= 12)
    assert dataset.keys["speaker"].tolist() == ["ann"] * 12 + ["bartholomew"] * 6
    assert dataset.ignored == ("lonely_train",)


@pytest.mark.parametrize("kind", ["U", "S"])
def test_text_labels_are_ranked(tmp_path, kind):
    dataset = load(tmp_path, x=X, y=np.array(["walk", "rest", "jump"])[Y].astype(kind))
    assert dataset.class_names == ["jump", "rest", "walk"]
    np.testing.assert_array_equal(dataset.y, np.array([2, 1, 0])[Y])


def test_class_names_order_text_labels(tmp_path):
    names = ["walk", "rest", "jump"]
    dataset = load(tmp_path, x=X, y=np.array(names)[Y], class_names=names)
    assert dataset.class_names == names
    np.testing.assert_array_equal(dataset.y, Y)


def test_class_names_of_integer_labels(tmp_path):
    assert load(tmp_path, x=X, y=Y, class_names=["a", "b", "c"]).class_names == ["a", "b", "c"]


@pytest.mark.parametrize("labels", [[1, 2, 3], [0, 5, 10], [-1, 0, 1], [7, 2**40, 2**50]])
def test_labels_with_gaps_keep_their_names(tmp_path, labels):
    dataset = load(tmp_path, x=X, y=np.array(labels)[Y])
    assert dataset.class_names == list(map(str, labels))
    np.testing.assert_array_equal(dataset.y, Y)
    named = load(tmp_path, x=X, y=np.array(labels)[Y], class_names=["a", "b", "c"])
    assert named.class_names == ["a", "b", "c"]


def test_integers_are_names(tmp_path):
    assert load(tmp_path, x=X, y=Y, class_names=np.array([10, 20, 30])).class_names == ["10", "20", "30"]


def test_booleans_are_labels(tmp_path):
    dataset = load(tmp_path, x=X, y=Y > 0)
    assert dataset.classes == 2
    np.testing.assert_array_equal(dataset.y, Y > 0)


@pytest.mark.parametrize(
    ("dtype", "low", "high", "kept"),
    [
        (bool, 0, 1, "uint8"),
        (np.uint8, 0, 9, "uint8"),
        (np.int8, 0, 9, "int8"),
        (np.int16, 0, 9, "int16"),
        (np.uint16, 0, 9, "uint16"),
        (">i2", -300, 300, "int16"),
        (np.int64, 0, 255, "int16"),
        (np.int64, -1, 127, "int16"),
        (np.int64, 0, 40000, "uint16"),
        (np.int32, -5, 5, "int16"),
        (np.uint32, 0, 5, "int16"),
        (np.uint32, 0, 65535, "uint16"),
        (np.uint64, 0, 65536, "int32"),
        (np.float16, 0, 1, "float64"),
        (np.float32, 0, 1, "float64"),
    ],
)
def test_dtype_that_is_kept(tmp_path, dtype, low, high, kept):
    x = np.full((12, 4), low, dtype)
    x[3] = high
    dataset = load(tmp_path, x=x, y=Y)
    assert dataset.x.dtype == kept and dataset.x.dtype.isnative
    np.testing.assert_array_equal(dataset.x, x)


def test_axes_can_be_given(tmp_path):
    assert load(tmp_path, "t", x=X, y=Y).axes == "T"


def test_axes_must_fit_the_sample(tmp_path):
    with pytest.raises(IntegradError, match="--axes HWC: samples of shape 4 require F or T"):
        load(tmp_path, "HWC", x=X, y=Y)


def test_digest_names_the_data(tmp_path):
    first = load(tmp_path, x=X, y=Y)
    assert first.sha256 == load(tmp_path, x=np.asfortranarray(X), y=Y.astype(np.int8), extra=Y).sha256
    for x, y in [
        (X + 1, Y),
        (X, (Y + 1) % 3),
        (X.reshape(12, 2, 2), Y),
        (X.astype(np.int16), Y),
    ]:
        assert first.sha256 != load(tmp_path, x=x, y=y).sha256


def test_digest_does_not_depend_on_the_byte_order_of_the_file(tmp_path):
    little = load(tmp_path, x=X.astype("<i2"), y=Y)
    assert little.sha256 == load(tmp_path, x=X.astype(">i2"), y=Y).sha256
