"""Whether a model fits a part, as a terminal table."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from integrad.targets.cores import product_of


def show_part_fit(console: Console, fit) -> None:
    """fit: integrad.estimate.part_fit.PartFit."""
    part, footprint = fit.part, fit.footprint
    note = f"; {part.note}" if part.note else ""
    console.print(f"{part.name}: {part.maker}, {product_of(part)}{note}", markup=False, soft_wrap=True)
    table = Table(title=f"Memory on {part.name}, bytes")
    for name in ("", "flash", "RAM"):
        table.add_column(name, justify="left" if not name else "right")
    rows = [
        ("weights", footprint.weights_flash, footprint.weights_ram or None),
        ("code and constants, predicted", footprint.code, None),
        ("scratch", None, footprint.scratch),
        ("samples and labels of a batch", None, footprint.samples),
        ("stack reserve", None, footprint.stack),
    ]
    if footprint.constants_ram:
        rows.insert(2, ("copy of weights and constants", None, footprint.constants_ram))
    for name, flash, ram in rows:
        table.add_row(name, _number(flash), _number(ram))
    table.add_section()
    table.add_row("used", _number(footprint.flash), _number(footprint.ram))
    table.add_row(f"{part.name} has", _number(part.flash_bytes), _number(part.ram_bytes))
    left = "free" if fit.shortage is None else "free (negative: short)"
    table.add_row(left, _number(fit.flash_left), _number(fit.ram_left))
    console.print(table)
    console.print(fit.verdict, markup=False, soft_wrap=True)


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
