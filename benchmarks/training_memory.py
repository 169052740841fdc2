"""RAM required for training, compared with that of parts, and the RAM that other orders of a step would need.

    python benchmarks/training_memory.py > docs/results/training-ram.md

Nothing is trained or built: all figures are taken from plans.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import step_orders

from integrad.network.network import Network
from integrad.training.specification import parse_spec
from integrad_codegen.plan import Plan, make_plan

KIB = 1024
RAM_KIB = (16, 32, 64, 128, 256, 512)
STACK = 1024
"""Bytes. Whole programs were measured to use up to 960 on M0 to M33."""

LEARN = ("output", "last:1", "last:2", "all")
BATCHES = (1, 8, 16)
ORDER_BATCHES = (1, 2, 4, 8, 16)
IMAGE, CLASSES = (1, 32, 32), 10

NETWORKS = {
    "mlp:96,48": IMAGE,
    "cnn:c8,p2,c16,p2,c32,p2,d48": IMAGE,
    "cnn:c8,p2,c12,p2,c16,p4,d32": IMAGE,
    "cnn:a2,c8,p2,c24,p2,d32": IMAGE,
    "nitro:mlp-1": (784,),
}
FAMILIES = {
    "mlp:W,W/2": lambda w: f"mlp:{w},{max(1, w // 2)}",
    "cnn:cW,p2,c2W,p2,c4W,p2,d48": lambda w: f"cnn:c{w},p2,c{2 * w},p2,c{4 * w},p2,d48",
    "cnn:cW,p2,cW,p2,cW,p4,d32": lambda w: f"cnn:c{w},p2,c{w},p2,c{w},p4,d32",
}
WIDEST = 512


@dataclass(frozen=True)
class Need:
    """Bytes of RAM that training takes. batch: inputs and labels of a training step."""

    weights: int
    scratch: int
    batch: int

    @property
    def total(self) -> int:
        return self.weights + self.scratch + self.batch + STACK


@cache
def plan_of(spec: str, shape: tuple[int, ...], learn: str, batch: int) -> Plan:
    return make_plan(Network(shape, CLASSES, parse_spec(spec, shape)), "model", learn, batch)


def need(plan: Plan, order: str = "now") -> Need:
    """order: of integrad's training step, or one of step_orders.ORDERS."""
    batch = plan.batch * (plan.inputs + 1)
    if order == "now":
        return Need(plan.weights_bytes, plan.scratch.bytes, batch)
    scratch, samples = step_orders.ORDERS[order](plan)
    return Need(plan.weights_bytes, scratch, samples * (plan.inputs + 1))


def smallest(total: int) -> str:
    """The smallest RAM that is enough."""
    return next((f"{size} KB" for size in RAM_KIB if total <= size * KIB), "more")


def widest(family: str, learn: str, batch: int, ram: int, order: str = "now") -> int:
    """The largest W of a family that fits so many bytes of RAM; 0 if none does. RAM grows with W."""
    low, high = 0, WIDEST + 1
    while high - low > 1:
        middle = (low + high) // 2
        plan = plan_of(FAMILIES[family](middle), IMAGE, learn, batch)
        low, high = (middle, high) if need(plan, order).total <= ram else (low, middle)
    return low


def row(*cells) -> str:
    return "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells) + " |"


def head(*names: str, left: int) -> list[str]:
    return [row(*names), row(*["---"] * left, *["---:"] * (len(names) - left)).replace(" ", "")]


def needs_table() -> list[str]:
    lines = head(
        *("network", "learns", "batch", "trainable weights", "scratch"),
        *("inputs and labels", "total", "fits in"),
        left=2,
    )
    for spec, shape in NETWORKS.items():
        for learn in LEARN:
            for batch in BATCHES:
                plan = plan_of(spec, shape, learn, batch)
                n = need(plan)
                cells = (n.weights, n.scratch, n.batch, n.total, smallest(n.total))
                lines.append(row(f"`{spec}`", learn, batch, *cells))
    return lines


def widest_table(family: str) -> list[str]:
    lines = head("learns", "batch", *(f"{size} KB" for size in RAM_KIB), left=1)
    for learn in LEARN:
        for batch in BATCHES:
            widths = [widest(family, learn, batch, size * KIB) for size in RAM_KIB]
            shown = [f"≥ {WIDEST}" if width >= WIDEST else width or "none" for width in widths]
            lines.append(row(learn, batch, *shown))
    return lines


def orders_table() -> list[str]:
    lines = head("network, all learn", "batch", "now", *step_orders.ORDERS, left=1)
    for spec, shape in NETWORKS.items():
        for batch in ORDER_BATCHES if spec.startswith("cnn") else BATCHES[1:]:
            plan = plan_of(spec, shape, "all", batch)
            totals = [need(plan, order).total for order in ("now", *step_orders.ORDERS)]
            lines.append(row(f"`{spec}`", batch, *totals))
    return lines


def orders_widest_table() -> list[str]:
    lines = head("family, all learn", "RAM", "batch", "now", *step_orders.ORDERS, left=2)
    for family in list(FAMILIES)[1:]:
        for size in (32, 64, 128):
            for batch in BATCHES[1:]:
                widths = [
                    widest(family, "all", batch, size * KIB, order) or "none"
                    for order in ("now", *step_orders.ORDERS)
                ]
                lines.append(row(f"`{family}`", f"{size} KB", batch, *widths))
    return lines


def work_table() -> list[str]:
    lines = head("network, all learn", *step_orders.ORDERS, left=1)
    for spec, shape in NETWORKS.items():
        plan = plan_of(spec, shape, "all", 8)
        shares = [step_orders.extra_work(plan, order) for order in step_orders.ORDERS]
        lines.append(row(f"`{spec}`", *(f"{100 * share:.0f} %" for share in shares)))
    return lines


def largest_batch(spec: str, order: str = "now") -> int:
    """With which all layers learn in 64 KB."""
    batches = range(1, 65)
    return max(b for b in batches if need(plan_of(spec, IMAGE, "all", b), order).total <= 64 * KIB)


def figures() -> dict[str, int]:
    """Those in the text of the page."""
    full, pooled = "cnn:c8,p2,c12,p2,c16,p4,d32", "cnn:a2,c8,p2,c24,p2,d32"
    return {
        "POOLED_WEIGHTS": plan_of(pooled, IMAGE, "all", 4).weights_bytes,
        "POOLED_TOTAL": need(plan_of(pooled, IMAGE, "all", 4)).total,
        "POOLED_BATCH": largest_batch(pooled),
        "FULL_BATCH": largest_batch(full),
        "FULL_SUMMED_BATCH": largest_batch(full, "summed"),
    }


def main():
    tables = {
        "NEEDS": needs_table(),
        "ORDERS": orders_table(),
        "ORDERS_WIDEST": orders_widest_table(),
        "WORK": work_table(),
    }
    tables |= {f"WIDEST_{number}": widest_table(family) for number, family in enumerate(FAMILIES)}
    page = step_orders.PAGE.read_text()
    for name, lines in tables.items():
        page = page.replace(f"<<{name}>>", "\n".join(lines))
    for name, figure in figures().items():
        page = page.replace(f"<<{name}>>", f"{figure:,}")
    print(page, end="")


if __name__ == "__main__":
    main()
