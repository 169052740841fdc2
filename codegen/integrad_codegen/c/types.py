"""Names of C types."""

from __future__ import annotations


def integer(bits: int) -> str:
    """`int32_t`."""
    return f"int{bits}_t"
