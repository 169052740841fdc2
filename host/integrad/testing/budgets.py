"""Compares what was measured with budgets and with a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrad.testing.budget import Budget
from integrad.testing.figures import FIGURES, Figure, Measurement
from integrad.testing.tolerance import Tolerance

NAMED = 3
"""Maximum number of functions, objects or layers that are named as the reason of a growth."""


ROUNDING = 1e-12
"""Of differences of fractions."""


@dataclass(frozen=True)
class Share:
    """A function, an object or a layer whose share of a figure changed; before: 0 if it is new."""

    name: str
    before: int
    after: int

    def __str__(self) -> str:
        if not self.before:
            return f"{self.name} +{self.after:,} (new)"
        by = self.after - self.before
        return f"{self.name} {by:+,} ({by / self.before:+.1%})"


@dataclass(frozen=True)
class Row:
    """A figure of a core. limit: its budget; before: in the baseline; None where there is none. allowed: by
    how much it may be worse than before. grown: the shares that grew most."""

    figure: Figure
    value: float
    limit: float | None = None
    before: float | None = None
    allowed: float = 0
    grown: tuple[Share, ...] = ()

    @property
    def over_budget(self) -> bool:
        return self.limit is not None and self._worse(self.value - self.limit) > 0

    @property
    def worse_by(self) -> float:
        """How much worse than in the baseline; negative if it is better."""
        return 0 if self.before is None else self._worse(self.value - self.before)

    @property
    def regressed(self) -> bool:
        return self.worse_by > self.allowed + ROUNDING

    def _worse(self, change: float) -> float:
        return -change if self.figure.more_is_better else change

    @property
    def change(self) -> str:
        """The difference to the baseline, absolute and relative; "" if there is none."""
        if self.before is None or self.value == self.before:
            return ""
        by = self.value - self.before
        relative = f" ({by / self.before:+.2%})" if self.before else ""
        return f"{self.figure.show_change(by)}{relative}"

    def sentences(self) -> list[str]:
        """What is wrong with this figure, with the numbers."""
        found, show = [], self.figure.show
        if self.over_budget and self.limit is not None:
            by, side = self.figure.show_change(self.value - self.limit), self.figure.bound
            found.append(f"is {show(self.value)}, while its budget is {side} {show(self.limit)}: {by}")
        if self.regressed and self.before is not None:
            allowed = f", more than the {show(self.allowed)} allowed" if self.allowed else ""
            found.append(f"was {show(self.before)}, now {show(self.value)}: {self.change}{allowed}")
        if found and self.grown:
            found.append(f"largest growth: {'; '.join(map(str, self.grown))}")
        return found


@dataclass(frozen=True)
class CoreReport:
    """What was found on a core. error: why it could not be measured, or ""."""

    core: str
    rows: tuple[Row, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Report:
    """The whole check. reasons: why the baseline is out of date; notes: what may explain differences.

    compared: whether there is a baseline. accepted: whether what became worse than in the baseline is meant,
    so that only budgets count.
    """

    cores: tuple[CoreReport, ...]
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    compared: bool = False
    accepted: bool = False

    @property
    def passed(self) -> bool:
        return not self.failures()

    def fails(self, row: Row) -> bool:
        return row.over_budget or (row.regressed and not self.accepted)

    @property
    def improved(self) -> bool:
        """Whether a figure is better than in the baseline, which then is out of date."""
        return any(row.worse_by < 0 for core in self.cores for row in core.rows)

    def failures(self) -> list[str]:
        """One line for everything that is wrong."""
        lines = [] if self.accepted else list(self.reasons)
        for core in self.cores:
            if core.error:
                lines.append(f"{core.core}: {core.error}")
            for row in core.rows:
                if self.fails(row):
                    lines.append(f"{core.core}: {row.figure.title}: {'; '.join(row.sentences())}")
        return lines


def compare(
    measured: Measurement,
    budget: Budget,
    before: Measurement | None,
    tolerances: Mapping[str, Tolerance],
) -> tuple[Row, ...]:
    """The rows of a core, in the order of FIGURES."""
    rows = []
    for figure in FIGURES:
        key = figure.key
        if key not in measured.figures:
            continue
        old = before.figures.get(key) if before else None
        allowed = 0 if old is None else tolerances[key].allowed(old)
        grown = _grown(before.shares.get(key, {}), measured.shares.get(key, {})) if before else ()
        rows.append(Row(figure, measured.figures[key], getattr(budget, key), old, allowed, grown))
    return tuple(rows)


def _grown(before: Mapping[str, int], after: Mapping[str, int]) -> tuple[Share, ...]:
    shares = [Share(name, before.get(name, 0), size) for name, size in after.items()]
    larger = sorted(
        (share for share in shares if share.after > share.before),
        key=lambda share: (share.before - share.after, share.name),
    )
    return tuple(larger[:NAMED])
