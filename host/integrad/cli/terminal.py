"""Output on terminals and pipes whose encoding lacks some characters of the messages, or of file names."""

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
    """Make standard output and standard error replace characters that they cannot encode. Names of files that
    are no text are written as they are."""
    codecs.register_error(PLAIN, _replace)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="surrogateescape" if is_unicode(stream) else PLAIN)


def is_unicode(stream) -> bool:
    """Whether a stream can encode every character."""
    return (getattr(stream, "encoding", None) or "").lower().replace("_", "-").startswith("utf")


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    return "".join(SIMILAR.get(character, "?") for character in text), error.end
