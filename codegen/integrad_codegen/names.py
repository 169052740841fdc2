"""Names that a model cannot have, since its files or modules would have another meaning."""

from __future__ import annotations

import re

from integrad.errors import UsageError
from integrad_codegen.c import names as c
from integrad_codegen.micropython import names as micropython

RESERVED_NAMES = c.RESERVED | micropython.RESERVED
"""Every export refuses all of them, so that a model can be exported for another target under its name."""


def is_taken(prefix: str) -> bool:
    """Whether files, modules or names of the generated code already mean something else by this name."""
    return prefix in RESERVED_NAMES or re.fullmatch(c.LAYERS, prefix) is not None


def check_name(prefix: str) -> None:
    """Raise UsageError for a name that is taken."""
    if is_taken(prefix):
        taken = "is a word, header or module of C, Python or MicroPython, or a file or layer of the export"
        raise UsageError(f"name {prefix!r}: {taken}; choose another --name")
