"""Named constants of the generated module, so that no loop contains a bare number."""

from __future__ import annotations

from integrad.arithmetic import INPUT_SPREAD
from integrad.errors import UsageError
from integrad_codegen.normalisation import Normalisation
from integrad_codegen.plan import Plan

PUBLIC_WORDS = ("INPUTS", "CLASSES", "BATCH", "OK", "ERROR_COUNT", "ERROR_LABEL", "ERROR_SCHEDULE", "H")
"""Second parts of the names of public macros and enumerators, after the prefix."""


def constants(plan: Plan, normalisation: Normalisation) -> list[tuple[str, int]]:
    """(name, value) of every enumerator, in the order of use."""
    named = [("INPUT_SPREAD", INPUT_SPREAD)]
    if normalisation.channels > 1:
        named.append(("INPUT_CHANNELS", normalisation.channels))
        named.append(("INPUT_POSITIONS", plan.inputs // normalisation.channels))
    for operation in plan.all_operations:
        named += [(f"{operation.name}_{what}".upper(), value) for what, value in operation.constants()]
    _check_prefix(plan.prefix, {name for name, _ in named})
    return named


def _check_prefix(prefix: str, names: set[str]) -> None:
    """A prefix such as `block1` would define the module's own BLOCK1_INPUTS a second time."""
    if taken := sorted(names & {f"{prefix.upper()}_{word}" for word in PUBLIC_WORDS}):
        raise UsageError(
            f"name {prefix!r}: {taken[0]} is also a name of the module's own; choose another --name"
        )
