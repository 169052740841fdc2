"""The data sets that come with integrad; integrad/data/LICENSES.md says whose they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

import numpy as np

from integrad.arithmetic import tdiv
from integrad.datasets.archive import read_archive
from integrad.datasets.dataset import Dataset, build_dataset

STROKE_POINTS = 64
"""Points of a resampled stroke; the recorded ones have 32 to 145, median 94."""

STROKE_TESTS = 20
"""The last 20 strokes of each digit, as recorded, are magic-wand's test part."""


@dataclass(frozen=True)
class Bundled:
    """What the list of data sets says about one, and how to load it."""

    file: str
    title: str
    licence: str
    credit: str
    build: Callable[[str, dict[str, np.ndarray], str | None], Dataset]


def load_bundled(name: str, axes: str | None = None) -> Dataset:
    """Load a data set of BUNDLED; axes overrules its layout. Raises UsageError for bad axes."""
    entry = BUNDLED[name]
    with resources.as_file(resources.files("integrad.data") / entry.file) as path:
        arrays = read_archive(path)
    return entry.build(name, arrays, axes)


def resample(points: np.ndarray, count: int) -> np.ndarray:
    """Integers (P, D), P ≥ 1 → int64 (count, D): linear interpolation at count even steps in time.

    Step k lies at k·(P - 1) / (count - 1) points; the fraction is kept as an integer numerator, and
    the only division truncates toward zero, so that a device can do the same.
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
    """Strokes as series of 64 points (x, y), each stroke centred on its own mean."""
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
        "English digits spoken by six people, as log-mel pictures",
        "CC BY-SA 4.0",
        "Free Spoken Digit Dataset, Zohar Jackson and contributors",
        _spoken_digits,
    ),
}
"""name → entry, in alphabetical order."""
