"""Samples from a board's output: lines of text in, a data set out.

A board prints a sample as `sample LABEL: 12 -3 7 …`: all values in one line, integers. Other lines are
left alone.
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
    """What has come so far.

    shape: of a sample; None takes it from the first one, as a row of values. label: of lines without one.
    """

    dtype: str = "int16"
    shape: tuple[int, ...] | None = None
    label: str | None = None
    samples: list[np.ndarray] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    rejected: Counter = field(default_factory=Counter)

    def add(self, line: str) -> bool:
        """Take one line of output: whether it was a sample. `rejected` counts what is wrong with others."""
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
            return "no label in the line, and no --label"
        if not label.isprintable():
            return "a label that is not printable"
        if not words or not all(re.fullmatch(r"-?\d{1,10}", word) for word in words):
            return "something that is no integer"
        if self.shape is not None and len(words) != prod(self.shape):
            return f"{len(words)} values instead of {prod(self.shape)}"
        limits = np.iinfo(self.dtype)
        if not all(limits.min <= int(word) <= limits.max for word in words):
            return f"a value that is no {self.dtype}; choose another --dtype"
        return ""

    @property
    def counts(self) -> Counter:
        """Samples of each label."""
        return Counter(self.labels)

    def archive(self) -> bytes:
        """The .npz file. Raises UsageError if there is not one sample."""
        if not self.samples:
            wrong = "".join(f"; {count} lines had {reason}" for reason, count in self.rejected.items())
            raise UsageError(f"the board printed no sample; a line is `sample LABEL: 12 -3 7`{wrong}")
        file = io.BytesIO()
        np.savez_compressed(file, x=np.stack(self.samples), y=np.array(self.labels))
        return file.getvalue()
