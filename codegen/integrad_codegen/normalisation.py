"""Raw sensor integers → network inputs: the properties that generated code depends on."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from integrad_codegen.bounds import bits_for, normalisation_bits

RAW_RANGES = {
    "uint8": (0, 2**8 - 1),
    "int8": (-(2**7), 2**7 - 1),
    "uint16": (0, 2**16 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
}

ORDERS = {
    "F": "feature",
    "T": "time",
    "TC": "time, channel",
    "CT": "channel, time",
    "HW": "row, column",
    "HWC": "row, column, channel",
    "CHW": "channel, row, column",
}


@dataclass(frozen=True)
class Normalisation:
    """raw: NumPy's name for the type of a raw value. bits: proved width of (value - centre)·51.

    order: axes of a raw sample, slowest first. channels_first: whether a raw sample is in the order of the
    network. centre: offset and mean of each channel.
    """

    raw: str
    bits: int
    order: str
    channels: int
    channels_first: bool
    centre: tuple[int, ...]
    mad: tuple[int, ...]

    @classmethod
    def of(cls, preprocessing) -> Normalisation:
        """preprocessing: a model's integrad.datasets.preprocessing.Preprocessing."""
        low, high = RAW_RANGES[preprocessing.raw_dtype]
        centre = tuple(preprocessing.offset + mean for mean in preprocessing.mean)
        return cls(
            preprocessing.raw_dtype,
            normalisation_bits(low, high, *centre),
            ORDERS[preprocessing.axes],
            len(centre),
            preprocessing.axes in ("F", "CT", "CHW"),
            centre,
            preprocessing.mad,
        )

    @property
    def subtract_centre(self) -> str:
        """`- 34`, or `+ 34` if the centre is negative; only for a single channel."""
        return f"- {self.centre[0]}" if self.centre[0] >= 0 else f"+ {-self.centre[0]}"

    @property
    def deviation_bits(self) -> int:
        """Width of a mean absolute deviation, which may exceed int32 for int32 samples."""
        return bits_for(max(self.mad), "input normalisation")

    @property
    def constants_text(self) -> str:
        """The constants as text if there is a single channel, else the number of channels."""
        if self.channels > 1:
            return f", for each of {self.channels} channels"
        return f": centre {self.centre[0]}, deviation {self.mad[0]}"

    @property
    def centre_lines(self) -> list[str]:
        return _wrapped(self.centre)

    @property
    def deviation_lines(self) -> list[str]:
        return _wrapped(self.mad)


def _wrapped(values: tuple[int, ...]) -> list[str]:
    return textwrap.wrap(", ".join(map(str, values)) + ",", 88)
