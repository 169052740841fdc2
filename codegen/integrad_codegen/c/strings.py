"""Text as C string literals, whatever characters it contains."""

from __future__ import annotations

import string

COLUMNS = 72
"""Longest literal of a line, without its quotes."""

PLAIN = frozenset((string.ascii_letters + string.digits + " _-+.,:;()<>=!&#%").encode())
"""Bytes that stand for themselves. Quotes, backslashes, comment marks and trigraphs contain none of them
beside each other, so that no tool that reads the file, however simple, can take text for code."""


def literals(text: str) -> list[str]:
    """Lines of one string literal with the bytes of the text in UTF-8, which a compiler joins.

    Other bytes are octal escapes of three digits, which end by themselves, unlike hexadecimal ones.
    """
    lines = [""]
    for byte in text.encode():
        shown = chr(byte) if byte in PLAIN else f"\\{byte:03o}"
        if len(lines[-1]) + len(shown) > COLUMNS:
            lines.append("")
        lines[-1] += shown
    return [f'"{line}"' for line in lines]
