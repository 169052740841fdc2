"""Split a stream of bytes into lines of text."""

from __future__ import annotations

from collections.abc import Callable


class LineBuffer:
    """Collects bytes and passes complete lines to a function."""

    def __init__(self, each: Callable[[str], None]):
        self._each, self._bytes = each, bytearray()

    def add(self, data: bytes) -> None:
        searched = len(self._bytes)  # a line that arrives byte by byte is not searched again for each of them
        self._bytes += data
        while (end := self._bytes.find(b"\n", searched)) >= 0:
            line = self._bytes[:end].decode(errors="replace").strip("\r\x04")
            del self._bytes[: end + 1]
            searched = 0
            self._each(line)
