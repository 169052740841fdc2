"""Read tables of text (.csv, .tsv): a header row, then rows of the same length, a few thousand at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from integrad.errors import IntegradError, one_line

SUFFIXES = (".csv", ".tsv", ".txt")
DELIMITERS = ",;\t"
ROWS = 4096
"""Rows that are read at a time, so that the text of a large table is never in memory as a whole."""

MOST_NAMES = 12
MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "-"}
"""What stands for a missing value, in lower case."""


class TableReader:
    """A table that is being read.

    names: of the columns. places: name → number of the column. unnamed: whether the first has no name.

    Raises IntegradError, naming the file and the row, for anything but a table.
    """

    def __init__(self, path: Path, file):
        self.path = path
        first = self._first_line(file)
        self._reader = csv.reader(file, delimiter=_delimiter(first), skipinitialspace=True, strict=True)
        self._rows = 0
        self._numbers: list[int] = []
        header = next(self._lines(), None)
        if header is None:
            raise IntegradError(f"{path}: is empty; expected a header row with the names of the columns")
        self.names = [name.strip() for name in header]
        self.unnamed = len(header) > 1 and self.names[0] == ""
        self.places: dict[str, int] = {}
        self._check_names()

    def batches(self) -> Iterator[tuple[int, list[list[str]]]]:
        """(number of rows before, rows) of up to ROWS rows each."""
        batch: list[list[str]] = []
        self._numbers = []
        for row in self._lines():
            self._numbers.append(self._reader.line_num)
            if len(row) != len(self.names):
                self.fail(
                    self._rows + len(batch), f"has {len(row)} values, but there are {len(self.names)} columns"
                )
            batch.append(row)
            if len(batch) == ROWS:
                yield self._rows, batch
                self._rows += len(batch)
                batch, self._numbers = [], []
        if batch:
            yield self._rows, batch
            self._rows += len(batch)

    def fail(self, row: int, text: str, column: str | None = None) -> NoReturn:
        """Raise an IntegradError about a row of the current batch, counted from 0 without the header."""
        line = self._numbers[row - self._rows]
        place = f"row {row + 1:,} (line {line:,})" + ("" if column is None else f", column {column}")
        raise IntegradError(f"{self.path}: {place}: {text}")

    def fail_value(self, row: int, column: str, text: str) -> NoReturn:
        """Raise an IntegradError about a value that is no number."""
        shown = text if len(text) <= 40 else text[:39] + "…"
        if text.strip().lower() in MISSING:
            what = f"({shown!r}) " if text.strip() else ""
            self.fail(row, f"the value {what}is missing; fill it in or remove the row", column)
        if text.replace(",", "", 1).lstrip("+-").isdigit():
            self.fail(row, f"{shown!r} has a decimal comma; write a decimal point", column)
        self.fail(
            row, f"{shown!r} is not a number; correct it, or exclude the column with --drop {column}", column
        )

    def _first_line(self, file) -> str:
        try:
            line = file.readline()
            file.seek(0)
        except UnicodeDecodeError:
            self._fail_encoding()
        return line

    def _lines(self) -> Iterator[list[str]]:
        """Rows that are not empty."""
        try:
            for row in self._reader:
                if row and (len(row) > 1 or row[0].strip()):
                    yield row
        except UnicodeDecodeError:
            self._fail_encoding()
        except csv.Error as error:
            raise IntegradError(
                f"{self.path}: line {self._reader.line_num:,}: {one_line(error)}; "
                "check the quotes around texts"
            ) from None

    def _fail_encoding(self) -> NoReturn:
        raise IntegradError(
            f"{self.path}: is no UTF-8 text; save the table with the encoding UTF-8"
        ) from None

    def _check_names(self) -> None:
        for number, name in enumerate(self.names):
            if self.places.setdefault(name, number) != number:
                first = self.places[name] + 1
                what = f"named {name!r}" if name else "without a name"
                raise IntegradError(
                    f"{self.path}: columns {first} and {number + 1} are both {what}; rename one"
                )
            if not name and number:
                raise IntegradError(
                    f"{self.path}: column {number + 1} has no name; name it in the header row"
                )
            if not name.isprintable():
                raise IntegradError(f"{self.path}: column {number + 1} is named {name!r}; rename it")

    def listed(self) -> str:
        """The names of the columns, for a message."""
        names = [name for name in self.names if name]
        more = f", … ({len(names)} in total)" if len(names) > MOST_NAMES else ""
        return ", ".join(names[:MOST_NAMES]) + more


def _delimiter(line: str) -> str:
    """The most frequent delimiter outside quotes."""
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=outside.count)
