"""Samples: the types of raw data, as delivered by sensors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from integrad.errors import IntegradError
from integrad.network.description import MAX_SIDE

RAW_DTYPES = ("uint8", "int8", "int16", "uint16", "int32")
"""Types that a device can process, narrowest first."""

WIDE_DTYPES = ("int16", "uint16", "int32")
"""Types for wider integers, such as those of Python: the first into which all values fit. Types of 8 bits are
not among them: nobody has chosen them, and a later sample is likely to exceed the values seen so far."""

MAX_DIMENSIONS = 3
CHUNK_VALUES = 2**22
"""Values processed at a time, so that temporary arrays stay small."""


def check_samples(source: str, x: np.ndarray) -> np.ndarray:
    """Return x (N, ...) as one of RAW_DTYPES or float64, or raise IntegradError naming source.

    Booleans become uint8. Rejected are other kinds, empty arrays, more than three axes per sample, axes of
    more than MAX_SIDE values, values that are not finite, and integers beyond int32.
    """
    if x.ndim < 2 or x.ndim > 1 + MAX_DIMENSIONS:
        fix = "save x.reshape(len(x), -1)" if x.ndim else "save one row per sample"
        raise IntegradError(f"{source}: x has shape {x.shape}, expected samples × 1 to 3 axes; {fix}")
    if 0 in x.shape:
        raise IntegradError(f"{source}: x is empty (shape {x.shape}); all axes must have a positive length")
    if max(x.shape[1:]) > MAX_SIDE:
        raise IntegradError(
            f"{source}: x has shape {x.shape}, and an axis of a sample may have at most {MAX_SIDE:,} values; "
            "use fewer columns or shorter samples"
        )
    if x.dtype.kind == "f":
        with np.errstate(over="ignore"):  # of long doubles
            converted = x.astype(np.float64)
        _check_finite(source, converted)
        return converted
    if x.dtype.kind not in "biu":
        raise IntegradError(f"{source}: x is {x.dtype}; samples must be integers or floats")
    return narrow(source, x.astype(np.uint8) if x.dtype.kind == "b" else x)


def narrow(source: str, x: np.ndarray) -> np.ndarray:
    """Integers in native byte order: of at most 16 bits unchanged, else in the first of WIDE_DTYPES that
    suffices."""
    if x.dtype.itemsize <= 2:
        return np.ascontiguousarray(x, x.dtype.newbyteorder("="))
    low, high = int(x.min()), int(x.max())
    for name in WIDE_DTYPES:
        limits = np.iinfo(name)
        if limits.min <= low and high <= limits.max:
            return x.astype(name)
    raise IntegradError(
        f"{source}: x ({x.dtype}) ranges from {low:,} to {high:,}, which exceeds int32; scale it down"
    )


def chunks(x: np.ndarray) -> Iterator[slice]:
    """Slices over the samples of x, each of about CHUNK_VALUES values and at least one sample."""
    rows = max(1, CHUNK_VALUES // max(1, x[:1].size))
    return (slice(start, start + rows) for start in range(0, len(x), rows))


def _check_finite(source: str, x: np.ndarray) -> None:
    for rows in chunks(x):
        part = x[rows]
        finite = np.isfinite(part)
        if not finite.all():
            index = np.unravel_index(np.argmin(finite), part.shape)
            where = ", ".join(map(str, (rows.start + index[0], *index[1:])))
            raise IntegradError(f"{source}: x[{where}] is {part[index]}; remove or replace these samples")
