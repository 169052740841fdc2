"""The bundled data sets; see integrad/data/LICENSES.md for their authors and licences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

import numpy as np

from integrad.arithmetic import tdiv
from integrad.datasets.archive import read_archive
from integrad.datasets.dataset import Dataset, build_dataset

STROKE_POINTS = 64
"""Points of a resampled stroke; recorded strokes have 32 to 145, with a median of 94."""

STROKE_TESTS = 20
"""The last 20 recorded strokes of each digit are the test set of magic-wand."""


@dataclass(frozen=True)
class Bundled:
    """A bundled data set: its description, and the function that builds it."""

    file: str
    title: str
    licence: str
    credit: str
    build: Callable[[str, dict[str, np.ndarray], str | None], Dataset]


def load_bundled(name: str, axes: str | None = None) -> Dataset:
    """Load a data set of BUNDLED; axes overrides its layout. Raises UsageError for bad axes."""
    entry = BUNDLED[name]
    with resources.as_file(resources.files("integrad.data") / entry.file) as path:
        arrays = read_archive(path)
    return entry.build(name, arrays, axes)


def resample(points: np.ndarray, count: int) -> np.ndarray:
    """Integers (P, D), P ≥ 1 → int64 (count, D): linear interpolation at `count` evenly spaced times.

    Step k is at position k·(P - 1) / (count - 1). The fraction is kept as an integer numerator, and the
    only division truncates toward zero, so that a device can compute the same.
    """
    position = np.arange(count, dtype=np.int64) * (len(points) - 1)
    before, fraction = position // (count - 1), (position % (count - 1))[:, None]
    after = np.minimum(before + 1, len(points) - 1)
    points = points.astype(np.int64)
    return tdiv(points[before] * (count - 1 - fraction) + points[after] * fraction, count - 1)


def _spoken_digits(name: str, arrays: dict[str, np.ndarray], axes: str | None) -> Dataset:
    return build_dataset(
        name,
        arrays["x"],
        arrays["y"],
        test=arrays["test"],
        keys={"speaker": arrays["speaker"]},
        axes=axes or "HW",
        group="speaker",
    )


def _magic_wand(name: str, arrays: dict[str, np.ndarray], axes: str | None) -> Dataset:
    """Strokes as time series of 64 points (x, y), each centred on its mean."""
    y = arrays["y"]
    strokes = np.split(arrays["points_q15"], arrays["offset"][1:-1])
    series = np.stack([resample(stroke, STROKE_POINTS) for stroke in strokes])
    series -= tdiv(series.sum(axis=1, keepdims=True), STROKE_POINTS)
    test = np.zeros(len(y), bool)
    for digit in np.unique(y):
        test[np.flatnonzero(y == digit)[-STROKE_TESTS:]] = True
    return build_dataset(name, series.astype(np.int16), y, test=test, axes=axes or "TC")


BUNDLED = {
    "magic-wand": Bundled(
        "magic_wand.npz",
        "digits drawn in the air with an inertial sensor, by one person",
        "Apache-2.0",
        "Pete Warden",
        _magic_wand,
    ),
    "spoken-digits": Bundled(
        "spoken_digits.npz",
        "English digits spoken by six people, as log-mel spectrograms",
        "CC BY-SA 4.0",
        "Free Spoken Digit Dataset, Zohar Jackson and contributors",
        _spoken_digits,
    ),
}
"""name → entry, in alphabetical order."""
