"""Sizes and numbers of the format of the weight store, which docs/weight-store.md describes."""

from __future__ import annotations

MAGIC, MARK, VERSION = b"iSTO", b"iSOK", 1
HEADER_BYTES, CHECKED_BYTES, MARK_BYTES = 48, 44, 8
NEEDS_CONFIRMATION = 1
LARGEST_UNIT = 256
LAST_SEQUENCE = 2**32 - 2

FILE_UNIT = 64
"""The program unit of files: those that MicroPython saves, and those of the examples for C."""


def file_bytes(size: int) -> int:
    """Bytes of a file with one save, which ends with the weights."""
    return 2 * FILE_UNIT + size


def rounded(count: int, unit: int) -> int:
    """The bytes of whole program units that hold `count` bytes."""
    return -(-count // unit) * unit


def slot_bytes(size: int, unit: int) -> int:
    """Bytes of a slot for `size` bytes of weights, before rounding up to whole blocks."""
    return rounded(HEADER_BYTES, unit) + rounded(MARK_BYTES, unit) + rounded(size, unit)
