"""The figures that budgets limit, and what was measured of them on a core."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """key: as in the baseline and in JSON; with - for _, that of the budget. title: in tables. unit: "bytes",
    "instructions" or "fraction". more_is_better: whether a budget is a minimum."""

    key: str
    title: str
    unit: str

    @property
    def more_is_better(self) -> bool:
        return self.unit == "fraction"

    @property
    def budget_key(self) -> str:
        return self.key.replace("_", "-")

    @property
    def bound(self) -> str:
        return "at least" if self.more_is_better else "at most"

    def show(self, value: float) -> str:
        """The value with separators of thousands, or in per cent."""
        return f"{value:.2%}" if self.unit == "fraction" else f"{value:,}"

    def show_change(self, by: float) -> str:
        """A difference of two values with its sign; of fractions, in percentage points."""
        return f"{100 * by:+.2f} points" if self.unit == "fraction" else f"{by:+,}"


FIGURES = (
    Figure("flash", "flash, bytes", "bytes"),
    Figure("ram", "RAM, bytes", "bytes"),
    Figure("stack", "stack used, bytes", "bytes"),
    Figure("instructions_per_inference", "instructions per inference", "instructions"),
    Figure("instructions_per_step", "instructions per training step", "instructions"),
    Figure("accuracy", "accuracy", "fraction"),
    Figure("accuracy_after_tuning", "accuracy after tuning", "fraction"),
)
BY_KEY = {figure.key: figure for figure in FIGURES}


@dataclass(frozen=True)
class Measurement:
    """What was measured on a core.

    compiler: as it names itself in the program. figures: key → value, of those that could be measured.
    shares: key of a figure → name of a function, an object or a layer → its share.
    """

    compiler: str
    figures: dict[str, float]
    shares: dict[str, dict[str, int]] = field(default_factory=dict)
