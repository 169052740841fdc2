"""Lines of text out of a stream of bytes."""

from __future__ import annotations

from collections.abc import Callable


class LineBuffer:
    """Lines out of bytes that come one by one."""

    def __init__(self, each: Callable[[str], None]):
        self._each, self._bytes = each, bytearray()

    def add(self, data: bytes) -> None:
        self._bytes += data
        while (end := self._bytes.find(b"\n")) >= 0:
            line = self._bytes[:end].decode(errors="replace").strip("\r\x04")
            del self._bytes[: end + 1]
            self._each(line)
