"""Tables of numbers that the functions of the Python backends read: one per layer, with a comment that names
its fields."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from jinja2 import Environment

from integrad_codegen.kind_templates import KindTemplates
from integrad_codegen.micropython.viper_memory import Limbs
from integrad_codegen.plan import Plan


def texts(plan: Plan, context: dict, environment: Environment, table: Callable[..., str]) -> list[str]:
    """All tables of a backend, in the order of use. table: (name, comment, numbers, type code) → its text."""
    normalisation = context["normalisation"]
    limbs_of = partial(_limbs_of, plan)
    kinds = KindTemplates(environment, context | {"table": table, "limbs_of": limbs_of}, folder="tables/")
    return [
        table("_CENTRES", "Centres of the raw values, one per channel.", normalisation.centre),
        table("_DEVIATIONS", "Divisors of the centred values.", normalisation.mad, "I"),
        *kinds.texts("tables", plan.all_operations),
    ]


def inside(numbers: tuple[int, ...]) -> str:
    """Numbers as the inside of a tuple."""
    return ", ".join(map(str, numbers)) + ("," if len(numbers) == 1 else "")


def _limbs_of(plan: Plan, block) -> Limbs:
    return Limbs.of(block, plan.batch)
