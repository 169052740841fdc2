"""Contents of a memory as (address, bytes), as files of programs list them."""

from __future__ import annotations

from collections.abc import Iterable

Segment = tuple[int, bytes]


class OverlapError(ValueError):
    """Two segments have the same address."""


def joined(segments: Iterable[Segment]) -> list[Segment]:
    """Sorted by address, and joined where they meet. Raises OverlapError."""
    result: list[tuple[int, bytearray]] = []
    for address, contents in sorted(segments):
        end = result[-1][0] + len(result[-1][1]) if result else -1
        if address < end:
            raise OverlapError(f"has two contents for address 0x{address:08x}")
        if address == end:
            result[-1][1].extend(contents)
        else:
            result.append((address, bytearray(contents)))
    return [(address, bytes(contents)) for address, contents in result]
