"""The scaling of floats, chosen from training samples: raw = round(value·2^shift) - offset, as int16.

One shift for all channels is preferred, because a device then treats all values alike. It is the largest one
with which no training sample saturates. If it leaves a channel too few steps, as it does if one channel is in
pascals and another in g, each channel receives a shift of its own:

- the largest one with which no training sample of the channel saturates, except that
- values more than 64 interquartile ranges away may saturate: beside them, all others would be one number;
- if a channel varies little around a large value, such as 101,325 ± 50, its offset moves that value to zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from integrad.datasets import axes as layouts
from integrad.datasets.fixed_point import INT16_MAX, MAX_OFFSET, MAX_SHIFT, choose_shift, largest_shift
from integrad.datasets.samples import chunks

FINE = 512
"""Steps over the extent of a channel that suffice: the network input distinguishes no more than 255."""

EXTENT_RANGES = 16
"""The extent of a channel is at most this number of interquartile ranges, so that outliers do not count."""

MOST_RANGES = 64
"""Interquartile ranges beyond which values may saturate."""

QUARTILE_SAMPLES, QUARTILE_VALUES = 4096, 2**16
"""Quartiles are those of the first samples, and of about so many values per channel."""


@dataclass(frozen=True)
class Extent:
    """What is known about the values of a channel: their limits and quartiles."""

    low: float
    high: float
    quartiles: tuple[float, float, float]

    @property
    def between_quartiles(self) -> float:
        return self.quartiles[2] - self.quartiles[0]

    def steps(self, shift: int) -> float:
        """Steps over the extent; infinite for a channel that does not vary."""
        extent = self.high - self.low
        if extent == 0:
            return np.inf
        if self.between_quartiles > 0:
            extent = min(extent, EXTENT_RANGES * self.between_quartiles)
        return float(np.ldexp(extent, shift))

    def largest(self, centre: float = 0.0) -> float:
        """Largest distance from the centre that must not saturate."""
        distance = max(self.high - centre, centre - self.low)
        if self.between_quartiles > 0:
            near = max(abs(self.quartiles[0] - centre), abs(self.quartiles[2] - centre))
            distance = min(distance, near + MOST_RANGES * self.between_quartiles)
        return distance


def fit_scaling(x: np.ndarray, axes: str) -> tuple[int | tuple[int, ...], tuple[int, ...] | None]:
    """(shift of all channels or one per channel, offsets or None) for training samples x (N, ...), finite
    floats of which the first are a random selection."""
    common = choose_shift(x)
    extents = _extents(x, axes)
    if all(extent.steps(common) >= FINE for extent in extents):
        return common, None
    shifts, offsets = zip(*map(_of_channel, extents), strict=True)
    if not any(offsets):
        return (shifts[0] if len(set(shifts)) == 1 else shifts), None
    return shifts, offsets


def _of_channel(extent: Extent) -> tuple[int, int]:
    shift = _limited(largest_shift(extent.largest()))
    if extent.steps(shift) >= FINE:
        return shift, 0
    centre = extent.quartiles[1]
    finer = _limited(largest_shift(extent.largest(centre)))
    while finer > shift and abs(np.ldexp(centre, finer)) > MAX_OFFSET:
        finer -= 1
    # An even offset commutes with rounding half to even. The margin of 2 keeps its own rounding in range.
    while finer > shift and np.ldexp(extent.largest(centre), finer) > INT16_MAX - 2:
        finer -= 1
    if finer <= shift:
        return shift, 0
    return finer, 2 * round(float(np.ldexp(centre, finer - 1)))


def _limited(shift: int) -> int:
    return max(-MAX_SHIFT, min(MAX_SHIFT, shift))


def _extents(x: np.ndarray, axes: str) -> list[Extent]:
    channels = layouts.channels(axes, x.shape[1:])
    low, high = np.full(channels, np.inf), np.full(channels, -np.inf)
    for rows in chunks(x):
        part = layouts.channels_first(x[rows], axes).reshape(len(x[rows]), channels, -1)
        low, high = np.minimum(low, part.min(axis=(0, 2))), np.maximum(high, part.max(axis=(0, 2)))
    first = layouts.channels_first(x[:QUARTILE_SAMPLES], axes)
    values = np.moveaxis(first.reshape(len(first), channels, -1), 1, 0).reshape(channels, -1)
    values = values[:, :: max(1, values.shape[1] // QUARTILE_VALUES)]
    quartiles = np.quantile(values, [0.25, 0.5, 0.75], axis=1, method="nearest")
    return [
        Extent(float(a), float(b), tuple(map(float, q)))
        for a, b, q in zip(low, high, quartiles.T, strict=True)
    ]
