"""Layouts of samples: detection, overrides, and network inputs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrad.datasets import axes
from integrad.errors import UsageError


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((4,), "F"),
        ((784,), "F"),
        ((64, 2), "TC"),
        ((2, 64), "CT"),
        ((128, 9), "TC"),
        ((49, 10), "TC"),
        ((100, 1), "TC"),
        ((1, 100), "CT"),
        ((32, 16), "TC"),
        ((31, 16), "HW"),
        ((34, 17), "HW"),
        ((28, 28), "HW"),
        ((8, 8), "HW"),
        ((24, 32), "HW"),
        ((32, 32, 3), "HWC"),
        ((3, 32, 32), "CHW"),
        ((28, 28, 1), "HWC"),
        ((1, 28, 28), "CHW"),
        ((3, 3, 3), "HWC"),
        ((3, 3, 4), "HWC"),
        ((4, 3, 3), "CHW"),
        ((2, 2, 30), "HWC"),
        ((4, 3, 4), "HWC"),
    ],
)
def test_detection(shape, layout):
    assert axes.detect(shape) == layout


@pytest.mark.parametrize(
    ("layout", "shape", "seen"),
    [
        ("F", (5,), (5,)),
        ("T", (5,), (1, 1, 5)),
        ("TC", (5, 2), (2, 1, 5)),
        ("CT", (2, 5), (2, 1, 5)),
        ("HW", (4, 5), (1, 4, 5)),
        ("HWC", (4, 5, 3), (3, 4, 5)),
        ("CHW", (3, 4, 5), (3, 4, 5)),
    ],
)
def test_channels_first(layout, shape, seen):
    x = np.arange(2 * int(np.prod(shape))).reshape(2, *shape)
    moved = axes.channels_first(x, layout)
    assert moved.shape == (2, *seen) and axes.input_shape(layout, shape) == seen
    assert axes.channels(layout, shape) == (shape[0] if layout == "F" else seen[0])
    for index in np.ndindex(2, *shape):
        place = dict(zip(layout, index[1:], strict=True))
        first = (place["F"],) if layout == "F" else (place.get("C", 0), place.get("H", 0))
        rest = () if layout == "F" else (place.get("T", place.get("W")),)
        assert moved[(index[0], *first, *rest)] == x[index]


def test_named_layout():
    assert axes.parse(" ct ", (64, 2)) == "CT"


@pytest.mark.parametrize("text", ["", "X", "HWC", "CTT", "WH"])
def test_impossible_layout_shows_the_choices(text):
    with pytest.raises(UsageError, match="samples of shape 64×2 require TC or CT or HW"):
        axes.parse(text, (64, 2))


@given(st.lists(st.integers(1, 40), min_size=1, max_size=3).map(tuple), st.booleans())
def test_explanation_names_every_other_layout(shape, given_by_user):
    for layout in axes.choices(shape):
        text = axes.explain(layout, shape, given_by_user)
        assert all(f"--axes {other}" in text for other in axes.choices(shape) if other != layout)
        assert f"--axes {layout} " not in text.replace(")", " ")
        assert ("as given" in text) == given_by_user


def test_explanation():
    assert axes.explain("TC", (64, 2), False) == (
        "time series with 2 channels, 64 steps (the shorter axis, the last one, is interpreted as channels; "
        "to override: --axes CT or --axes HW)"
    )
