"""Small programs for boards: what a chip looks at when it starts, and nothing that could run."""

import struct
from functools import cache

from integrad.targets.boards import find_board


@cache
def boot2():
    """256 bytes with the checksum of the RP2040's boot ROM, computed bit by bit."""
    code = bytes(range(252))
    crc = 0xFFFFFFFF
    for bit in (byte >> shift & 1 for byte in code for shift in range(7, -1, -1)):
        crc = (crc << 1 ^ (0x04C11DB7 if crc >> 31 ^ bit else 0)) & 0xFFFFFFFF
    return code + struct.pack("<I", crc)


def image_definition(flags, link=0):
    """A block of an RP2350 that defines an image. flags: 0x1021 for Arm, 0x1101 for RISC-V."""
    return struct.pack("<5I", 0xFFFFDED3, flags << 16 | 0x0142, 0x01FF, link, 0xAB123579)


def program(name, size=3000):
    """(address, bytes) of a program for a board."""
    board = find_board(name)
    origin = board.program_origin
    start = {
        "rp2040": boot2(),
        "rp2350": bytes(64) + image_definition(0x1021),
        "rp2350-riscv": bytes(64) + image_definition(0x1101),
        "imxrt1062": b"FCFB" + bytes(60),
        "esp32c3": bytes.fromhex("1d04dbae1d04dbae"),
    }.get(board.driver, struct.pack("<2I", 0x20001000, origin + 0x101))
    return origin, start + bytes(n * 7 & 0xFF for n in range(size - len(start)))


def elf(segments, machine=40, architecture=None):
    """A linked ELF file of 32 bits. machine: 40 is Arm, 243 RISC-V; architecture: as in build attributes."""
    attributes = b""
    if architecture is not None:
        inner = bytes([6, architecture, 7, ord("M")])
        part = b"\x01" + struct.pack("<I", 5 + len(inner)) + inner
        attributes = b"A" + struct.pack("<I", 10 + len(part)) + b"aeabi\0" + part
    names = b"\0.ARM.attributes\0.shstrtab\0"
    at = 52 + 32 * len(segments)
    heads, body = b"", b""
    for address, data in segments:
        heads += struct.pack("<8I", 1, at + len(body), address, address, len(data), len(data), 5, 4)
        body += data
    where = at + len(body)
    sections = bytes(40)
    kind = 0x70000003 if attributes else 1
    sections += struct.pack("<10I", 1, kind, 0, 0, where, len(attributes), 0, 0, 1, 0)
    sections += struct.pack("<10I", 17, 3, 0, 0, where + len(attributes), len(names), 0, 0, 1, 0)
    table = where + len(attributes) + len(names)
    ident = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
    head = struct.pack("<2H5I6H", 2, machine, 1, 0, 52, table, 0, 52, 32, len(segments), 40, 3, 2)
    return ident + head + heads + body + attributes + names + sections
