"""The range of the sums of a layer of NITRO-D, from which the limit of its weights follows."""

from __future__ import annotations

from dataclasses import dataclass

from integrad.arithmetic import INT8_LIMIT, NARROW, WIDE, WIDE_MAX_FAN_IN, sum_bits, weight_limit
from integrad.errors import IntegradError


@dataclass(frozen=True)
class SumBounds:
    """fan_in: number of products in a sum. input_limit: largest magnitude of an input, in training too. sums:
    width in bits that the network grants to sums, 32 or 64.
    """

    fan_in: int
    input_limit: int = INT8_LIMIT
    sums: int = NARROW

    @property
    def weight_limit(self) -> int:
        """Largest magnitude of a weight."""
        return weight_limit(self.fan_in, self.input_limit, self.sums)

    @property
    def largest(self) -> int:
        """Largest magnitude of a sum, and of each of its partial sums."""
        return self.fan_in * self.input_limit * self.weight_limit

    @property
    def bits(self) -> int:
        """Width that a sum needs, 32 or 64: layers that do not need the width of the network do without."""
        return sum_bits(self.fan_in, self.input_limit, self.sums)

    def check(self, where: str) -> None:
        """Raise IntegradError, naming the layer, if a device could not divide the sums by 32-bit division."""
        if self.bits == WIDE and self.fan_in > WIDE_MAX_FAN_IN:
            raise IntegradError(
                f"network: {where} has {self.fan_in:,} inputs, more than the {WIDE_MAX_FAN_IN:,} "
                "supported with 64-bit sums"
            )
