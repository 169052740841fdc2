"""Output on terminals and pipes whose encoding lacks some characters of the messages."""

from __future__ import annotations

import codecs
import sys

PLAIN = "integrad.plain"
"""Name of the error handler that replaces characters."""

SIMILAR = {
    "…": "...", "–": "-", "—": "-", "·": "*", "×": "x", "±": "+-", "≤": "<=", "≥": ">=", "→": "->", "²": "^2",
    "‘": "'", "’": "'", "“": '"', "”": '"', "−": "-",
}  # fmt: skip


def use_plain_characters() -> None:
    """Make standard output and standard error replace characters that they cannot encode."""
    codecs.register_error(PLAIN, _replace)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and not is_unicode(stream):
            stream.reconfigure(errors=PLAIN)


def is_unicode(stream) -> bool:
    """Whether a stream can encode every character."""
    return (getattr(stream, "encoding", None) or "").lower().replace("_", "-").startswith("utf")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(SIMILAR.get(character, "?") for character in text), error.end
