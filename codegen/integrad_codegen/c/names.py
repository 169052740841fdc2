"""Names with another meaning in C or in the C files of an export, which no model may have."""

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
"""checksum.c is compiled together with the files of an export."""

LAYERS = r"(block|head|pool)\d+"
"""Names of layers, with which the names of generated functions begin."""
