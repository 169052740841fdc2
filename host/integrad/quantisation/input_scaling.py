"""The inputs that a float network was trained on, as int8 inputs and a factor for its first weights.

An int8 input v stands for v/64. By default, the float network was trained on v/64 as well. If it was trained
on (value - mean) / divisor, the normalisation of the model subtracts the same mean and makes use of the whole
range of int8; what differs is a factor for each channel, by which the weights of the first layer are
multiplied before they are rounded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from integrad.arithmetic import INPUT_SPREAD, INT8_LIMIT, rdiv2, saturate, tdiv
from integrad.datasets import axes as layouts
from integrad.datasets.preprocessing import Preprocessing
from integrad.errors import UsageError
from integrad.network.backprop_blocks import INPUT_EXPONENT, BackpropConv
from integrad.quantisation.weight_layout import Target

FINER = 13
"""Number of divisors that are tried, each 2^(1/4) times smaller than the one before; with the first, no
input saturates."""

MOST_VALUES = 2**16
"""About the number of values per channel from which the divisor is chosen."""

MOST_BITS = 32
"""Factors of the first weights beyond 2^±32 indicate a mistake."""

SQUARE_BITS = 22
"""Differences are shifted to so many bits before they are squared and added."""


@dataclass(frozen=True)
class InputScaling:
    """The float network was trained on (value - mean) / divisor. mean, divisor: one number for all channels,
    or one for each.
    """

    mean: tuple[float, ...] = (0.0,)
    divisor: tuple[float, ...] = (1.0,)

    def per_channel(self, channels: int) -> tuple[np.ndarray, np.ndarray]:
        """float64 (channels,) each. Raises UsageError for another number of values or a divisor of 0."""
        found = []
        for name, values in (("mean", self.mean), ("divisor", self.divisor)):
            array = np.asarray(values, np.float64).reshape(-1)
            if len(array) not in (1, channels):
                raise UsageError(f"input {name}: has {len(array)} values; the data has {channels} channels")
            if not np.isfinite(array).all() or (name == "divisor" and not (array > 0).all()):
                expected = "finite numbers" if name == "mean" else "finite numbers above 0"
                raise UsageError(f"input {name}: must be {expected}")
            found.append(np.broadcast_to(array, channels))
        return found[0], found[1]

    def apply(self, x: np.ndarray, axes: str) -> np.ndarray:
        """x: (N, *raw_shape) → float32 (N, *input_shape), what the float network was trained on."""
        values = layouts.channels_first(x.astype(np.float64), axes)
        shape = (1, -1, *(1,) * (values.ndim - 2))
        mean, divisor = self.per_channel(layouts.channels(axes, x.shape[1:]))
        return ((values - mean.reshape(shape)) / divisor.reshape(shape)).astype(np.float32)


def adapt(fitted: Preprocessing, scaling: InputScaling, x: np.ndarray) -> tuple[Preprocessing, np.ndarray]:
    """(normalisation with the mean of the float network, factor of each channel: what v/64 has to be
    multiplied by).

    fitted: of the training samples x (N, *raw_shape).
    """
    mean, divisor = scaling.per_channel(fitted.channels)
    shifts, offsets = np.array(fitted.scales or [(0, 0)] * fitted.channels, np.int64).T
    middle = np.rint(np.ldexp(mean, shifts) - offsets - fitted.offset)
    low, high = _range(fitted)
    if not ((low <= middle) & (middle <= high)).all():
        raise UsageError("input mean: lies outside of the range of the data; state it in the units of DATA")
    raw = layouts.channels_first(fitted.raw(x), fitted.axes).astype(np.int64) - fitted.offset
    by_channel = np.moveaxis(raw.reshape(len(raw), fitted.channels, -1), 1, 0).reshape(fitted.channels, -1)
    centred = by_channel - middle.astype(np.int64)[:, None]
    mad = [_divisor(values[:: max(1, values.size // MOST_VALUES)], values) for values in centred]
    factors = np.array(mad) * 2.0**-INPUT_EXPONENT / (INPUT_SPREAD * np.ldexp(divisor, shifts))
    if not ((factors > 2.0**-MOST_BITS) & (factors < 2.0**MOST_BITS)).all():
        raise UsageError(
            "input divisor: is too large or too small for the data; state it in the units of DATA"
        )
    return replace(fitted, mean=tuple(int(m) for m in middle), mad=tuple(mad)), factors


def _range(fitted: Preprocessing) -> tuple[int, int]:
    limits = np.iinfo(fitted.raw_dtype)
    return int(limits.min) - fitted.offset, int(limits.max) - fitted.offset


def _divisor(values: np.ndarray, everything: np.ndarray) -> int:
    """The `mad` with which int8 inputs differ least from values: int64, some of everything."""
    largest = max(1, int(np.abs(everything).max()))
    coarsest = -(-largest * INPUT_SPREAD // INT8_LIMIT)
    candidates = {max(1, round(coarsest * 2 ** (-step / 4))) for step in range(FINER)}
    shift = max(0, (largest * INPUT_SPREAD).bit_length() - SQUARE_BITS)

    def error(mad: int) -> int:
        inputs = saturate(tdiv(values * INPUT_SPREAD, mad), INT8_LIMIT)
        return int(np.square(rdiv2(values * INPUT_SPREAD - inputs * mad, shift)).sum())

    return min(sorted(candidates, reverse=True), key=error)


def fold(weights: np.ndarray, target: Target, factors: np.ndarray) -> np.ndarray:
    """The weights of the first layer for inputs that are to be multiplied by a factor per channel.

    weights: in the shape of the layer's. Pools before the layer commute with positive factors.
    """
    if not isinstance(target.layer, BackpropConv):
        cells = weights.shape[1] // len(factors)
        return weights * np.repeat(factors, cells)
    out, inputs = weights.shape[:2]
    group = np.arange(out) // (out // target.layer.groups)
    channel = group[:, None] * inputs + np.arange(inputs)
    return weights * factors[channel][:, :, None, None]
