"""Exact products, and the choice of their carrier by proof."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrad.arithmetic import INT32_LIMIT
from integrad.matmul import (
    CARRIERS,
    FLOAT32_EXACT,
    FLOAT64_EXACT,
    INT64_EXACT,
    Float32Carrier,
    Float64Carrier,
    Int64Carrier,
    product,
    product_of_int8,
)


def plain(a, b):
    """Product in Python's unbounded integers."""
    return [
        [sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a
    ]


@st.composite
def operands(draw):
    n, k, m = (draw(st.integers(1, 4)) for _ in range(3))
    sides = [draw(st.sampled_from([127, 32639, 2**20, 2**31 - 1, 2**40])) for _ in range(2)]
    values = [st.one_of(st.integers(-s, s), st.sampled_from([-s, s])) for s in sides]
    a = [draw(st.lists(values[0], min_size=k, max_size=k)) for _ in range(n)]
    b = [draw(st.lists(values[1], min_size=m, max_size=m)) for _ in range(k)]
    return a, b


def bound_of(a, b):
    return a.shape[-1] * max(1, int(abs(a).max()) * int(abs(b).max()))


@given(operands())
def test_product_is_exact_or_refused(pair):
    a, b = (np.array(side, np.int64) for side in pair)
    bound = bound_of(a, b)
    if bound >= INT64_EXACT:
        with pytest.raises(OverflowError, match="no carrier"):
            product(a, b)
        return
    result = product(a, b)
    assert result.tolist() == plain(*pair)
    assert result.dtype == (np.int32 if bound <= INT32_LIMIT else np.int64)


@given(st.integers(1, 40), st.integers(1, 2**24), st.data())
def test_float32_adds_long_sums_in_pieces(summands, largest, data):
    """All terms at their largest and of one sign: the sums that rounding would hit first."""
    carrier = Float32Carrier()
    sign = data.draw(st.sampled_from([-1, 1]))
    a, b = np.full((2, summands), sign * largest), np.ones((summands, 3), np.int8)
    if carrier.holds(summands, largest):
        assert (carrier.product(a, b, largest) == sign * summands * largest).all()
    else:
        assert summands * largest > FLOAT32_EXACT


def test_leading_axes_are_kept():
    a = np.arange(24, dtype=np.int8).reshape(2, 3, 4)
    b = np.arange(8, dtype=np.int16).reshape(4, 2)
    assert (product(a, b) == a.astype(int) @ b.astype(int)).all()
    assert product(a, b).shape == (2, 3, 2)


@pytest.mark.parametrize("shape", [((0, 3), (3, 2)), ((2, 0), (0, 3)), ((2, 3), (3, 0))])
def test_empty_operands(shape):
    a, b = (np.zeros(s, np.int8) for s in shape)
    assert product(a, b).shape == (shape[0][0], shape[1][1])
    assert not product(a, b).any()


def chosen(a, b, monkeypatch):
    """Name of the carrier that product() takes."""
    used = []
    for kind in (Float32Carrier, Float64Carrier, Int64Carrier):

        def spy(self, a, b, largest, compute=kind.product):
            used.append(self.name)
            return compute(self, a, b, largest)

        monkeypatch.setattr(kind, "product", spy)
    product(np.array(a, np.int64), np.array(b, np.int64))
    return used


def test_the_carrier_changes_at_the_border(monkeypatch):
    """2^53 - 1 = 6361 · 69431 · 20394401: the last sum that float64 may carry."""
    last = [[6361 * 69431]], [[20394401]]
    assert last[0][0][0] * last[1][0][0] == FLOAT64_EXACT - 1
    assert chosen(*last, monkeypatch) == ["numpy-float64"]
    monkeypatch.undo()
    assert chosen([[2**27]], [[2**26]], monkeypatch) == ["numpy-int64"]
    monkeypatch.undo()
    assert chosen([[2**12] * 4], [[2**12]] * 4, monkeypatch) == ["numpy-float32"], "four pieces of 2^24"
    monkeypatch.undo()
    assert chosen([[2**12] * 5], [[2**12]] * 5, monkeypatch) == ["numpy-float64"]


def test_a_sum_that_float64_would_round():
    """2^53 + 1 is no float64."""
    a, b = np.array([[2**53 - 1, 1, 1]]), np.array([[1], [1], [1]])
    assert product(a, b).tolist() == [[2**53 + 1]]
    assert Float64Carrier().product(a, b, 2**53).tolist() != [[2**53 + 1]], "what the bound protects from"


def test_the_result_is_32_bits_up_to_the_border():
    for value, dtype in ((INT32_LIMIT, np.int32), (-INT32_LIMIT, np.int32), (INT32_LIMIT + 1, np.int64)):
        result = product(np.array([[value]]), np.array([[1]]))
        assert (result.tolist(), result.dtype) == ([[value]], dtype)


def test_products_of_int8_are_exact_beyond_one_piece():
    """1,041 products of 127 and 127: odd, and more than float32 represents exactly."""
    for summands in (1040, 1041, 133_144):
        a, b = np.full((1, summands), 127, np.int8), np.full((summands, 1), 127, np.int8)
        assert product_of_int8(a, b)[0, 0] == product(a, b)[0, 0] == 127 * 127 * summands
    weights = np.full((101, 1), 32639, np.int16)
    assert product(np.full((1, 101), 127, np.int8), weights)[0, 0] == 127 * 32639 * 101


def test_carriers_agree():
    rng = np.random.default_rng(1)
    a, b = rng.integers(-127, 128, (5, 700)), rng.integers(-700, 701, (700, 6))
    results = [carrier.product(a, b, 127 * 700) for carrier in CARRIERS if carrier.holds(700, 127 * 700)]
    assert len(results) == len(CARRIERS)
    assert all((result == results[-1]).all() for result in results)
