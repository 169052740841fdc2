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
DTYPES = ("uint8", "int8", "int16", "uint16", "int32")


@dataclass
class Collector:
    """The samples received so far.

    shape: of a sample; if None, a row with as many values as the first sample. label: for lines without one.
    """

    dtype: str = "int16"
    shape: tuple[int, ...] | None = None
    label: str | None = None
    samples: list[np.ndarray] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    rejected: Counter = field(default_factory=Counter)

    def add(self, line: str) -> bool:
        """Process a line of output; return whether it is a valid sample. `rejected` counts malformed ones by
        reason."""
        match = LINE.fullmatch(line.strip())
        if match is None:
            return False
        label = (match[1] or self.label or "").strip()
        reason = self._reason(label, match[2].split())
        if reason:
            self.rejected[reason] += 1
            return False
        values = np.array(list(map(int, match[2].split())), np.int64)
        self.shape = self.shape or values.shape
        self.samples.append(values.reshape(self.shape).astype(self.dtype))
        self.labels.append(label)
        return True

    def _reason(self, label: str, words: list[str]) -> str:
        if not label:
            return "no label, and --label is not given"
        if not label.isprintable():
            return "label is not printable"
        if not words or not all(re.fullmatch(r"-?\d{1,10}", word) for word in words):
            return "a value is not an integer"
        if self.shape is not None and len(words) != prod(self.shape):
            return f"{len(words)} values instead of {prod(self.shape)}"
        limits = np.iinfo(self.dtype)
        if not all(limits.min <= int(word) <= limits.max for word in words):
            return f"a value is out of range for {self.dtype}; choose another --dtype"
        return ""

    @property
    def counts(self) -> Counter:
        """Number of samples per label."""
        return Counter(self.labels)

    def archive(self) -> bytes:
        """The contents of the .npz file. Raises UsageError if there are no samples."""
        if not self.samples:
            wrong = "".join(
                f"; {count} lines were rejected: {reason}" for reason, count in self.rejected.items()
            )
            raise UsageError(
                f"the board printed no samples; expected lines like `sample LABEL: 12 -3 7`{wrong}"
            )
        file = io.BytesIO()
        np.savez_compressed(file, x=np.stack(self.samples), y=np.array(self.labels))
        return file.getvalue()
