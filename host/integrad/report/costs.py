"""Costs of firmware as terminal tables."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table


def show_memory(console: Console, part, costs, kept: Mapping[str, int] | None = None) -> None:
    """Memory table. part: integrad.targets.parts.Part; costs: integrad.execute.costs.Costs.

    kept: bytes of what an application stores in flash in addition to the firmware, such as samples.
    """
    kept = {name: size for name, size in (kept or {}).items() if size}
    table = Table(title=f"Memory on {part.name}, bytes")
    for name in ("", "flash", "RAM"):
        table.add_column(name, justify="left" if not name else "right")
    rows = [
        ("weights", costs.weights_flash_bytes, costs.weights_ram_bytes),
        ("code and constants", costs.flash_bytes - costs.weights_flash_bytes, None),
        ("scratch", None, max(costs.inference_scratch_bytes, costs.training_scratch_bytes)),
        ("stack reserve", None, costs.stack_reserve_bytes),
    ]
    known = sum(ram or 0 for _, _, ram in rows)
    rows.append(("samples and labels of a batch", None, costs.ram_bytes - known))
    rows += [(name, size, None) for name, size in kept.items()]
    flash_bytes = costs.flash_bytes + sum(kept.values())
    for name, flash, ram in rows:
        table.add_row(name, _number(flash), _number(ram))
    table.add_section()
    table.add_row("used", _number(flash_bytes), _number(costs.ram_bytes))
    table.add_row(f"{part.name} has", _number(part.flash_bytes), _number(part.ram_bytes))
    free = (part.flash_bytes - flash_bytes, part.ram_bytes - costs.ram_bytes)
    table.add_row("free" if free[0] >= 0 else "free (negative: short)", *map(_number, free))
    console.print(table)
    if free[0] < 0:
        console.print(f"The samples do not fit {part.name}: {-free[0]:,} bytes of other memory are needed.")
    console.print(f"Stack used: {costs.stack_bytes:,} of {costs.stack_reserve_bytes:,} bytes reserved.")


def show_layers(console: Console, costs) -> None:
    """Memory and instructions by layer. costs: integrad.execute.costs.Costs."""
    training = costs.instructions_per_training_step is not None
    steps = [f"instructions\nper step of {costs.batch_size}"] if training else []
    table = Table(title="Memory and executed instructions by layer")
    _columns(table, "MACs", "flash, bytes", "RAM, bytes", "instructions\nper inference", *steps)
    for layer in costs.layers:
        table.add_row(layer.name, layer.what, *_figures(layer, training))
    table.add_section()
    table.add_row("total", "", *_figures(costs, training))
    console.print(table)


def show_times(console: Console, part, costs, source: str) -> None:
    """Cycles and milliseconds, if a table says them. source: of the table."""
    if not costs.times:
        return
    exact = all(time.min_cycles == time.max_cycles for time in costs.times)
    title = f"Time on {part.name} at {part.clock_hz / 1e6:g} MHz, {'computed' if exact else 'estimated'}"
    table = Table(title=title)
    for name in ("", "wait states\nof flash", "cycles", "milliseconds"):
        table.add_column(name, justify="right" if name else "left")
    for time in costs.times:
        cycles = _range(f"{time.min_cycles:,}", f"{time.max_cycles:,}")
        milliseconds = _range(_milliseconds(time.min_milliseconds), _milliseconds(time.max_milliseconds))
        step = f" of {costs.batch_size}" if time.what != costs.times[0].what else ""
        table.add_row(f"{time.what}{step}", str(time.wait_states), cycles, milliseconds)
    console.print(table)
    text = f"From executed instructions and {source}; not measured."
    console.print(text, markup=False, soft_wrap=True)


def _range(least: str, most: str) -> str:
    return least if least == most else f"{least} to {most}"


def _milliseconds(value: float) -> str:
    """Three digits, or more before the point."""
    decimals = next((n for n, most in ((3, 1), (2, 10), (1, 100)) if value < most), 0)
    return f"{value:,.{decimals}f}"


def show_plan(console: Console, title: str, layers, memory: list[tuple[str, int]]) -> None:
    """Costs of a plan, known before it is compiled. layers, memory: integrad_codegen.costs."""
    table = Table(title=title)
    _columns(table, "MACs", "weights, bytes", "in RAM, bytes", "activations, bytes")
    for layer in layers:
        numbers = (layer.macs, layer.weights_bytes, layer.ram_bytes, layer.activation_bytes)
        table.add_row(layer.name, layer.what, *map(_number, numbers))
    console.print(table)
    for name, size in memory:
        console.print(f"{name}: {size:,} bytes")


def _columns(table: Table, *figures: str) -> None:
    table.add_column("layer")
    table.add_column("type")
    for name in figures:
        table.add_column(name, justify="right")


def _figures(row, training: bool) -> list[str]:
    """Cells of a layer or of the total; both have these fields."""
    numbers = [row.macs, row.flash_bytes, row.ram_bytes, row.instructions_per_inference]
    if training:
        numbers.append(row.instructions_per_training_step)
    return list(map(_number, numbers))


def _number(value: int | None) -> str:
    return "" if not value else f"{value:,}"
