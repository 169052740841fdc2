"""Number of rows of weights that are updated together, and the workspace for that."""

from __future__ import annotations

INT16 = 2
"""Bytes of a value in a workspace."""


def learn_errors(batch: int) -> int:
    """int32 errors of the rows that are updated together: up to 1 KB, but at least one row."""
    return max(batch, min(8 * batch, 256))


def learn_rows(batch: int) -> int:
    """Number of those rows: up to 8."""
    return learn_errors(batch) // batch


def learn_values(batch: int) -> int:
    """int16 values of the tile from which those rows read their inputs: 16 inputs over the batch, up to
    1 KB, but at least 4 inputs."""
    padded = -(-batch // 8) * 8
    return max(4 * padded, min(16 * padded, 512))
