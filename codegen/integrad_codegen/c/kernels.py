"""The kernels of the runtime that a plan requires."""

from __future__ import annotations

from integrad_codegen.c.runtime import with_required
from integrad_codegen.plan import Plan


def needed(plan: Plan) -> set[str]:
    """Names of the kernels that the generated module calls, and of all that those require."""
    return with_required(set().union(*(operation.kernels() for operation in plan.all_operations)))
