"""The integers that steer a training step on a device."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields

SCHEDULE_WORDS = 3
"""32-bit words that a session gives to a schedule."""


@dataclass(frozen=True)
class Schedule:
    """A learner's schedule: 32-bit integers. A learner with more of them than this one adds its fields."""

    learning_rate_inv: int

    @classmethod
    def field_names(cls) -> tuple[str, ...]:
        """In the order of the struct that generated code takes."""
        return tuple(field.name for field in fields(cls))

    def words(self, count: int = SCHEDULE_WORDS) -> tuple[int, ...]:
        """The fields in their order, filled up with zeros: a field that is left out is 0."""
        values = astuple(self)
        return (*values, *[0] * (count - len(values)))
