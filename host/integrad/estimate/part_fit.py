"""Whether a model fits a real part, before anything is built, and what else would."""

from __future__ import annotations

from dataclasses import dataclass, field

from integrad.errors import IntegradError
from integrad.estimate.fit import smaller_plan
from integrad.estimate.prediction import Footprint, predict
from integrad.model_file import Model
from integrad.targets.parts import Part, all_parts
from integrad_codegen.plan import Plan

MARGIN = 0.02
"""Share of the code that a prediction may be wrong by: flash that is left must cover it."""

PARTS = 3
"""Most parts that are suggested."""


@dataclass(frozen=True)
class Shortage:
    """needs: "flash" or "RAM" → (needed, there), bytes; what lacks nothing is not in it."""

    needs: dict[str, tuple[int, int]]


@dataclass(frozen=True)
class PartFit:
    """What a plan takes of a part. smaller: options with which it would fit; parts: where it does."""

    part: Part
    footprint: Footprint
    shortage: Shortage | None
    smaller: str = ""
    parts: list[Part] = field(default_factory=list)

    @property
    def flash_left(self) -> int:
        """Bytes; negative where they do not suffice."""
        return self.part.flash_bytes - self.footprint.flash

    @property
    def ram_left(self) -> int:
        return self.part.ram_bytes - self.footprint.ram

    @property
    def suggestions(self) -> list[str]:
        """What would fit, each a few words: options first, then parts."""
        return [*([self.smaller] if self.smaller else []), *(f"--part {part.name}" for part in self.parts)]

    @property
    def verdict(self) -> str:
        """One line: it fits, or what is missing and what would fit."""
        if self.shortage is None:
            return f"it fits {self.part.name}"
        lacks = [
            f"{memory} needs {needed:,} bytes, {needed - there:,} more than the {there:,} it has"
            for memory, (needed, there) in self.shortage.needs.items()
        ]
        ways = f"; {', or '.join(self.suggestions)} would fit" if self.suggestions else ""
        return f"it does not fit {self.part.name}: {'; '.join(lacks)}{ways}"


def fit_part(model: Model, plan: Plan, part: Part) -> PartFit:
    """Compare what a plan will take with what a part has; if it does not fit, look for what does."""
    footprint = predict(model, plan, part.code_core)
    lacking = shortage(model, plan, part)
    if lacking is None:
        return PartFit(part, footprint, None)
    smaller = smaller_plan(model, plan, part, lambda other, part: shortage(model, other, part))
    options = f"--learn {smaller.learn.name}" if smaller else ""
    if smaller and smaller.batch:
        options += f" --batch-size {smaller.batch}"
    return PartFit(part, footprint, lacking, options, _others(model, plan, part))


def require_fit(model: Model, plan: Plan, part: Part) -> PartFit:
    """The same, but raise IntegradError, with what would fit, if the part is too small."""
    fit = fit_part(model, plan, part)
    if fit.shortage:
        raise IntegradError(fit.verdict)
    return fit


def shortage(model: Model, plan: Plan, part: Part) -> Shortage | None:
    """What a part lacks for a plan, if anything."""
    footprint = predict(model, plan, part.code_core)
    flash = footprint.flash + round(MARGIN * footprint.code)
    needs = {"flash": (flash, part.flash_bytes), "RAM": (footprint.ram, part.ram_bytes)}
    lacking = {memory: need for memory, need in needs.items() if need[0] > need[1]}
    return Shortage(lacking) if lacking else None


def _others(model: Model, plan: Plan, part: Part) -> list[Part]:
    """The smallest parts that have enough, those of the same maker first."""
    enough = [other for other in all_parts() if shortage(model, plan, other) is None]
    return sorted(enough, key=lambda p: (p.maker != part.maker, p.ram_bytes, p.flash_bytes))[:PARTS]
