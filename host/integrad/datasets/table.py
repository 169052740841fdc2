"""Data sets from tables of text: one row per sample, one column per feature, and a column of labels.

Every column is a feature unless it holds the labels or the groups, or is dropped. Features are integers if
all of their values are, else floats. Labels may be any text; if all are integers, they are ordered as such.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from integrad.datasets.dataset import Dataset, build_dataset
from integrad.datasets.labels import MAX_NAME
from integrad.datasets.table_reader import MISSING, TableReader
from integrad.errors import IntegradError, UsageError
from integrad.network.description import MAX_CLASSES

INDEX = "the first column, which has no name"
MOST_GROUPS = 100_000


@dataclass(frozen=True)
class TableOptions:
    """How to read a table.

    label: column with the classes, or None if there is none. group: column whose groups are kept together, or
    None. drop: columns that are not used; drop_if_there: the same, but they need not exist. features: names
    of the features in their order, by which columns are selected; None for all. floats: whether features are
    floats even if all values are integers.
    """

    label: str | None = None
    group: str | None = None
    drop: tuple[str, ...] = ()
    drop_if_there: tuple[str, ...] = ()
    features: tuple[str, ...] | None = None
    floats: bool = False

    @property
    def given(self) -> bool:
        """Whether the user has chosen columns."""
        return self.label is not None or self.group is not None or bool(self.drop)


def load_table(path: Path, options: TableOptions, axes: str | None = None) -> Dataset:
    """Read and check a table with labels. Raises IntegradError naming file, row and column, UsageError for
    columns that do not exist."""
    with _opened(path) as reader:
        if options.label is None:
            raise UsageError(
                f"{path}: --label must name the column with the classes; columns: {reader.listed()}"
            )
        columns = _choose(reader, options)
        _read(reader, columns)
    labels, label_names = columns.labels.result()
    if len(label_names) == 1:
        raise IntegradError(
            f"{path}: column {options.label} contains a single class ({label_names[0]}); "
            "a classifier requires two or more"
        )
    groups = columns.groups.values() if columns.groups else None
    return build_dataset(
        str(path),
        columns.x(options.floats),
        labels,
        class_names=np.array(label_names),
        channel_names=np.array(columns.names) if _is_per_column(axes) else None,
        keys={} if groups is None else {str(options.group): groups},
        group=options.group,
        axes=axes,
        ignored=tuple(columns.ignored),
        label_column=options.label,
    )


def load_table_samples(path: Path, options: TableOptions) -> np.ndarray:
    """The features of a table (N, F), without labels."""
    with _opened(path) as reader:
        columns = _choose(reader, options)
        columns.labels = columns.groups = None
        _read(reader, columns)
    return columns.x(options.floats)


def _is_per_column(axes: str | None) -> bool:
    return axes is None or axes.strip().upper() == "F"


class Texts:
    """A column of texts as numbers and a list of the different ones."""

    def __init__(self, name: str, place: int, most: int, what: str):
        self.name, self.place = name, place
        self._most, self._what = most, what
        self._numbers: dict[str, int] = {}
        self._parts: list[np.ndarray] = []

    def add(self, reader: TableReader, first: int, rows: list[list[str]]) -> None:
        numbers, place = self._numbers, self.place
        found = [row[place].strip() for row in rows]
        for row, text in enumerate(found):
            if text not in numbers:
                self._check(reader, first + row, text)
                numbers[text] = len(numbers)
        self._parts.append(np.array([numbers[text] for text in found], np.int32))

    def _check(self, reader: TableReader, row: int, text: str) -> None:
        if text.lower() in MISSING - {"none", "-", "?"}:
            reader.fail(row, f"the {self._what} is missing; fill it in or remove the row", self.name)
        if not text.isprintable() or len(text) > MAX_NAME:
            reader.fail(row, f"a {self._what} must have 1 to {MAX_NAME} printable characters", self.name)
        if len(self._numbers) == self._most:
            reader.fail(row, f"there are more than {self._most:,} different {self._what}s", self.name)

    def result(self) -> tuple[np.ndarray, list[str]]:
        """(rank of each row's text, int64 (N,); the texts in their order)."""
        texts = list(self._numbers)
        try:
            whole = all(str(int(text)) == text for text in texts)
        except ValueError:
            whole = False
        ordered = sorted(texts, key=int) if whole else sorted(texts)
        ranks = np.array([ordered.index(text) for text in texts], np.int64)
        return ranks[np.concatenate(self._parts)], ordered

    def values(self) -> np.ndarray:
        """The text of each row (N,)."""
        return np.array(list(self._numbers))[np.concatenate(self._parts)]


@dataclass
class Columns:
    """The columns that are used, and what has been read of them."""

    names: list[str]
    places: list[int]
    labels: Texts | None
    groups: Texts | None
    ignored: list[str]
    parts: list[list[np.ndarray]] = field(default_factory=list)

    def add(self, reader: TableReader, first: int, rows: list[list[str]]) -> None:
        turned = list(zip(*rows, strict=True))
        numbers = zip(self.names, self.places, strict=True)
        self.parts.append([_numbers(reader, first, name, turned[place]) for name, place in numbers])
        for texts in (self.labels, self.groups):
            if texts is not None:
                texts.add(reader, first, rows)

    def x(self, floats: bool) -> np.ndarray:
        """(N, F): int64 if all values are integers, else float64."""
        whole = not floats and all(part.dtype.kind == "i" for parts in self.parts for part in parts)
        dtype = np.int64 if whole else np.float64
        x = np.empty((sum(len(parts[0]) for parts in self.parts), len(self.names)), dtype)
        start = 0
        while self.parts:  # each part is released when it has been copied
            parts = self.parts.pop(0)
            for column, part in enumerate(parts):
                x[start : start + len(part), column] = part
            start += len(parts[0])
        return x


def _choose(reader: TableReader, options: TableOptions) -> Columns:
    named = {"--label": options.label, "--group": options.group}
    asked = [(option, name) for option, name in named.items() if name is not None]
    for option, name in [*asked, *(("--drop", name) for name in options.drop)]:
        if name not in reader.places:
            raise UsageError(
                f"{option} {name}: {reader.path} has no such column; columns: {reader.listed()} "
                "(the first row must name them)"
            )
    used = {name for _, name in asked} | (set(options.drop_if_there) & reader.places.keys())
    if clash := used & set(options.drop):
        raise UsageError(f"--drop {min(clash)}: is the column of --label or --group")
    if options.label is not None and options.label == options.group:
        raise UsageError(f"--group {options.group}: is the column of --label")
    ignored = [INDEX] if reader.unnamed else []
    if options.features is None:
        names = [name for name in reader.names if name and name not in used and name not in options.drop]
        ignored += options.drop
    else:
        names = list(options.features)
        if missing := [name for name in names if name not in reader.places]:
            raise IntegradError(
                f"{reader.path}: has no column {missing[0]}, which the model was trained on; "
                f"columns: {reader.listed()}"
            )
        known = {"", *names, *used}
        ignored += [name for name in reader.names if name not in known]
    if not names:
        raise IntegradError(f"{reader.path}: no column remains as a feature")
    label, group = (
        None if name is None else Texts(name, reader.places[name], most, what)
        for name, most, what in (
            (options.label, MAX_CLASSES, "label"),
            (options.group, MOST_GROUPS, "group"),
        )
    )
    return Columns(names, [reader.places[name] for name in names], label, group, ignored)


def _read(reader: TableReader, columns: Columns) -> None:
    for first, rows in reader.batches():
        columns.add(reader, first, rows)
    if not columns.parts:
        raise IntegradError(f"{reader.path}: has no rows besides the header")


def _numbers(reader: TableReader, first: int, name: str, texts: tuple[str, ...]) -> np.ndarray:
    """The values of a column as int64 if all are integers that fit, else as float64."""
    try:
        return np.array(list(map(int, texts)), np.int64)
    except (ValueError, OverflowError):
        pass
    try:
        values = np.array(list(map(float, texts)))
    except ValueError:
        row = next(row for row, text in enumerate(texts) if not _is_number(text))
        reader.fail_value(first + row, name, texts[row])
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values)))
        if np.isnan(values[row]):
            reader.fail_value(first + row, name, texts[row])
        reader.fail(first + row, f"{texts[row]!r} is not finite; correct it or remove the row", name)
    return values


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@contextmanager
def _opened(path: Path) -> Iterator[TableReader]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield TableReader(path, file)
    except FileNotFoundError:
        raise IntegradError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise IntegradError(f"{path}: is a directory, expected a table") from None
    except PermissionError:
        raise IntegradError(f"{path}: permission denied; make it readable (chmod +r)") from None
    except OSError as error:
        raise IntegradError(f"{path}: cannot be read: {error.strerror or error}") from None
