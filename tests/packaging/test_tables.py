"""Tables of the documentation have as many cells in each row as columns; GitHub drops what exceeds them."""

import re
from itertools import groupby
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def wrong_rows(text):
    """Numbers of the rows that have another number of cells than the first one of their table. A bar in a
    cell, also one in code, has a backslash before it."""
    outside = re.sub(r"^```.*?^```", lambda block: re.sub(r".+", "", block[0]), text, flags=re.M | re.S)
    lines = enumerate(outside.splitlines(), 1)
    found = []
    for is_row, rows in groupby(lines, lambda line: line[1].startswith("|")):
        if is_row:
            bars = [(number, len(re.findall(r"(?<!\\)\|", row))) for number, row in rows]
            found += [number for number, count in bars if count != bars[0][1]]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_rows_have_a_cell_for_each_column(page):
    assert wrong_rows(page.read_text(encoding="utf-8")) == []


def test_wrong_rows_are_noticed():
    table = "| a | b |\n|---|---|\n| `x\\|y` | 1 |\n"
    assert wrong_rows(table) == []
    assert wrong_rows(f"{table}| 1 | 2 | 3 |\n| 1 |\n\n| one |\n|---|\n| `x|y` |\n") == [4, 5, 9]
    assert wrong_rows(f"{table}\n```\n| 1 |\n| 1 | 2 |\n```\n") == []
