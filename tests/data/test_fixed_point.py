"""Conversion of floats to int16 by a power of two that is chosen for the training samples."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from integrad.datasets.fixed_point import MAX_SHIFT, choose_shift, to_int16
from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import IntegradError

FLOATS = arrays.arrays(np.float64, (3, 2), elements=st.floats(-1e6, 1e6, allow_subnormal=False))


def slow(value: float, shift: int) -> int:
    """Exact: round half to even, saturate to ±32767."""
    return max(-32767, min(32767, round(Fraction(value) * Fraction(2) ** shift)))


@given(FLOATS)
def test_the_largest_value_just_fits(x):
    largest = max(abs(v) for v in x.ravel().tolist())
    assume(largest > 1e-9)
    shift = choose_shift(x)
    assert round(Fraction(largest) * Fraction(2) ** shift) <= 32767
    assert round(Fraction(largest) * Fraction(2) ** (shift + 1)) > 32767


@given(FLOATS, st.integers(-MAX_SHIFT, MAX_SHIFT))
def test_rounding_equals_exact_fractions(x, shift):
    assert to_int16(x, shift).ravel().tolist() == [slow(v, shift) for v in x.ravel().tolist()]


@pytest.mark.parametrize(
    ("largest", "shift"),
    [(0.0, 0), (1.0, 14), (0.9999, 15), (0.99999, 14), (32767, 0), (32767.5, -1), (-9.81, 11)],
)
def test_shift(largest, shift):
    assert choose_shift(np.array([[0.0, largest]])) == shift


@pytest.mark.parametrize("largest", [1e300, 1e-300, 5e-324])
def test_values_that_no_sensor_gives(largest):
    with pytest.raises(IntegradError, match=r"the largest value is .*; rescale x to around 1"):
        choose_shift(np.array([[largest]]))


def test_the_model_carries_the_shift():
    x = np.array([[0.5, -9.81], [1.5, 9.81]], np.float32)
    preprocessing = Preprocessing.fit(x, "F")
    assert (preprocessing.float_shift, preprocessing.raw_dtype, preprocessing.offset) == (11, "int16", 0)
    raw = preprocessing.raw(x)
    assert raw.dtype == np.int16 and raw.tolist() == [[1024, -20091], [3072, 20091]]
    assert preprocessing.apply(x).tolist() == [[-51, -51], [51, 51]]
    integers = Preprocessing.fit(raw, "F")
    np.testing.assert_array_equal(integers.apply(raw), preprocessing.apply(x))


@pytest.mark.filterwarnings("error")
def test_later_samples_saturate():
    preprocessing = Preprocessing.fit(np.array([[1.0], [-1.0]]), "F")
    assert preprocessing.raw(np.array([[1e308], [-np.inf]])).tolist() == [[32767], [-32767]]


def test_later_nan_is_refused():
    preprocessing = Preprocessing.fit(np.array([[1.0], [-1.0]]), "F")
    with pytest.raises(IntegradError, match="samples contain nan"):
        preprocessing.apply(np.array([[np.nan]]))


def test_a_model_of_floats_wants_floats():
    preprocessing = Preprocessing.fit(np.array([[1.0], [-1.0]]), "F")
    with pytest.raises(IntegradError, match="samples have type int64, but the model was trained on floats"):
        preprocessing.apply(np.array([[1]]))
