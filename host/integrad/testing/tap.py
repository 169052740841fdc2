"""Reads results in the Test Anything Protocol, among what else a program prints."""

from __future__ import annotations

import re
from dataclasses import dataclass

RESULT = re.compile(r"(not )?ok (\d{1,6}) - (\w+)( # SKIP ?(.*))?")


@dataclass(frozen=True)
class Result:
    """The result of a case. number: from 1. skipped: the reason, or None. messages: of what failed."""

    number: int
    name: str
    passed: bool
    skipped: str | None
    messages: tuple[str, ...]


def read_results(text: str) -> list[Result]:
    """The results in a text; an incomplete last line is none."""
    results, messages = [], []
    for line in text.replace("\r\n", "\n").split("\n")[:-1]:
        if found := RESULT.fullmatch(line):
            skipped = found[5] if found[4] else None
            results.append(Result(int(found[2]), found[3], found[1] is None, skipped, tuple(messages)))
            messages.clear()
        elif line.startswith("# "):
            messages.append(line.removeprefix("# "))
    return results
