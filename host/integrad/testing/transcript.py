"""What a device has sent, as much of it as is worth keeping: the beginning and the end."""

from __future__ import annotations

from collections import deque
from pathlib import Path

KEPT = 64 * 1024
"""Bytes of the beginning, and of the end."""

BINARY = "".join(chr(code) for code in range(32) if chr(code) not in "\t\n\r") + "\x7f"
ESCAPES = {ord(char): f"\\x{ord(char):02x}" for char in BINARY}


class Transcript:
    """Bytes in the order in which they were received. total: how many those were."""

    def __init__(self):
        self.total = 0
        self._begin, self._end = bytearray(), deque[bytes]()
        self._end_bytes = 0

    def add(self, data: bytes) -> None:
        self.total += len(data)
        missing = KEPT - len(self._begin)
        self._begin += data[:missing]
        rest = data[missing:] if missing < len(data) else b""
        if rest:
            self._end.append(rest[-KEPT:])
            self._end_bytes += len(self._end[-1])
        while self._end and self._end_bytes - len(self._end[0]) >= KEPT:
            self._end_bytes -= len(self._end.popleft())

    @property
    def left_out(self) -> int:
        """Bytes between the beginning and the end that were not kept."""
        return self.total - len(self._begin) - min(self._end_bytes, KEPT)

    @property
    def text(self) -> str:
        """As text; what is none is shown as `\\xff`. Says how much was left out."""
        begin, end = bytes(self._begin), b"".join(self._end)[-KEPT:]
        if not self.left_out:
            return readable(begin + end)
        return f"{readable(begin)}\n[… {self.left_out:,} bytes left out …]\n{readable(end)}"


class Log:
    """The file in which what a device sends during a test is written down as it arrives."""

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.transcript = Transcript()
        self._file = path.open("w", encoding="utf-8", newline="")

    def received(self, data: bytes) -> None:
        """Written at once, except for what exceeds the beginning that is kept."""
        before = self.transcript.total
        self.transcript.add(data)
        if before < KEPT:
            self._file.write(readable(data[: KEPT - before]))
            self._file.flush()

    def note(self, text: str) -> None:
        """A line of its own that the device did not send."""
        self._file.write(f"\n[integrad] {text}\n")
        self._file.flush()

    def close(self) -> None:
        if self.transcript.total > KEPT:
            self._file.write("\n[integrad] the end of what was received:\n" + last_lines(self.transcript))
        self._file.close()


def readable(data: bytes) -> str:
    """Text with the bytes that are none as escapes; line ends are kept."""
    return data.decode("utf-8", "backslashreplace").translate(ESCAPES)


def last_lines(transcript: Transcript, most: int = 20, width: int = 200) -> str:
    """The last lines, shortened; "" if nothing was received."""
    lines = transcript.text[-most * width :].splitlines()[-most:]
    return "\n".join(line if len(line) <= width else f"{line[: width - 1]}…" for line in lines)
