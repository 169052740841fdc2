"""Costs of a firmware as terminal tables."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table


def show_memory(console: Console, part: str, costs, flash_bytes: int, ram_bytes: int) -> None:
    """Memory table. costs: integrad.emulator.costs.Costs; flash_bytes, ram_bytes: what the part has."""
    table = Table(title=f"Memory on {part}, bytes")
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
    for name, flash, ram in rows:
        table.add_row(name, _number(flash), _number(ram))
    table.add_section()
    table.add_row("used", _number(costs.flash_bytes), _number(costs.ram_bytes))
    table.add_row(f"{part} has", _number(flash_bytes), _number(ram_bytes))
    table.add_row("left", _number(flash_bytes - costs.flash_bytes), _number(ram_bytes - costs.ram_bytes))
    console.print(table)
    console.print(f"Stack used: {costs.stack_bytes:,} of {costs.stack_reserve_bytes:,} bytes reserved.")


def show_layers(console: Console, costs) -> None:
    """Instructions by layer. costs: integrad.emulator.costs.Costs."""
    table = Table(title="Executed instructions by layer")
    table.add_column("layer")
    table.add_column("what")
    for name in ("MACs", "weights, bytes", "an inference"):
        table.add_column(name, justify="right")
    training = costs.instructions_per_training_step is not None
    if training:
        table.add_column(f"a step of {costs.batch_size}", justify="right")
    for layer in costs.layers:
        cells = [_number(layer.macs), _number(layer.weights_bytes), _number(layer.instructions_per_inference)]
        if training:
            cells.append(_number(layer.instructions_per_training_step))
        table.add_row(layer.name, layer.what + (", learns" if layer.learns else ""), *cells)
    table.add_section()
    total = [
        _number(costs.macs),
        _number(costs.weights_flash_bytes),
        _number(costs.instructions_per_inference),
    ]
    if training:
        total.append(_number(costs.instructions_per_training_step))
    table.add_row("all", "", *total)
    console.print(table)


def show_plan(console: Console, title: str, layers: list[dict], memory: list[tuple[str, int]]) -> None:
    """What a plan costs before it is compiled. layers, memory: integrad_codegen.costs."""
    table = Table(title=title)
    table.add_column("layer")
    table.add_column("what")
    for name in ("MACs", "flash, bytes", "RAM, bytes"):
        table.add_column(name, justify="right")
    for row in layers:
        ram = row["weights_bytes"] if row["learns"] else 0
        numbers = [_number(n) for n in (row["macs"], row["weights_bytes"], ram)]
        table.add_row(row["name"], row["what"], *numbers)
    console.print(table)
    for name, size in memory:
        console.print(f"{name}: {size:,} bytes")


def _number(value: int | None) -> str:
    return "" if not value else f"{value:,}"
