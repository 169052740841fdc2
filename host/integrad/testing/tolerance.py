"""How much worse than the baseline a figure may become: `--tolerance [FIGURE=]AMOUNT`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path

from integrad.testing import values
from integrad.testing.figures import BY_KEY, Figure
from integrad.testing.values import Place

READERS = {"bytes": values.size, "instructions": values.instructions}


@dataclass(frozen=True)
class Tolerance:
    """absolute: in the unit of the figure. share: of the value before. The larger of both is allowed."""

    absolute: float = 0
    share: Fraction = Fraction(0)

    def allowed(self, before: float) -> float:
        """In the unit of the figure: of a whole number, a whole number, which is exact."""
        share = self.share * Fraction(before)
        return max(self.absolute, floor(share) if isinstance(before, int) else float(share))


EXACT = Tolerance()


def read_tolerances(texts: Iterable[str]) -> dict[str, Tolerance]:
    """Key of each figure → its tolerance. texts: "1%" for every figure, "flash=1 KB", "accuracy=0.01" or
    "flash=2%" for one; what is given for one replaces what is given for all. Raises UsageError."""
    common, own = EXACT, {}
    for text in texts:
        name, equals, amount = text.rpartition("=")
        place = Place(f"--tolerance {text!r:.50}:", Path())
        if equals and name.replace("-", "_") not in BY_KEY:
            known = [figure.budget_key for figure in BY_KEY.values()]
            raise place.refusal(f"unknown figure {name!r:.50}; {values.names_like(name, known)}")
        if equals:
            figure = BY_KEY[name.replace("-", "_")]
            before = own.get(figure.key, EXACT)
            own[figure.key] = _with(before, place, amount, figure)
        else:
            common = _with(common, place, amount, None)
    return {key: own.get(key, common) for key in BY_KEY}


def _with(tolerance: Tolerance, place: Place, amount: str, figure: Figure | None) -> Tolerance:
    """The tolerance, absolute or relative, with this amount."""
    if percent := re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*%\s*", amount):
        return Tolerance(tolerance.absolute, Fraction(percent[1]) / 100)
    if figure is None:
        raise place.refusal("must be a percentage such as 1%, or FIGURE=AMOUNT such as flash=64")
    if figure.unit == "fraction":
        try:
            return Tolerance(values.fraction(place, float(amount)), tolerance.share)
        except ValueError:
            raise place.refusal("must be a fraction such as accuracy=0.01") from None
    return Tolerance(READERS[figure.unit](place, amount), tolerance.share)
