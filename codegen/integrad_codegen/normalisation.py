"""Raw sensor integers → network inputs: what the generated module must know about it."""

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
    """raw: NumPy's name of a raw value's type; bits: proved width of (value - centre)·51.

    order: what varies from slowest to fastest in a raw sample. channels_first: whether a raw sample
    is in the network's own order. centre: offset and mean of each channel.
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
        """` - 34`, or ` + 34` where the centre is negative: the only channel's."""
        return f"- {self.centre[0]}" if self.centre[0] >= 0 else f"+ {-self.centre[0]}"

    @property
    def deviation_bits(self) -> int:
        """Width of a mean absolute deviation: that of int32 samples may exceed int32."""
        return bits_for(max(self.mad), "input normalisation")

    @property
    def constants_text(self) -> str:
        """The constants in words, where one channel's are all there are."""
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
