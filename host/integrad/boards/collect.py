"""Convert the lines that a board prints to a data set.

A board prints a sample as `sample LABEL: 12 -3 7 …`, with all values as integers in one line. Other lines are
ignored.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import dataclass, field
from math import prod

import numpy as np

from integrad.errors import UsageError

LINE = re.compile(r"sample(?: ([^:]{1,64}))?: ?(.*)")
REPLACEMENT = "\ufffd"
"""What stands for received bytes that are no UTF-8; different labels would become one."""

NO_LABEL = "no label, and --label is not given"

PRINTED = "the board printed no samples; expected lines like `sample LABEL: 12 -3 7`"
REPORTED = "the board reported no samples; its program sends them with NAME_serial_report()"
"""What is said if nothing came, of lines and of generated C."""

DTYPES = ("uint8", "int8", "int16", "uint16", "int32")


@dataclass
class Collector:
    """The samples received so far.

    given_shape: of a sample; if None, a row with as many values as most lines have, because the first line
    may be incomplete. label: for lines without one. missing: what to say if there are no samples.
    """

    dtype: str = "int16"
    given_shape: tuple[int, ...] | None = None
    label: str | None = None
    missing: str = PRINTED
    _lines: list[tuple[str, np.ndarray]] = field(default_factory=list)
    _lengths: Counter = field(default_factory=Counter)
    _malformed: Counter = field(default_factory=Counter)

    def add(self, line: str) -> bool:
        """Process a line of output; return whether it is a valid sample, if its length proves to be usual."""
        match = LINE.fullmatch(line.strip())
        if match is None:
            return False
        label = (match[1] or self.label or "").strip()
        reason = self._reason(label, match[2].split())
        if reason:
            self._malformed[reason] += 1
            return False
        self._take(label, np.array(list(map(int, match[2].split())), np.int64).astype(self.dtype))
        return True

    def add_sample(self, label: str | None, values: np.ndarray) -> bool:
        """Take a sample of given_shape and of this type; return whether it has a label."""
        if not (label or self.label):
            self._malformed[NO_LABEL] += 1
            return False
        self._take(label or self.label, values)
        return True

    def reject(self, reason: str, count: int = 1) -> None:
        """Count samples that did not arrive whole."""
        self._malformed[reason] += count

    def _take(self, label: str, values: np.ndarray) -> None:
        self._lines.append((label, values))
        self._lengths[len(values)] += 1

    @property
    def count(self) -> int:
        """Number of samples."""
        return self._lengths[prod(self.shape)] if self._lines else 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of a sample; of usual length if none was given, the first of equally frequent ones."""
        if self.given_shape is not None:
            return self.given_shape
        return (self._lengths.most_common(1)[0][0],) if self._lines else (0,)

    @property
    def rejected(self) -> Counter:
        """Number of rejected lines by reason."""
        usual = prod(self.shape)
        unusual = {
            f"{length} values instead of {usual}": count
            for length, count in self._lengths.items()
            if length != usual
        }
        return self._malformed + Counter(unusual)

    def _samples(self) -> list[tuple[str, np.ndarray]]:
        usual = prod(self.shape)
        return [(label, values) for label, values in self._lines if len(values) == usual]

    def _reason(self, label: str, words: list[str]) -> str:
        if not label:
            return NO_LABEL
        if not label.isprintable() or REPLACEMENT in label:
            return "label is no text"
        if not words or not all(re.fullmatch(r"-?\d{1,10}", word) for word in words):
            return "a value is not an integer"
        if self.given_shape is not None and len(words) != prod(self.given_shape):
            return f"{len(words)} values instead of {prod(self.given_shape)}"
        limits = np.iinfo(self.dtype)
        if not all(limits.min <= int(word) <= limits.max for word in words):
            return f"a value is out of range for {self.dtype}; choose another --dtype"
        return ""

    @property
    def counts(self) -> Counter:
        """Number of samples per label."""
        return Counter(label for label, _ in self._samples())

    def archive(self) -> bytes:
        """The contents of the .npz file. Raises UsageError if there are no samples."""
        samples = self._samples()
        if not samples:
            wrong = "".join(
                f"; {count} lines were rejected: {reason}" for reason, count in self.rejected.items()
            )
            raise UsageError(f"{self.missing}{wrong}")
        file = io.BytesIO()
        labels, values = zip(*samples, strict=True)
        x = np.stack(values).reshape(len(values), *self.shape)
        np.savez_compressed(file, x=x, y=np.array(labels))
        return file.getvalue()
