"""Images of a memory, written according to docs/weight-store.md."""

import struct
import zlib


def slot(weights, sequence, *, layout=1, model=2, steps=0, unit=8, flags=0, confirmed=False, erased=0xFF):
    """Bytes of a slot that holds a save."""
    fields = (1, layout, model, len(weights), zlib.crc32(weights), sequence, steps, flags)
    checked = b"iSTO" + struct.pack("<8I", *fields) + bytes(8)
    crc = struct.pack("<I", zlib.crc32(checked))
    mark = b"iSOK" + crc if confirmed else b""
    parts = (checked + crc, 48), (mark, 8), (weights, len(weights))
    blank = bytes([erased])
    return b"".join(part.ljust(-(-size // unit) * unit, blank) for part, size in parts)
