"""UF2 files: programs as boot loaders take them that show a board as a USB drive.

A file consists of blocks of 512 bytes, so that a boot loader recognises each one by itself, in whatever order
the computer writes the sectors of the drive. A block, in little-endian words of 32 bits:

    0    0x0A324655, 0x9E5D5157: begins every block
    8    flags: 0x0001 not for the main flash, 0x1000 part of a file, 0x2000 word 28 is a family,
         0x4000 a checksum and 0x8000 extensions follow the contents
    12   address of the contents
    16   size of the contents in bytes, at most 476
    20   number of this block, and 24 number of blocks
    28   family: which chips the block is for; a boot loader ignores blocks of other families
    32   contents, and zeros up to 508
    508  0x0AB16F30: ends every block

Written here are contents of 256 bytes at multiples of 256: a page, as the boot loaders of the RP2040 and
RP2350 require. Gaps inside 4,096 bytes are filled, because the boot loader of the RP2040 erases so many when
the first page of them arrives and may lose pages that arrive after a gap.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from integrad.boards.segments import Segment, joined
from integrad.targets.uf2_families import ABSOLUTE, family_name

BLOCK_BYTES = 512
PAGE_BYTES = 256
MOST_CONTENTS = 476
ERASED_BYTES = 4096
FILLER = 0xFF

BEGIN = 0x0A324655, 0x9E5D5157
END = 0x0AB16F30
NOT_MAIN_FLASH, FILE_CONTAINER, HAS_FAMILY = 0x0001, 0x1000, 0x2000


class Uf2Error(ValueError):
    """The bytes are no UF2 file, or a damaged one. The message does not name the file."""


@dataclass(frozen=True)
class Block:
    """family: None if the block names none."""

    address: int
    contents: bytes
    number: int
    count: int
    family: int | None
    flags: int


def write_uf2(segments: Iterable[Segment], family: int) -> bytes:
    """A file with these (address, bytes), which must not overlap."""
    pages = sorted(_pages(segments).items())
    blocks = []
    for number, (address, contents) in enumerate(pages):
        head = (*BEGIN, HAS_FAMILY, address, PAGE_BYTES, number, len(pages), family)
        body = struct.pack("<8I", *head) + contents
        blocks.append(body.ljust(BLOCK_BYTES - 4, b"\0") + struct.pack("<I", END))
    return b"".join(blocks)


def _pages(segments: Iterable[Segment]) -> dict[int, bytearray]:
    pages: dict[int, bytearray] = {}
    for start, data in segments:
        erased = range(start - start % ERASED_BYTES, start + len(data), ERASED_BYTES)
        for address in (page for first in erased for page in range(first, first + ERASED_BYTES, PAGE_BYTES)):
            page = pages.setdefault(address, bytearray([FILLER]) * PAGE_BYTES)
            begin, end = max(start, address), min(start + len(data), address + PAGE_BYTES)
            if begin < end:
                page[begin - address : end - address] = data[begin - start : end - start]
    return pages


def read_blocks(data: bytes) -> list[Block]:
    """All blocks for the main flash. Raises Uf2Error unless every block is whole."""
    if not data or len(data) % BLOCK_BYTES:
        raise Uf2Error(f"{len(data):,} bytes are no whole number of blocks of {BLOCK_BYTES}: it is cut off")
    blocks = []
    for index in range(len(data) // BLOCK_BYTES):
        raw = data[index * BLOCK_BYTES : (index + 1) * BLOCK_BYTES]
        first, second, flags, address, size, number, count, family = struct.unpack_from("<8I", raw)
        if (first, second) != BEGIN or struct.unpack_from("<I", raw, BLOCK_BYTES - 4)[0] != END:
            raise Uf2Error(f"block {index} of {len(data) // BLOCK_BYTES} does not begin and end like one")
        if not 0 < size <= MOST_CONTENTS or number >= count or address + size > 2**32:
            raise Uf2Error(f"block {index} has an impossible size, number or address")
        if flags & FILE_CONTAINER:
            raise Uf2Error("contains files, not a program")
        if not flags & NOT_MAIN_FLASH:
            contents, known = raw[32 : 32 + size], family if flags & HAS_FAMILY else None
            blocks.append(Block(address, contents, number, count, known, flags))
    return blocks


def read_uf2(data: bytes) -> dict[int | None, list[Segment]]:
    """Family → its (address, bytes), sorted and joined where they meet, without the absolute block.

    Raises Uf2Error if a block is damaged, missing or repeated, OverlapError if two have the same address.
    """
    families: dict[int | None, list[Block]] = {}
    for block in read_blocks(data):
        if block.family != ABSOLUTE:
            families.setdefault(block.family, []).append(block)
    # Some tools number the blocks of all families together, others those of each.
    if not _complete([block for blocks in families.values() for block in blocks]):
        for family, blocks in families.items():
            if not _complete(blocks):
                raise Uf2Error(f"blocks of {family_name(family)} are missing or repeated")
    return {
        family: joined((block.address, block.contents) for block in blocks)
        for family, blocks in families.items()
    }


def _complete(blocks: list[Block]) -> bool:
    numbers = sorted(block.number for block in blocks)
    return {block.count for block in blocks} == {len(blocks)} and numbers == [*range(len(blocks))]


def verify_uf2(data: bytes, segments: Iterable[Segment], family: int) -> int:
    """Read back what write_uf2() wrote, block by block; the number of blocks.

    Raises Uf2Error that names the first block with other contents, family, size or padding.
    """
    expected, blocks = sorted(_pages(segments).items()), read_blocks(data)
    if len(blocks) != len(expected):
        raise Uf2Error(f"has {len(blocks)} blocks instead of {len(expected)}")
    for number, (block, (address, contents)) in enumerate(zip(blocks, expected, strict=True)):
        padding = data[number * BLOCK_BYTES + 32 + PAGE_BYTES : (number + 1) * BLOCK_BYTES - 4]
        if block != Block(address, bytes(contents), number, len(expected), family, HAS_FAMILY) or any(
            padding
        ):
            raise Uf2Error(f"block {number} differs from the program")
    return len(blocks)
