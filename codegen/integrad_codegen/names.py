"""Names that a model cannot have, because its files or modules would then mean something else."""

from __future__ import annotations

import re

from integrad.errors import UsageError
from integrad_codegen.c import names as c
from integrad_codegen.micropython import names as micropython

RESERVED_NAMES = c.RESERVED | micropython.RESERVED
"""Every export rejects all of them, so that a model can be exported for any target under the same name."""


def is_taken(prefix: str) -> bool:
    """Whether the name already has a meaning as a file, a module or a name in the generated code."""
    return prefix in RESERVED_NAMES or any(re.fullmatch(names, prefix) for names in (c.LAYERS, c.RUNTIME))


def check_name(prefix: str) -> None:
    """Raise UsageError if a name is taken."""
    if is_taken(prefix):
        taken = (
            "is a keyword, header or module of C, Python or MicroPython, "
            "or a file, layer or function of the export"
        )
        raise UsageError(f"name {prefix!r}: {taken}; choose another --name")
