"""Names that mean something else in C or in an export's C files: no model may be called so."""

from __future__ import annotations

KEYWORDS = frozenset(
    (
        *("auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum"),
        *("extern", "float", "for", "goto", "if", "inline", "int", "long", "main", "register", "restrict"),
        *("return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union"),
        *("unsigned", "void", "volatile", "while"),
    )
)
HEADERS = frozenset(
    (
        *("alloca", "arm_acle", "arm_mve", "assert", "complex", "ctype", "errno", "fenv", "inttypes"),
        *("iso646", "limits", "locale", "math", "setjmp", "signal", "stdalign", "stdarg", "stdatomic"),
        *("stdbool", "stddef", "stdint", "stdio", "stdlib", "stdnoreturn", "string", "tgmath", "threads"),
        *("time", "uchar", "unistd", "wchar", "wctype"),
    )
)
RESERVED = KEYWORDS | HEADERS | {"checksum"}
"""checksum.c is compiled with an export's files."""

LAYERS = r"(block|head|pool)\d+"
"""Names of layers, which generated functions begin with."""
