"""Bytes of a packed stash: what a training step keeps of the inputs of a layer."""

from __future__ import annotations

from integrad.network.backprop_stash import GROUP

ENDS_BYTES = 2
"""Of a group: its minimum, and its extent."""


def packed_bytes(values: int) -> int:
    """Of one sample: 2 bits per value, and the ends of each group."""
    groups, rest = divmod(values, GROUP)
    size = groups * (ENDS_BYTES + GROUP // 4)
    return size + (ENDS_BYTES + -(-rest // 4) if rest else 0)


def signs_bytes(values: int) -> int:
    """Of one sample: a bit per value, whether it is positive."""
    return -(-values // 8)
