"""Programs for boards, as `integrad flash` reads them: ELF, UF2 and Intel HEX."""

from __future__ import annotations

import random
import struct
import sys
from pathlib import Path

from fuzz_target import File, Target

from integrad.boards.flash_checks import check_image
from integrad.boards.flash_image import read_image
from integrad.boards.intel_hex import read_hex, write_hex
from integrad.boards.uf2 import BEGIN, BLOCK_BYTES, END, verify_uf2, write_uf2
from integrad.targets.boards import find_board

sys.path.append(str(Path(__file__).parents[1] / "cli"))
from flash_programs import elf, program

BOARD = find_board("pico")
FILE = File("program.hex")
BEGIN_BYTES = struct.pack("<2I", *BEGIN)


def read(data: bytes) -> None:
    image = read_image(str(FILE.holding(data)), BOARD.program_origin, BOARD.uf2_id)
    check_image(image, BOARD)
    assert len(image.flat()) == image.end - image.begin <= BOARD.program_bytes
    if image.format != "UF2":
        verify_uf2(write_uf2(image.segments, BOARD.uf2_id), image.segments, BOARD.uf2_id)
    assert read_hex(write_hex(image.segments)) == list(image.segments)


def mutate(data: bytes, rng: random.Random, mutate_bytes) -> bytes:
    """Other bytes; mostly blocks that begin and end like one, and lines with the right checksum."""
    if data.startswith(BEGIN_BYTES) and rng.randrange(4):
        blocks = [data[at : at + BLOCK_BYTES] for at in range(0, len(data), BLOCK_BYTES)]
        index = rng.randrange(len(blocks))
        inside = mutate_bytes(blocks[index][8:-4])[: BLOCK_BYTES - 12].ljust(BLOCK_BYTES - 12, b"\0")
        blocks[index] = BEGIN_BYTES + inside + struct.pack("<I", END)
        return b"".join(rng.choice([blocks, blocks[::-1], blocks + blocks[:1]]))
    if data.startswith(b":") and rng.randrange(4):
        lines = data.split(b"\n")
        index = rng.randrange(len(lines))
        lines[index] = b":" + with_checksum(mutate_bytes(lines[index])).hex().encode()
        return b"\n".join(lines)
    return mutate_bytes(data)


def with_checksum(line: bytes) -> bytes:
    digits = bytes(byte for byte in line.upper() if byte in b"0123456789ABCDEF")
    body = bytes.fromhex(digits[: len(digits) // 2 * 2].decode())[:-1]
    body = bytes([max(0, len(body) - 4)]) + body[1:]
    return body + bytes([-sum(body) & 0xFF])


def seeds() -> list[bytes]:
    segments = [program("pico", 600)]
    return [
        elf(segments, architecture=12),
        elf([*segments, (BOARD.program_origin + 8192, b"data")]),
        write_uf2(segments, BOARD.uf2_id),
        write_hex(segments),
    ]


TARGET = Target("program", read, seeds, mutate)
