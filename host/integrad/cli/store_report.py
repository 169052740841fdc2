"""Show what the weight store of an export costs."""

from __future__ import annotations

from rich.console import Console

from integrad.estimate.store_costs import StoreCosts, StoreMemory
from integrad.targets.cores import Core
from integrad_codegen.plan import Plan


def show_store(
    console: Console, plan: Plan, memory: StoreMemory | None, core: Core | None
) -> dict[str, int | None]:
    """Print the costs and return their JSON keys."""
    costs = StoreCosts.of(plan, memory, core)
    for line in costs.lines:
        console.print(line, markup=False, soft_wrap=True)
    return costs.json()
