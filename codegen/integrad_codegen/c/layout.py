"""Line breaks and comments of generated C, placed as a formatter would place them."""

from __future__ import annotations

import re
import textwrap
from itertools import groupby

COLUMNS, INDENT = 100, 4


def wrapped(opening: str, arguments: list[str], ending: str, indent: int = 0) -> str:
    """`opening(a, b, …)ending`, broken after commas before column 100 and aligned at the parenthesis.

    indent: columns before `opening`, which the template itself has printed.
    """
    start = indent + len(opening) + 1
    lines, column = [opening + "("], start
    for position, argument in enumerate(arguments):
        last = position == len(arguments) - 1
        text = argument + (")" + ending if last else ",")
        if position and column + 1 + len(text) > COLUMNS:
            lines.append(" " * start)
            column = start
        elif position:
            lines[-1] += " "
            column += 1
        lines[-1] += text
        column += len(text)
    return "\n".join(lines)


def wrapped_call(call: str, indent: int) -> str:
    """`f(a, b, …);`, broken as in wrapped() if it is too long. No argument may contain a comma."""
    if indent + len(call) <= COLUMNS:
        return call
    opening, _, rest = call.partition("(")
    return wrapped(opening, rest.removesuffix(");").split(", "), ";", indent)


def commented(lines: list[tuple[str, str]]) -> list[str]:
    """(code, comment) → lines whose trailing comments are aligned, as far as that leaves them before column
    100 where lines are indented once."""
    found, group, least, most = [], [], 0, COLUMNS
    for code, comment in lines:
        first, last = len(code), COLUMNS - INDENT - len(f" /* {comment} */")
        if group and (first > most or last < least):
            found += _aligned(group, least)
            group, least, most = [], 0, COLUMNS
        group.append((code, comment))
        least, most = max(least, first), min(most, last)
    return found + _aligned(group, least)


def _aligned(lines: list[tuple[str, str]], width: int) -> list[str]:
    return [f"{code:<{width}} /* {comment} */" for code, comment in lines]


def aligned(text: str) -> str:
    """Text whose trailing comments stand in one column for lines of the same indentation that follow each
    other."""
    lines = [re.fullmatch(r"( *)(.*\S) +(/\*.*\*/)", line) or line for line in text.splitlines()]
    found = []
    for indent, group in groupby(lines, key=lambda line: None if isinstance(line, str) else line[1]):
        if indent is None:
            found += group
            continue
        parts = [(match[2], match[3]) for match in group]
        width = max(len(code) for code, _ in parts)
        found += [f"{indent}{code:<{width}} {comment}" for code, comment in parts]
    return "\n".join(found) + "\n"


def paragraph(text: str) -> str:
    """Prose as lines of a block comment, whatever the length of the names in it."""
    return "".join(f" * {line}\n" for line in textwrap.wrap(" ".join(text.split()), COLUMNS - 3))
