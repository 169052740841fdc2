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
        # Headers that these include, in the C libraries glibc, musl, newlib, picolibc and those of compilers.
        *("alltypes", "arm_bf16", "arm_cmse", "arm_fp16", "arm_mve_types", "arm_neon", "cmse", "endian"),
        *("envlock", "features", "ieeefp", "newlib", "picolibc", "reent", "stdbit", "stdckdint", "strings"),
        *("stubs", "syslimits", "xlocale"),
    )
)
RESERVED = KEYWORDS | HEADERS | {"checksum"}
"""checksum.c is compiled together with the files of an export."""

RUNTIME = r"integrad(_.*)?"
"""How names of the runtime begin: its header integrad/store.h would otherwise seem to be a model's."""

LAYERS = r"(block|head|pool)\d+"
"""Names of layers, with which the names of generated functions begin."""
