"""The model in the firmware: what it recognises, and what it learns on the device."""

import numpy as np
import pytest

on_m0 = pytest.mark.parametrize("integrad_core", ["m0"], indirect=True)
on_m4 = pytest.mark.parametrize("integrad_core", ["m4"], indirect=True)

LEARNT, PASSES = 10, 3
"""Strokes of each digit that the new user draws for the wand, and how often it learns from them."""


def recognised(found, labels):
    """Percent of the strokes whose digit was found."""
    return 100 * np.mean(found == labels)


@on_m4
def test_recognises_90_percent_of_the_test_set(model, gestures):
    """Of every other stroke, which takes half the time; `integrad check` classifies all of them."""
    x, y = gestures.x[gestures.test][::2], gestures.y[gestures.test][::2]
    found = recognised(model.predict(x), y)
    assert found >= 90, f"the firmware recognises {found:.1f} % of the strokes"


@on_m0
def test_learns_a_new_user_to_90_percent(model, gestures):
    second = np.flatnonzero(gestures.user == "second")
    drawn = np.concatenate([second[gestures.y[second] == digit][:LEARNT] for digit in "0123456789"])
    others = np.setdiff1d(second, drawn)[::3]
    x, y = gestures.x[others], gestures.y[others]
    assert recognised(model.host.predict(x), y) < 75, "there is nothing to learn"

    random = np.random.default_rng(0)
    for _ in range(PASSES):
        order = random.permutation(drawn)
        model.train(gestures.x[order], gestures.y[order])

    assert model.crc() == model.host_crc, "the device has not learnt the same bits as the host"
    found = recognised(model.predict(x), y)
    assert found >= 90, f"the firmware recognises {found:.1f} % of the new user's strokes"
