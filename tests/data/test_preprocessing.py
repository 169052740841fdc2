"""Normalisation, compared with a slow version in Python integers, and invalid descriptions."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from integrad.datasets import axes as layouts
from integrad.datasets.preprocessing import STATISTICS_SAMPLES, Preprocessing
from integrad.datasets.samples import RAW_DTYPES
from integrad.errors import IntegradError


def truncated(a: int, b: int) -> int:
    return abs(a) // b * (1 if a >= 0 else -1)


def slow_constants(x, layout):
    """Means and deviations of channels-first samples, value by value."""
    offset = 128 if x.dtype == np.uint8 else 0
    moved = layouts.channels_first(x, layout)
    means, deviations = [], []
    for channel in range(moved.shape[1]):
        values = [int(v) - offset for v in moved[:, channel].ravel()]
        means.append(truncated(sum(values), len(values)))
        deviations.append(max(1, truncated(sum(abs(v - means[-1]) for v in values), len(values))))
    return offset, means, deviations


def slow_inputs(x, layout, offset, means, deviations):
    moved = layouts.channels_first(x, layout)
    out = np.empty(moved.shape, np.int8)
    for index in np.ndindex(moved.shape):
        product = (int(moved[index]) - offset - means[index[1]]) * 51
        out[index] = max(-127, min(127, truncated(product, deviations[index[1]])))
    return out


@st.composite
def raw_samples(draw):
    layout = draw(st.sampled_from(layouts.LAYOUTS))
    shape = draw(st.tuples(st.integers(1, 6), *[st.integers(1, 4)] * len(layout)))
    dtype = np.dtype(draw(st.sampled_from(RAW_DTYPES)))
    limits = np.iinfo(dtype)
    extremes = st.sampled_from([int(limits.min), int(limits.max), 0])
    values = st.one_of(st.integers(int(limits.min), int(limits.max)), extremes)
    return draw(arrays.arrays(dtype, shape, elements=values)), layout


@settings(deadline=None, max_examples=300)
@given(raw_samples(), raw_samples())
def test_equals_the_slow_version(training, other):
    x, layout = training
    preprocessing = Preprocessing.fit(x, layout)
    offset, means, deviations = slow_constants(x, layout)
    assert (preprocessing.offset, list(preprocessing.mean)) == (offset, means)
    assert list(preprocessing.mad) == deviations
    raw = np.iinfo(preprocessing.raw_dtype)
    y = np.resize(np.clip(other[0].astype(np.int64), raw.min, raw.max).astype(x.dtype), (3, *x.shape[1:]))
    expected = slow_inputs(y, layout, offset, means, deviations)
    inputs = preprocessing.apply(y)
    assert inputs.dtype == np.int8 and inputs.shape == (3, *preprocessing.input_shape)
    np.testing.assert_array_equal(inputs, expected)


@given(raw_samples())
def test_description_survives_json(training):
    preprocessing = Preprocessing.fit(*training)
    text = json.dumps(preprocessing.describe())
    assert Preprocessing.from_description(json.loads(text)) == preprocessing


def test_a_known_case():
    x = np.array([[0, 10], [20, 10], [40, 10]], np.int16)
    preprocessing = Preprocessing.fit(x, "F")
    assert (preprocessing.mean, preprocessing.mad) == ((20, 10), (13, 1))
    assert preprocessing.apply(x).tolist() == [[-78, 0], [0, 0], [78, 0]]
    assert preprocessing.apply(np.array([[2000, 9]], np.int16)).tolist() == [[127, -51]]


def test_statistics_are_taken_of_the_first_25000():
    x = np.zeros((STATISTICS_SAMPLES + 5000, 2), np.int16)
    x[1:STATISTICS_SAMPLES:2] = 100
    x[STATISTICS_SAMPLES:] = 30000
    preprocessing = Preprocessing.fit(x, "T")
    assert (preprocessing.mean, preprocessing.mad) == ((50,), (50,))


def test_large_values_are_summed_exactly():
    x = np.full((3000, 2000), 2**31 - 1, np.int32)
    assert Preprocessing.fit(x, "T").mean == (2**31 - 1,)
    x[::2] = -(2**31)
    assert Preprocessing.fit(x, "T").mad == (2**31 - 1,)


def test_no_samples():
    preprocessing = Preprocessing.fit(np.zeros((1, 3), np.uint8), "F")
    assert preprocessing.apply(np.zeros((0, 3), np.uint8)).shape == (0, 3)


def test_an_axis_that_is_too_long_is_named():
    Preprocessing.fit(np.zeros((1, 65_536), np.int8), "F")
    with pytest.raises(
        IntegradError, match=r"x has shape \(1, 65537\), and an axis of a sample may have at most"
    ):
        Preprocessing.fit(np.zeros((1, 65_537), np.int8), "F")


def test_wider_integers_are_taken_if_they_fit():
    x = np.arange(12, dtype=np.uint8).reshape(4, 3)
    preprocessing = Preprocessing.fit(x, "F")
    np.testing.assert_array_equal(preprocessing.apply(x.astype(np.int64)), preprocessing.apply(x))
    assert preprocessing.raw(x.astype(np.int64)).dtype == np.uint8
    with pytest.raises(IntegradError, match="samples range from 0 to 256, but the model expects uint8"):
        preprocessing.apply(np.array([[0, 1, 256]]))


def test_samples_of_another_shape_or_kind():
    preprocessing = Preprocessing.fit(np.zeros((2, 4, 5), np.uint8), "HW")
    with pytest.raises(IntegradError, match=r"shape \(5, 4\), but the model was trained on \(4, 5\) \(HW\)"):
        preprocessing.apply(np.zeros((2, 5, 4), np.uint8))
    with pytest.raises(IntegradError, match="samples have type float64, but the model was trained on uint8"):
        preprocessing.apply(np.zeros((2, 4, 5)))


GOOD = {
    "axes": "TC",
    "raw_dtype": "int16",
    "raw_shape": [64, 2],
    "offset": 0,
    "mean": [-5, 7],
    "mad": [1, 900],
    "float_shift": None,
}

HOSTILE = [
    ("axes", [None, 1, "", "XY", "tc", ["TC"], {}, "HWC", "F"]),
    ("raw_dtype", [None, "int64", "float32", "O", "", 16, ["int16"], "uint8"]),
    (
        "raw_shape",
        [None, "64", 64, [], [64], [64, 2, 1], [64, 0], [64, -2], [64, 2.0], [True, 2], [64, 65537]],
    ),
    ("raw_shape", [[65536, 2**10], [[64], 2], {"0": 64}]),
    ("offset", [None, 1, 128, 0.0, "0", False, [0]]),
    (
        "mean",
        [None, 0, [], [0], [0, 0, 0], [0, 0.5], [0, "1"], [0, True], [0, 32768], [-32769, 0], [0, None]],
    ),
    ("mad", [None, 1, [1], [1, 0], [1, -3], [1, 65536], [1, 1.0], [1, True], [1, 10**400]]),
    ("float_shift", [65, -65, 1.0, "3", True, [1], 10**30]),
]


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, values in HOSTILE for v in values], ids=repr)
def test_hostile_field_is_named(field, value):
    Preprocessing.from_description(GOOD)
    with pytest.raises(IntegradError, match=r"^preprocessing: ") as caught:
        Preprocessing.from_description(GOOD | {field: value})
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "description", [None, [], "x", 3, {}, GOOD | {"more": 1}, {k: v for k, v in GOOD.items() if k != "mad"}]
)
def test_fields_must_be_exact(description):
    with pytest.raises(IntegradError, match="must have exactly the fields axes, raw_dtype, raw_shape"):
        Preprocessing.from_description(description)


def test_shift_is_for_int16_alone():
    description = GOOD | {"raw_dtype": "int32", "float_shift": 3}
    with pytest.raises(IntegradError, match="float_shift requires raw_dtype int16"):
        Preprocessing.from_description(description)


TEXT = st.text("TCHW01 int", max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(list(GOOD)), JSON))
def test_any_json_is_refused_or_makes_a_whole_description(changes):
    try:
        preprocessing = Preprocessing.from_description(GOOD | changes)
    except IntegradError:
        return
    assert Preprocessing.from_description(preprocessing.describe()) == preprocessing
