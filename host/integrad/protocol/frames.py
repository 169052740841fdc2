"""Frames: COBS encoding between zero bytes, with a CRC-32 at the end of the contents."""

from __future__ import annotations

import zlib

from integrad.errors import IntegradError

LONGEST = 1 << 16
"""Bytes without a zero byte after which they are no frame, whatever follows."""


def encoded(contents: bytes) -> bytes:
    """A frame with these contents."""
    return b"\0" + _cobs().encode(contents + zlib.crc32(contents).to_bytes(4, "little")) + b"\0"


class FrameReader:
    """Finds frames in what arrives, wherever it was cut. damaged: what arrived between zero bytes and is no
    frame, such as text."""

    def __init__(self):
        self.damaged = 0
        self._part = bytearray()

    def take(self, received: bytes) -> list[bytes]:
        """Contents of the frames that these bytes complete."""
        found = []
        *ended, rest = received.split(b"\0")
        for part in ended:
            self._part += part
            if self._part:
                contents = _decoded(bytes(self._part))
                if contents is None:
                    self.damaged += 1
                else:
                    found.append(contents)
            self._part.clear()
        self._part += rest
        if len(self._part) > LONGEST:
            del self._part[:-LONGEST]
        return found


def _decoded(part: bytes) -> bytes | None:
    """Contents of a frame, or None."""
    cobs = _cobs()
    try:
        contents = cobs.decode(part)
    except cobs.DecodeError:
        return None
    contents, crc = contents[:-4], contents[-4:]
    return contents if len(crc) == 4 and zlib.crc32(contents) == int.from_bytes(crc, "little") else None


def _cobs():
    try:
        from cobs import cobs
    except ImportError:
        raise IntegradError(
            "talking to boards with generated C requires cobs; pip install 'integrad[boards]'"
        ) from None
    return cobs
