"""The parameters of a training step on a device."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

SCHEDULE_WORDS = 3
"""Number of 32-bit words of a schedule in a session."""


@dataclass(frozen=True)
class Schedule:
    """The schedule of a learner: 32-bit integers. Learners with more parameters derive a class with more
    fields."""

    learning_rate_inv: int

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """Names in the order of the struct in generated code."""
        return tuple(field.name for field in fields(cls))

    def words(self, count: int = SCHEDULE_WORDS) -> tuple[int, ...]:
        """The fields in their order, padded with zeros."""
        values = astuple(self)
        return (*values, *[0] * (count - len(values)))
