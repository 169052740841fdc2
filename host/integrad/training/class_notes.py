"""Lines about classes of which the figures of a model say less than it seems."""

from __future__ import annotations

from collections.abc import Sequence

from integrad.training.training_run import Outcome

MOST = 6
"""Names in a line."""


def describe_missed(names: Sequence[str], missed: Sequence[int]) -> str:
    """The classes that are never predicted, after `no sample is classified as`; "" if there are none."""
    return _listed(names, missed, "or")


def missed_warning(outcome: Outcome, balanced: bool) -> str:
    """One line about classes that a trained model never predicts, on its validation samples or, without
    them, on those of training; "" if there are none. balanced: whether every epoch drew classes equally
    often."""
    validated = outcome.validation.samples > 0
    missed = (outcome.validation if validated else outcome.train).missed
    if not missed:
        return ""
    which, it = "validation" if validated else "training", "it" if len(missed) == 1 else "them"
    listed = describe_missed(outcome.model.class_names, missed)
    text = f"no {which} sample is classified as {listed}: collect more samples of {it}"
    if outcome.unbalanced and not balanced:
        text += f", and try --balance, which draws {it} more often"
    return text


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
