"""Predict, without building, whether a model fits a part, and suggest what would fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from integrad.errors import IntegradError
from integrad.estimate.fit import limits, remarks, smaller_plan, thriftier_option
from integrad.estimate.prediction import Footprint, predict
from integrad.estimate.shortage import Shortage, shortage
from integrad.estimate.smaller_network import smaller_network
from integrad.model_file import Model
from integrad.targets.cores import core_of
from integrad.targets.parts import Part, all_parts
from integrad_codegen.plan import Plan, make_plan

PARTS = 3
"""Maximum number of suggested parts."""


@dataclass(frozen=True)
class PartFit:
    """Memory of a part used by a plan. smaller: options with which less would be learnt, and it would fit;
    parts: on which it fits; network: a smaller one that would fit, in the short notation; option: of the
    device, with which the same would be learnt, and it would fit; limits: how large a network may be, where
    nothing of this helps."""

    part: Part
    footprint: Footprint
    shortage: Shortage | None
    smaller: str = ""
    parts: list[Part] = field(default_factory=list)
    network: str = ""
    option: str = ""
    limits: str = ""

    @property
    def flash_left(self) -> int:
        """Free flash in bytes; negative if it does not suffice."""
        return self.part.flash_bytes - self.footprint.flash

    @property
    def ram_left(self) -> int:
        return self.part.ram_bytes - self.footprint.ram

    @property
    def suggestions(self) -> list[str]:
        """Options with which the model would fit, then parts on which it would fit."""
        return [*self.options, *(f"--part {part.name}" for part in self.parts)]

    @property
    def options(self) -> list[str]:
        return [*filter(None, [self.option, self.smaller])]

    @property
    def verdict(self) -> str:
        """One line: it fits, or what is missing and what would fit."""
        if self.shortage is None:
            return f"it fits {self.part.name}"
        return f"it does not fit {self.part.name}: {self.lacks(self.suggestions)}"

    def lacks(self, suggestions: list[str]) -> str:
        """What is missing, and what would fit."""
        needs = [
            f"{memory} needs {needed:,} bytes, {needed - available:,} more than the {available:,} available"
            for memory, (needed, available) in self.shortage.needs.items()
        ]
        ways = f"; {', or '.join(suggestions)} would fit" if suggestions else ""
        if not suggestions and not self.network:
            ways = f"; a network would fit if {self.limits}"
        return f"{'; '.join(needs)}{ways}{remarks(bool(self.smaller), self.network)}"


def fit_part(model: Model, plan: Plan, part: Part, part_for: Callable[[Plan], Part] | None = None) -> PartFit:
    """Compare the predicted memory of a plan with that of a part; if it does not fit, search for
    suggestions.

    part_for: the part with the memories that a plan leaves for the model, if these are not all.
    """

    def lacks(model: Model, plan: Plan) -> Shortage | None:
        return shortage(model, plan, part_for(plan) if part_for else part)

    footprint, left = predict(model, plan, core_of(part)), part_for(plan) if part_for else part
    lacking = lacks(model, plan)
    if lacking is None:
        return PartFit(left, footprint, None)
    option = thriftier_option(model, plan, lacking, lambda other: lacks(model, other))
    smaller = smaller_plan(model, plan, part, lambda other: lacks(model, other))
    options = f"--learn {smaller.learn.name}" if smaller else ""
    if smaller and smaller.batch:
        options += f" --batch-size {smaller.batch}"
    network = smaller_network(model, plan, lacks)
    least = make_plan(model.network, plan.prefix, "none", constants=plan.constants)
    most = "" if options or option else limits(least, lacks(model, least) or lacking)
    return PartFit(left, footprint, lacking, options, _others(model, plan, part), network, option, most)


def require_fit(model: Model, plan: Plan, part: Part) -> PartFit:
    """The same, but raise IntegradError, with suggestions, if the part is too small."""
    fit = fit_part(model, plan, part)
    if fit.shortage:
        raise IntegradError(fit.verdict)
    return fit


def _others(model: Model, plan: Plan, part: Part) -> list[Part]:
    """The smallest parts that suffice, those of the same manufacturer first."""
    enough = [other for other in all_parts() if shortage(model, plan, other) is None]
    return sorted(enough, key=lambda p: (p.maker != part.maker, p.ram_bytes, p.flash_bytes))[:PARTS]
