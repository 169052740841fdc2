"""Names in generated files."""

from __future__ import annotations

import shlex
from pathlib import Path

LONGEST = 40


def c_name(path: Path) -> str:
    """A C identifier for a model file: its stem in lower case, with other characters replaced by _."""
    name = "".join(c if c.isascii() and c.isalnum() else "_" for c in path.stem.lower()).strip("_")
    return (name if name and name[0].isalpha() else f"model_{name}".rstrip("_"))[:LONGEST]


def command_line(*words: object) -> str:
    """The command that generated a file, quoted for a shell."""
    return shlex.join(["integrad", *map(str, words)])
