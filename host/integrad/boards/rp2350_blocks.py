"""Image definitions of the RP2350: what its boot ROM must find at the beginning of a program (section 5.9 of
its data sheet).

A program holds a loop of blocks, of which one begins in its first 4,096 bytes. A block consists of words of
32 bits, little-endian: the mark BEGIN, items, how far away the next block of the loop is, the mark END. The
first byte of an item is its kind, with bit 7 if two bytes for its number of words follow instead of one. The
last item has the number of words of all others. A block whose first item has the kind IMAGE_TYPE defines an
image.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

BEGIN, END = 0xFFFFDED3, 0xAB123579
FIRST_WITHIN = 4096
MOST_BLOCKS = 64
"""In a loop; a bound for damaged files."""

IMAGE_TYPE, LAST = 0x42, 0xFF
TWO_BYTES = 0x80
EXECUTABLE = 1
ARM_CPU, RISC_V_CPU = 0, 1
RP2350 = 1


@dataclass(frozen=True)
class Definition:
    """cpu: ARM_CPU or RISC_V_CPU, or a number that is not defined; chip: RP2350, or 0 for an RP2040."""

    executable: bool
    cpu: int
    chip: int


def image_definitions(image: bytes) -> list[Definition]:
    """The definitions in the loop of blocks that the boot ROM finds; none if there is no closed loop.

    image: the program from the beginning of flash.
    """
    for offset in range(0, min(len(image), FIRST_WITHIN), 4):
        if _word(image, offset) == BEGIN and (loop := _loop(image, offset)):
            return [_definition(flags) for flags in loop if flags is not None]
    return []


def _loop(image: bytes, first: int) -> list[int | None]:
    """Of each block in a loop the flags of its image, or None; empty if the loop is not closed."""
    found: list[int | None] = []
    offset = first
    while len(found) < MOST_BLOCKS:
        block = _read_block(image, offset)
        if block is None:
            return []
        flags, link = block
        found.append(flags)
        offset += link
        if offset == first:
            return found
    return []


def _read_block(image: bytes, offset: int) -> tuple[int | None, int] | None:
    """(flags of the image or None, link to the next block in bytes), or None if there is no whole block."""
    if offset < 0 or offset % 4 or _word(image, offset) != BEGIN:
        return None
    words, flags = 0, None
    for kind, size, value in _items(image, offset + 4):
        if kind == LAST:
            at = offset + 4 + 4 * words + 4
            link = _word(image, at)
            whole = size == words and link is not None and _word(image, at + 4) == END
            return (flags, link - (link >> 31 << 32)) if whole else None
        if kind == IMAGE_TYPE and words == 0:
            flags = value
        words += size
    return None


def _items(image: bytes, offset: int) -> Iterator[tuple[int, int, int]]:
    """(kind, words, upper half of the first word), as far as the words are there."""
    while (word := _word(image, offset)) is not None:
        size = word >> 8 & (0xFFFF if word & TWO_BYTES else 0xFF)
        yield word & 0xFF, size, word >> 16
        if size == 0:
            return
        offset += 4 * size


def _word(image: bytes, offset: int) -> int | None:
    return struct.unpack_from("<I", image, offset)[0] if 0 <= offset <= len(image) - 4 else None


def _definition(flags: int) -> Definition:
    return Definition(flags & 0xF == EXECUTABLE, flags >> 8 & 7, flags >> 12 & 7)
