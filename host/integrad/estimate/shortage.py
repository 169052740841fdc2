"""Which memories of a part do not suffice for a plan, as predicted."""

from __future__ import annotations

from dataclasses import dataclass

from integrad.estimate.prediction import predict
from integrad.model_file import Model
from integrad.targets.cores import core_of
from integrad.targets.parts import Part
from integrad_codegen.plan import Plan

MARGIN = 0.02
"""Relative error of predicted code sizes; the free flash must cover it."""


@dataclass(frozen=True)
class Shortage:
    """needs: "flash" or "RAM" → (needed, available) in bytes, for each memory that does not suffice."""

    needs: dict[str, tuple[int, int]]


def shortage(model: Model, plan: Plan, part: Part) -> Shortage | None:
    """The memories of a part that do not suffice for a plan, or None."""
    footprint = predict(model, plan, core_of(part))
    flash = footprint.flash + round(MARGIN * footprint.code)
    needs = {"flash": (flash, part.flash_bytes), "RAM": (footprint.ram, part.ram_bytes)}
    lacking = {memory: need for memory, need in needs.items() if need[0] > need[1]}
    return Shortage(lacking) if lacking else None
