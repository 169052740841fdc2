"""The arithmetic, compared with definitions in unbounded Python integers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrad import arithmetic
from integrad.arithmetic import (
    FLOAT64_DIVIDEND,
    INT16_WEIGHT_LIMIT,
    INT32_LIMIT,
    SLOPES,
    bit_width,
    initial_bound,
    isqrt,
    psto,
    rdiv2,
    requantise,
    saturate,
    tdiv,
    weight_limit,
)

INT64_LIMIT = 2**63 - 1


def truncated(a, b):
    """a / b without its fraction."""
    return abs(a) // b * (1 if a >= 0 else -1)


def near(*centres):
    """Integers around limits, where rounding errors would occur first."""
    return st.sampled_from(centres).flatmap(lambda centre: st.integers(centre - 1000, centre + 1000))


divisors = st.one_of(
    st.integers(1, 300), st.integers(1, 2**40), near(2**20 + 1, 2**31 + 1000, 2**40, 2**52, 2**53)
)
wide = st.one_of(
    st.integers(-INT64_LIMIT, INT64_LIMIT),
    st.integers(-(2**31), 2**31 - 1),
    near(0, 2**31, 2**52, -(2**52), 2**53, -(2**53)),
)


@given(wide, divisors)
def test_tdiv_of_integers(a, b):
    assert tdiv(a, b) == truncated(a, b)


@given(st.lists(wide, max_size=5), divisors)
def test_tdiv_of_arrays(values, b):
    result = tdiv(np.array(values, np.int64), b)
    assert result.dtype == np.int64
    assert result.tolist() == [truncated(a, b) for a in values]


@given(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=5), divisors)
def test_tdiv_of_32_bits(values, b):
    result = tdiv(np.array(values, np.int32), b)
    assert result.dtype == np.int32
    assert result.tolist() == [truncated(a, b) for a in values]


@given(st.lists(st.tuples(wide, divisors), min_size=1, max_size=5))
def test_tdiv_by_arrays(pairs):
    a, b = (np.array(column, np.int64) for column in zip(*pairs, strict=True))
    assert tdiv(a, b).tolist() == [truncated(*pair) for pair in pairs]


@given(
    st.integers(2, 2**26), st.integers(2**25, 2**52), st.sampled_from([-1, 0, 1]), st.sampled_from([-1, 1])
)
def test_tdiv_next_to_multiples(b, limit, distance, sign):
    """The hardest dividends of float64: the largest multiple of b below 2^52, and its neighbours."""
    a = sign * ((min(limit, FLOAT64_DIVIDEND) - 2) // b * b + distance)
    assert tdiv(np.array([a]), b).tolist() == [truncated(a, b)]


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.uint8, np.int32])
def test_tdiv_of_every_narrow_dtype(dtype):
    limits = np.iinfo(dtype)
    a = np.array([limits.min, limits.min + 1, 0, limits.max - 1, limits.max], dtype)
    for b in (1, 2, 3, 127, int(limits.max)):
        assert tdiv(a, b).tolist() == [truncated(int(v), b) for v in a]


def test_tdiv_of_every_int8_by_every_small_divisor():
    a = np.arange(-128, 128)
    for b in range(1, 130):
        assert tdiv(a, b).tolist() == [truncated(v, b) for v in a.tolist()]


def test_tdiv_does_not_floor():
    assert (tdiv(-7, 2), tdiv(7, 2), -7 // 2) == (-3, 3, -4)


@pytest.mark.parametrize("b", [0, -1, np.array([3, 0]), np.array([-2])])
def test_tdiv_refuses_divisors_that_are_not_positive(b):
    with pytest.raises(ValueError, match="positive"):
        tdiv(np.array([1, 2][: np.size(b)]), b)


@given(wide, st.integers(0, 2**40))
def test_saturate(a, limit):
    expected = sorted([-limit, a, limit])[1]
    assert saturate(a, limit) == expected
    assert saturate(np.array([a]), limit).tolist() == [expected]


def test_saturate_keeps_the_dtype():
    for dtype in (np.int8, np.int16, np.int32, np.int64):
        assert saturate(np.array([-100, 100], dtype), 5).dtype == dtype


@given(st.one_of(st.integers(0, 10**6), st.integers(0, 2**80)))
def test_isqrt(n):
    assert isqrt(n) == math.isqrt(n)


def test_isqrt_around_squares():
    for root in [*range(1, 300), 2**16, 2**31, 2**32 + 1]:
        assert [isqrt(root**2 + d) for d in (-1, 0, 1)] == [root - 1, root, root]
    with pytest.raises(ValueError):
        isqrt(-1)


@given(st.one_of(st.integers(1, 2000), st.integers(1, INT32_LIMIT // 127)))
def test_weight_limit_is_the_largest_that_fits_32_bits(fan_in):
    limit = weight_limit(fan_in)
    assert 127 * fan_in * limit <= INT32_LIMIT
    assert limit == INT16_WEIGHT_LIMIT or 127 * fan_in * (limit + 1) > INT32_LIMIT
    assert limit <= INT16_WEIGHT_LIMIT


def test_weight_limit_flips_where_it_should():
    border = INT32_LIMIT // (127 * INT16_WEIGHT_LIMIT)
    assert weight_limit(border) == INT16_WEIGHT_LIMIT
    assert weight_limit(border + 1) < INT16_WEIGHT_LIMIT
    assert weight_limit(784) == 21_568


def test_the_widest_weight_splits_into_two_signed_digits():
    assert INT16_WEIGHT_LIMIT == 256 * 127 + 127
    for w in (-INT16_WEIGHT_LIMIT, -32_512, -129, -128, 0, 127, 128, INT16_WEIGHT_LIMIT):
        high = (w + 128) // 256
        assert -127 <= high <= 127 and -128 <= w - 256 * high <= 127


# Fan-in → bound, of published runs (alpha_inv 4); 9 would give 101, but 64 is the most.
INITIAL_BOUNDS = {
    9: 64, 27: 60, 50: 43, 100: 30, 200: 21, 512: 13, 784: 10, 1024: 9, 1152: 9, 2048: 6, 2304: 6,
    3000: 5, 3072: 5, 3584: 5, 4096: 4, 4608: 4,
}  # fmt: skip


@pytest.mark.parametrize("fan_in", INITIAL_BOUNDS)
def test_initial_bound(fan_in):
    assert initial_bound(fan_in, SLOPES[4].gain) == INITIAL_BOUNDS[fan_in]


def test_slopes_follow_from_their_definitions():
    """One mean of the published table, at 16, is not what the formula gives, and stays as published."""
    assert set(SLOPES) == {3, 4, 5, 7, 8, 10, 15, 16, 20}
    for alpha_inv, slope in SLOPES.items():
        gain = 1000 * math.sqrt(2 / (1 + alpha_inv**-2))
        assert abs(slope.gain - gain) <= 1
        mean = (-(127 // alpha_inv) - 127 // (2 * alpha_inv) + 63 + 127) // 4
        assert slope.mean == (44 if alpha_inv == 16 else mean)


def test_errors_do_not_wrap():
    assert arithmetic.ERROR_LIMIT == 127 + 32 == 159


# (a, s) → published results, clipped to int8; negative numbers mirror them.
PSTO = {(13, 3): 1, (1000, 4): 63, (77, 5): 3, (301, 1): 127, (4095, 5): 127}
NEAREST = {(12, 3): 2, (11, 3): 1, (5, 1): 3, (1020, 3): 127}


def plain_rdiv2(a, s):
    if s <= 0 or s >= 31:
        return a if s <= 0 else 0
    m = (abs(a) + 2 ** (s - 1)) // 2**s
    return m if a >= 0 else -m


def plain_psto(a, s):
    """The bits of the discarded fraction as a string: the front half against the back half."""
    if s <= 0 or s >= 31:
        return a if s <= 0 else 0
    fraction = format(abs(a) % 2**s, f"0{s}b")
    front, back = int(fraction[: s - s // 2], 2), int(fraction[s - s // 2 :] or "0", 2)
    m = abs(a) // 2**s + (front > back * (2 if s % 2 else 1))
    return m if a >= 0 else -m


@pytest.mark.parametrize("vectors, function", [(PSTO, psto), (NEAREST, rdiv2)])
def test_published_roundings(vectors, function):
    for (a, s), expected in vectors.items():
        assert saturate(function(a, s), 127) == expected == -saturate(function(-a, s), 127)
        found = saturate(function(np.array([a, -a], np.int32), s), 127)
        assert found.tolist() == [expected, -expected] and found.dtype == np.int32


@pytest.mark.parametrize("function, plain", [(psto, plain_psto), (rdiv2, plain_rdiv2)])
@given(a=st.lists(st.integers(-INT32_LIMIT, INT32_LIMIT), min_size=1), s=st.integers(-2, 40))
def test_roundings_against_definitions(function, plain, a, s):
    expected = [plain(n, s) for n in a]
    assert [function(n, s) for n in a] == expected
    for dtype in (np.int32, np.int64):
        assert function(np.array(a, dtype), s).tolist() == expected


@given(st.lists(st.integers(-INT32_LIMIT, INT32_LIMIT), min_size=1), st.integers(0, 31))
def test_requantise(a, s):
    found = requantise(np.array(a, np.int32), s)
    assert found.dtype == np.int8
    assert found.tolist() == [max(-127, min(127, plain_rdiv2(n, s))) for n in a]


def test_bit_width():
    assert [bit_width(m) for m in (0, 1, 2, 3, 4, 5, 127, 128, 129)] == [0, 0, 1, 2, 2, 3, 7, 7, 8]
    assert bit_width(INT32_LIMIT) == 31
