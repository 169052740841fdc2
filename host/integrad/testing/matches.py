"""Finds which of several patterns matches first in what a device has sent."""

from __future__ import annotations

import re
from collections.abc import Sequence

NO_TEXT = re.compile("[\udc80-\udcff]")
"""What stands for bytes that are no UTF-8 (surrogateescape)."""


def first_match(patterns: Sequence[re.Pattern], data: bytes) -> tuple[int, re.Match] | None:
    """(end in bytes, match) of what matches first. Bytes that are no text are U+FFFD to a pattern of str:
    each is one character, with which reports can be written and sent between processes."""
    escaped = data.decode("utf-8", "surrogateescape")
    text = NO_TEXT.sub("\ufffd", escaped)
    found = [
        (begin, end, match)
        for pattern in patterns
        if (match := pattern.search(text if isinstance(pattern.pattern, str) else data))
        for begin, end in [_bytes_of(match, escaped)]
    ]
    if not found:
        return None
    _, end, match = min(found, key=lambda one: one[0])
    return end, match


def _bytes_of(match: re.Match, text: str) -> tuple[int, int]:
    """Where a match begins and ends, in bytes."""
    if isinstance(match.string, bytes):
        return match.span()
    return tuple(len(text[:at].encode("utf-8", "surrogateescape")) for at in match.span())
