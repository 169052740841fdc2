"""The parameters of a training step on a device."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from typing import ClassVar

SCHEDULE_WORDS = 3
"""Number of 32-bit words of a schedule in a session."""


@dataclass(frozen=True)
class ScheduleField:
    """One of the integers on a device. meaning: a comment beside it, or "". low, high: its range."""

    name: str
    meaning: str
    low: int
    high: int


@dataclass(frozen=True)
class Schedule:
    """The schedule of a learner: 32-bit integers. Learners with more parameters derive a class with more
    fields.

    text: a sentence about the added fields, for generated headers. meanings: name of a field → a comment
    beside it. brief: all fields in their order in a few words.
    """

    text: ClassVar[str] = ""
    meanings: ClassVar[dict[str, str]] = {}
    brief: ClassVar[str] = "inverse learning rate"

    learning_rate_inv: int

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """Names in the order of the struct in generated code."""
        return tuple(field.name for field in fields(cls))

    def words(self, count: int = SCHEDULE_WORDS) -> tuple[int, ...]:
        """The fields in their order, padded with zeros."""
        values = astuple(self)
        return (*values, *[0] * (count - len(values)))
