"""How many rows of weights learn together, and how much that takes."""

from __future__ import annotations

INT16 = 2
"""Bytes of a value in a workspace."""


def learn_errors(batch: int) -> int:
    """Errors, int32, of the rows that learn together: up to 1 KB, but a row at least."""
    return max(batch, min(8 * batch, 256))


def learn_rows(batch: int) -> int:
    """Those rows: up to 8."""
    return learn_errors(batch) // batch


def learn_values(batch: int) -> int:
    """int16 values of the tile in which those rows see their inputs: 16 inputs over the batch, up to
    1 KB, but never fewer than 4 inputs."""
    padded = -(-batch // 8) * 8
    return max(4 * padded, min(16 * padded, 512))
