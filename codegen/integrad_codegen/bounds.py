"""Worst case of every accumulator → its width in bits, or an error that names the layer.

The bounds follow from widths alone (inputs and activations within ±127, weights within the limit of
their array, errors within ±159), never from actual weights or data.
"""

from __future__ import annotations

from integrad.arithmetic import (
    ERROR_LIMIT,
    INPUT_SPREAD,
    INT8_LIMIT,
    INT32_LIMIT,
    MAX_FAN_IN,
)
from integrad.errors import IntegradError

INT64_LIMIT = 2**63 - 1

PART = 512
"""Products whose sum fits in 32 bits, whatever the inputs and weights: 512·127·32,639. Wider sums are added
up in such parts."""


def bits_for(bound: int, where: str) -> int:
    """The smaller of 32 and 64 bits that can represent ±bound. Raises IntegradError naming `where`."""
    if bound <= INT32_LIMIT:
        return 32
    if bound <= INT64_LIMIT:
        return 64
    raise IntegradError(
        f"{where}: a sum may reach {bound:,}, which does not fit in 64 bits; use smaller batches"
    )


def check_sum(what: str, bound: int) -> None:
    """A sum within ±bound must fit int32."""
    if bound > INT32_LIMIT:
        raise IntegradError(f"{what} may reach {bound:,}, which 32 bits cannot hold")


def sum_bits(where: str, fan_in: int, limit: int, input_limit: int = INT8_LIMIT) -> int:
    """Width of a pre-activation, input_limit·fan_in·limit; its divisor, 256·fan_in, must fit in int32."""
    if fan_in > MAX_FAN_IN:
        raise IntegradError(f"{where}: fan-in {fan_in:,} is too large: its divisor does not fit in 32 bits")
    return bits_for(input_limit * fan_in * limit, where)


def block_error(where: str, classes: int, limit: int) -> int:
    """Largest |error| that a head passes back to its block, classes·159·limit; must fit in int32."""
    bound = ERROR_LIMIT * classes * limit
    if bound > INT32_LIMIT:
        raise IntegradError(
            f"{where}: the head's error may reach {bound:,}, which does not fit in 32 bits; use fewer classes"
        )
    return bound


def check_classifier(where: str, batch: int) -> None:
    """The weight gradient of a head or of the output layer, batch·127·159, must fit in int32."""
    if batch * INT8_LIMIT * ERROR_LIMIT > INT32_LIMIT:
        raise IntegradError(f"{where}: batches of {batch:,} are too large for 32-bit sums")


def gradient_bits(where: str, terms: int, error: int) -> int:
    """Width of a block's weight gradient: `terms` products of an activation and an error within ±error."""
    return bits_for(terms * INT8_LIMIT * error, f"{where} gradient")


def normalisation_bits(low: int, high: int, *centres: int) -> int:
    """Width of (sample - centre)·51 for samples in [low, high], over all channels."""
    widest = max(max(abs(low - centre), abs(high - centre)) for centre in centres)
    return bits_for(INPUT_SPREAD * widest, "input normalisation")
