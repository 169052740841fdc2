"""How far the sums of a layer are shifted: constant, delayed or exact scaling.

Sums that need more than 7 bits are shifted until their largest magnitude needs 7. With constant scaling the
shifts are those of the model, as on a device. With maximum scaling, they are those that the batch itself
needs (NITI). With delayed scaling, a step uses the shifts of the model and then adapts them to its batch, so
that workers which share a batch need not agree on a maximum in the middle of a step.
"""

from __future__ import annotations

import numpy as np

from integrad.arithmetic import bit_width, magnitude

CONSTANT, DELAYED, MAXIMUM = "constant", "delayed", "maximum"

WIDTHS = 32
"""Number of bit widths of int32 sums: 0 to 31."""

ACTIVATION_BITS = 7


class Scale:
    """The two shifts of one layer in one step. shifts: those that stand in the model, (output, error).

    counts: int64 (2, 32), how often sums of each bit width were the largest ones; row 0 of outputs, row 1 of
    errors. Counts of parts of a batch can be added.
    """

    def __init__(self, scaling: str, shifts: tuple[int, int]):
        self.scaling = scaling
        self.shifts = list(shifts)
        self.counts = np.zeros((2, WIDTHS), np.int64)

    def shift(self, row: int, sums: np.ndarray) -> int:
        """The shift for these sums. row: 0 for outputs, 1 for errors."""
        if self.scaling != CONSTANT:
            width = bit_width(magnitude(sums))
            self.counts[row, width] += 1
            if self.scaling == MAXIMUM:
                self.shifts[row] = needed(width)
        return self.shifts[row]


def needed(width: int) -> int:
    """The shift after which sums of this bit width are int8."""
    return max(width - ACTIVATION_BITS, 0)


def adapted(scaling: str, shift: int, counts: np.ndarray) -> int:
    """The shift of the next step. counts: a row of Scale.counts, of the whole batch; all 0 if unused."""
    seen = np.flatnonzero(counts)
    if not len(seen):
        return shift
    own = needed(int(seen[-1]))
    return own if scaling == MAXIMUM or own >= shift else shift - 1
