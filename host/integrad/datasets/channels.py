"""Channels in original units: their names, what a device receives for them, and their statistics."""

from __future__ import annotations

from dataclasses import dataclass

from integrad.datasets.fixed_point import INT16_MAX
from integrad.datasets.preprocessing import Preprocessing


@dataclass(frozen=True)
class Channel:
    """A channel of a sample; figures in the units of the data.

    name: as in the data, or its number. shift, offset: the device receives round(value·2^shift) - offset;
    None if the data consists of integers. mean, deviation: mean and mean absolute deviation of the training
    samples. lowest, highest: values beyond these saturate; None for integers.
    """

    name: str
    shift: int | None
    offset: int | None
    mean: float
    deviation: float
    lowest: float | None
    highest: float | None

    def formula(self, value: str = "value") -> str:
        """What the device receives, such as `round(value * 2048) - 512`."""
        if self.shift is None or self.offset is None:
            return value
        return formula(self.shift, self.offset, value)


def formula(shift: int, offset: int, value: str = "value") -> str:
    """`round(value * 2^shift) - offset` with numbers in place of the names."""
    scale = f" * {2**shift}" if shift > 0 else f" / {2**-shift}" if shift < 0 else ""
    sign = "-" if offset > 0 else "+"
    return f"round({value}{scale})" + (f" {sign} {abs(offset)}" if offset else "")


def describe_channels(preprocessing: Preprocessing, names: list[str] | None = None) -> list[Channel]:
    """The channels in their order. names: one per channel; numbers if None."""
    names = names or [str(number) for number in range(preprocessing.channels)]
    scales = preprocessing.scales or [None] * preprocessing.channels
    return [
        _describe(name, scale, preprocessing.offset + mean, mad)
        for name, scale, mean, mad in zip(names, scales, preprocessing.mean, preprocessing.mad, strict=True)
    ]


def _describe(name: str, scale: tuple[int, int] | None, mean: int, mad: int) -> Channel:
    if scale is None:
        return Channel(name, None, None, mean, mad, None, None)
    shift, offset = scale
    unit = 2.0**-shift
    limits = ((offset - INT16_MAX) * unit, (offset + INT16_MAX) * unit)
    return Channel(name, shift, offset, (mean + offset) * unit, mad * unit, *limits)
