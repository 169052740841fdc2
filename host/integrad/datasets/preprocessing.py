"""Preprocessing: raw sensor integers → int8 network inputs, with constants that are stored in the model.

This is the integer normalisation of NITRO-D. For each channel, with n values in the training samples,

    mean = tdiv(Σ (x - offset), n)      mad = max(1, tdiv(Σ |x - offset - mean|, n))
    input = saturate(tdiv((x - offset - mean)·51, mad), 127)

where mad is the mean absolute deviation. 51 ≈ 64 / 1.25: the mean absolute deviation of a normal distribution
is its standard deviation / 1.25, so inputs have a standard deviation of about 64. The device computes the
same from the same constants.

If the data consists of floats, x = round(value·2^shift) - offset as int16, see scaling.py.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from integrad.arithmetic import INPUT_SPREAD, INT8_LIMIT, saturate, tdiv
from integrad.datasets import axes as layouts
from integrad.datasets.fixed_point import MAX_OFFSET, MAX_SHIFT, to_int16
from integrad.datasets.samples import RAW_DTYPES, check_samples, chunks
from integrad.datasets.scaling import fit_scaling
from integrad.errors import IntegradError
from integrad.network.description import MAX_SIDE

STATISTICS_SAMPLES = 25_000
MAX_VALUES = 2**24
"""Maximum number of values in a sample; more indicates a damaged or malicious description."""


@dataclass(frozen=True)
class Preprocessing:
    """Constants of the normalisation.

    axes: layout of a raw sample; raw_dtype: type of the values that the device receives, one of RAW_DTYPES;
    raw_shape: shape of a raw sample; offset: 128 for uint8, else 0; mean, mad (mean absolute deviation): one
    integer per channel, mad ≥ 1; float_shift: None for integers; for floats, the device receives
    round(value·2^float_shift) as int16, with one shift for all channels or one for each; float_offset: None,
    or one integer per channel, which the device subtracts after rounding. Raises IntegradError, naming the
    field, if a constant is invalid.
    """

    axes: str
    raw_dtype: str
    raw_shape: tuple[int, ...]
    offset: int
    mean: tuple[int, ...]
    mad: tuple[int, ...]
    float_shift: int | tuple[int, ...] | None = None
    float_offset: tuple[int, ...] | None = None

    def __post_init__(self):
        _check(self)

    @classmethod
    def fit(cls, x: np.ndarray, axes: str) -> Preprocessing:
        """Constants from training samples x (N, ...), already shuffled, of which the first 25,000 are used.

        x: one of RAW_DTYPES or floats. The scaling of floats is chosen for all N samples.
        """
        x = check_samples("training samples", x)
        part, shift, shifted = x[:STATISTICS_SAMPLES], None, None
        if x.dtype.kind == "f":
            shift, shifted = fit_scaling(x, axes)
            part = _scale(part, axes, shift, shifted)
        dtype = part.dtype.name
        offset = _offset(dtype)
        count = part.size // layouts.channels(axes, x.shape[1:])
        mean = [tdiv(total, count) for total in _channel_sums(part, axes, offset)]
        mad = [max(1, tdiv(t, count)) for t in _channel_sums(part, axes, offset, around=mean)]
        return cls(axes, dtype, x.shape[1:], offset, tuple(mean), tuple(mad), shift, shifted)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of a network input: (F,), (C, 1, T) or (C, H, W)."""
        return layouts.input_shape(self.axes, self.raw_shape)

    @property
    def channels(self) -> int:
        """Number of channels, which is the length of mean and mad."""
        return len(self.mean)

    def raw(self, x: np.ndarray) -> np.ndarray:
        """x: (N, *raw_shape) from a data set → the same samples as the device receives them (raw_dtype).

        Floats are scaled, rounded and saturated; integers must lie in raw_dtype's range.
        """
        if x.shape[1:] != self.raw_shape:
            trained = f"{self.raw_shape} ({self.axes})"
            raise IntegradError(f"samples have shape {x.shape[1:]}, but the model was trained on {trained}")
        if (x.dtype.kind == "f") != (self.float_shift is not None):
            expected = self.raw_dtype if self.float_shift is None else "floats"
            raise IntegradError(f"samples have type {x.dtype}, but the model was trained on {expected}")
        if self.float_shift is not None:
            return _scale(x, self.axes, self.float_shift, self.float_offset)
        return _fit_into(x, self.raw_dtype)

    def apply(self, x: np.ndarray) -> np.ndarray:
        """x: (N, *raw_shape), raw integers or floats → int8 (N, *input_shape) in [-127, 127]."""
        out = np.empty((len(x), *self.input_shape), np.int8)
        shape = _per_channel(self.axes, len(self.raw_shape))
        mean = np.array(self.mean, np.int64).reshape(shape)
        mad = np.array(self.mad, np.int64).reshape(shape)
        for rows in chunks(x):
            raw = self.raw(x[rows]).astype(np.int64)
            scaled = tdiv((raw - self.offset - mean) * INPUT_SPREAD, mad)
            clipped = saturate(scaled, INT8_LIMIT).astype(np.int8)
            out[rows] = layouts.channels_first(clipped, self.axes)
        return out

    @property
    def scales(self) -> list[tuple[int, int]] | None:
        """(shift, offset) of each channel; None if the data consists of integers."""
        if self.float_shift is None:
            return None
        shifts = (
            self.float_shift if isinstance(self.float_shift, tuple) else (self.float_shift,) * self.channels
        )
        return list(zip(shifts, self.float_offset or (0,) * self.channels, strict=True))

    def of_raw_samples(self) -> Preprocessing:
        """The same normalisation of integers that the device has received, even if the data are floats."""
        return replace(self, float_shift=None, float_offset=None)

    def describe(self) -> dict:
        """JSON-serialisable description; from_description() is the inverse."""
        fields = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}
        if self.float_offset is None:
            del fields["float_offset"]
        return fields

    @classmethod
    def from_description(cls, description: dict) -> Preprocessing:
        """Inverse of describe(). Raises IntegradError, naming the field, for an invalid description."""
        fields = [name for name in cls.__dataclass_fields__ if name != "float_offset"]
        if not isinstance(description, dict) or set(description) - {"float_offset"} != set(fields):
            raise IntegradError(f"preprocessing: must have exactly the fields {', '.join(fields)}")
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in description.items()}
        return cls(**values)


def _offset(dtype: str) -> int:
    return 128 if dtype == "uint8" else 0


def _scale(
    x: np.ndarray, axes: str, shift: int | tuple[int, ...], offset: tuple[int, ...] | None
) -> np.ndarray:
    """Floats (N, *raw_shape) → int16, with the shift and the offset of each channel."""
    shape = _per_channel(axes, x.ndim - 1)
    shifts = np.array(shift, np.int64).reshape(shape) if isinstance(shift, tuple) else shift
    return to_int16(x, shifts, 0 if offset is None else np.array(offset, np.int64).reshape(shape))


def _per_channel(axes: str, dimensions: int) -> tuple[int, ...]:
    """Shape in which one value per channel broadcasts against (N, *raw_shape)."""
    axis = layouts.channel_axis(axes)
    return (1, *(-1 if i == axis else 1 for i in range(dimensions)))


def _channel_sums(x: np.ndarray, axes: str, offset: int, around: list[int] | None = None) -> list[int]:
    """Per channel Σ (x - offset), or Σ |x - offset - around|.

    Exact: the sum of a chunk fits in int64 (at most 2^24 values below 2^33); totals are Python integers.
    """
    channels = layouts.channels(axes, x.shape[1:])
    totals = [0] * channels
    for rows in chunks(x):
        part = layouts.channels_first(x[rows], axes).astype(np.int64)
        values = part.reshape(len(part), channels, -1) - offset
        if around is not None:
            values = np.abs(values - np.array(around, np.int64)[:, None])
        totals = [total + int(s) for total, s in zip(totals, values.sum(axis=(0, 2)), strict=True)]
    return totals


def _fit_into(x: np.ndarray, dtype: str) -> np.ndarray:
    """Convert integers to dtype. Raises IntegradError if a value is out of range."""
    limits = np.iinfo(dtype)
    if x.dtype.name != dtype and len(x) and (x.min() < limits.min or x.max() > limits.max):
        raise IntegradError(f"samples range from {x.min()} to {x.max()}, but the model expects {dtype}")
    return x.astype(dtype)


def _check(p: Preprocessing) -> None:
    if not isinstance(p.axes, str) or p.axes not in layouts.LAYOUTS:
        raise IntegradError(f"preprocessing: axes must be one of {', '.join(layouts.LAYOUTS)}")
    if not isinstance(p.raw_dtype, str) or p.raw_dtype not in RAW_DTYPES:
        raise IntegradError(f"preprocessing: raw_dtype must be one of {', '.join(RAW_DTYPES)}")
    _check_integers("raw_shape", p.raw_shape, len(p.axes), 1, MAX_SIDE)
    if int(np.prod(p.raw_shape, dtype=object)) > MAX_VALUES:
        raise IntegradError(f"preprocessing: raw_shape has more than {MAX_VALUES:,} values")
    if type(p.offset) is not int or p.offset != _offset(p.raw_dtype):
        raise IntegradError(f"preprocessing: offset must be {_offset(p.raw_dtype)} for {p.raw_dtype}")
    limits = np.iinfo(p.raw_dtype)
    low, high = int(limits.min) - p.offset, int(limits.max) - p.offset
    channels = layouts.channels(p.axes, p.raw_shape)
    _check_integers("mean", p.mean, channels, low, high)
    _check_integers("mad", p.mad, channels, 1, high - low)
    _check_scaling(p, channels)


def _check_scaling(p: Preprocessing, channels: int) -> None:
    shift = 0 if p.float_shift is None else p.float_shift
    if isinstance(shift, tuple):
        _check_integers("float_shift", shift, channels, -MAX_SHIFT, MAX_SHIFT)
    elif type(shift) is not int or abs(shift) > MAX_SHIFT:
        raise IntegradError(f"preprocessing: float_shift must be from -{MAX_SHIFT} to {MAX_SHIFT}, or null")
    if p.float_shift is not None and p.raw_dtype != "int16":
        raise IntegradError("preprocessing: float_shift requires raw_dtype int16")
    if p.float_offset is not None:
        _check_integers("float_offset", p.float_offset, channels, -MAX_OFFSET, MAX_OFFSET)
        if p.float_shift is None:
            raise IntegradError("preprocessing: float_offset requires float_shift")


def _check_integers(field: str, values, length: int, low: int, high: int) -> None:
    good = isinstance(values, tuple) and len(values) == length
    if not good or any(type(v) is not int or not low <= v <= high for v in values):
        raise IntegradError(f"preprocessing: {field} must be {length} integers from {low:,} to {high:,}")
