"""Lines about classes of which the figures of a model say less than it seems."""

from __future__ import annotations

from collections.abc import Sequence

MOST = 6
"""Names in a line."""


def describe_missed(names: Sequence[str], missed: Sequence[int]) -> str:
    """The classes that are never predicted, after `no sample is classified as`; "" if there are none."""
    return _listed(names, missed, "or")


def describe_untested(names: Sequence[str], absent: Sequence[int]) -> str:
    """One line about classes that do not occur among the samples; "" if all do."""
    listed = _listed(names, absent, "and")
    verb = "is" if len(absent) == 1 else "are"
    return f"{listed} {verb} untested: no sample that was tested is of that class" if listed else ""


def _listed(names: Sequence[str], indices: Sequence[int], joined: str) -> str:
    """The names, such as `a, b or c`, at most MOST."""
    found = [names[index] for index in indices]
    if len(found) > MOST:
        found = [*found[: MOST - 1], f"{len(found) - MOST + 1} others"]
    return f" {joined} ".join(filter(None, [", ".join(found[:-1]), *found[-1:]]))
