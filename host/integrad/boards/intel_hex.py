"""Intel HEX files: programs as lines of text, which loaders of several boards take.

A line is `:`, the bytes SIZE ADDRESS(2) KIND DATA(SIZE) CHECKSUM in hexadecimal digits; all bytes add up to
0 modulo 256. Kinds: 0 data, 1 end of the file, 2 and 4 the upper part of the addresses that follow (in units
of 16 or of 65,536 bytes), 3 and 5 the address where the program starts, which microcontrollers ignore.
"""

from __future__ import annotations

from collections.abc import Iterable

from integrad.boards.segments import Segment, joined

LINE_BYTES = 16
DATA, END, SEGMENT, START_SEGMENT, UPPER, START = range(6)
SIZES = {END: 0, SEGMENT: 2, START_SEGMENT: 4, UPPER: 2, START: 4}


class HexError(ValueError):
    """The text is no Intel HEX, or damaged. The message names the line, but not the file."""


def write_hex(segments: Iterable[Segment]) -> bytes:
    """A file with these (address, bytes), which must not overlap."""
    lines, upper = [], 0
    for start, data in sorted(segments):
        at, end = start, start + len(data)
        while at < end:
            if at >> 16 != upper:
                upper = at >> 16
                lines.append(_line(0, UPPER, upper.to_bytes(2, "big")))
            size = min(LINE_BYTES - at % LINE_BYTES, end - at)
            lines.append(_line(at & 0xFFFF, DATA, data[at - start : at - start + size]))
            at += size
    return "\n".join([*lines, _line(0, END, b""), ""]).encode()


def _line(address: int, kind: int, data: bytes) -> str:
    body = bytes([len(data), address >> 8, address & 0xFF, kind]) + data
    return f":{(body + bytes([-sum(body) & 0xFF])).hex().upper()}"


def read_hex(data: bytes) -> list[Segment]:
    """(address, bytes), sorted and joined where they meet. Raises HexError or OverlapError."""
    found: list[Segment] = []
    base, ended = 0, False
    for number, line in enumerate(data.split(b"\n"), 1):
        if not (line := line.strip()):
            continue
        if ended:
            raise HexError(f"line {number} follows the end of the file")
        kind, address, contents = _record(line, number)
        if kind == DATA:
            found.append((base + address, contents))
        elif kind in (SEGMENT, UPPER):
            base = int.from_bytes(contents, "big") << (4 if kind == SEGMENT else 16)
        ended = kind == END
    if not ended:
        raise HexError("the line that ends the file is missing: it is cut off")
    return joined(found)


def _record(line: bytes, number: int) -> tuple[int, int, bytes]:
    try:
        body = bytes.fromhex(line[1:].decode("ascii")) if line[:1] == b":" else b""
    except ValueError:  # other characters, or an odd number of digits
        body = b""
    if len(body) < 5 or len(body) != body[0] + 5 or (body[3] != DATA and SIZES.get(body[3]) != body[0]):
        raise HexError(f"line {number} is no line of Intel HEX")
    if sum(body) & 0xFF:
        raise HexError(f"line {number} has a wrong checksum")
    return body[3], int.from_bytes(body[1:3], "big"), body[4:-1]
