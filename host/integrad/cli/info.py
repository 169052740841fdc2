"""integrad info: the contents of a model file, and the memory that a device needs for it."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from integrad.arithmetic import NARROW
from integrad.cli.channels import channel_rows, show_channels
from integrad.cli.device_options import (
    batch_size_option,
    device_options,
    learn_option,
    memory_options,
    part_option,
    require_learning,
    store_option,
)
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.memory_plan import NOTHING, find_drawer, show_device
from integrad.cli.output_files import OutputFile
from integrad.estimate.store_costs import store_memory
from integrad.model_file import Model, load_model
from integrad.network.parameter import Parameter
from integrad.targets.parts import find_part
from integrad.training.divergence import count_saturated


@click.command()
@click.argument("model", metavar="MODEL")
@learn_option("none")
@batch_size_option
@memory_options
@part_option
@store_option
@click.option(
    "--arena", type=OutputFile(), metavar="FILE", help="Plot the layout of the scratch memory: .png or .html."
)
@json_option
def info(model, learn, batch_size, stash, recompute, part, store, arena, json_path):
    """Show a model's layers, preprocessing, classes and training record.

    With --learn, --part or --arena, also show the memory that a device needs, without building anything.

    \b
    Examples:
      integrad info digits.model
      integrad info digits.model --learn all --batch-size 4 --part stm32f411 --arena arena.png
    """
    console = console_for(json_path)
    loaded = load_model(model)
    options = device_options(loaded, learn or "none", stash, recompute)
    chosen = find_part(part) if part else None
    memory = store_memory(store, chosen)
    if store:
        require_learning(learn or "none", f"--store {store}")
    if arena:
        find_drawer(arena)
    rows = layer_rows(loaded)
    _show_layers(console, model, rows)
    _show_record(console, loaded)
    channels = channel_rows(loaded.preprocessing, loaded.channel_names)
    show_channels(console, channels)
    device = NOTHING | {"suggestions": []}
    if learn or part or arena:
        name, layers = Path(model).name, learn or "none"
        device |= show_device(console, loaded, name, layers, batch_size, chosen, arena, options, memory)
    write_json(
        json_path,
        {
            "layers": rows,
            "parameters": sum(row["parameters"] for row in rows),
            "macs": sum(row["macs"] for row in rows),
            "sums": loaded.network.sums,
            "weights_crc": f"{loaded.network.weights_crc():08x}",
            "preprocessing": loaded.preprocessing.describe(),
            "channels": channels,
            "class_names": loaded.class_names,
            "training": loaded.training,
            **device,
        },
    )


def layer_rows(model: Model) -> list[dict]:
    """One row per stage and one for the output layer.

    Fields: name, shape (of the output), parameters, head_parameters, macs (of one inference),
    lowest and highest weight, saturated (number of weights at their limit); None without weights.
    """
    rows, layer = [], 0
    for stage in model.network.stages:
        row = {"name": stage.kind, "shape": list(stage.output_shape)}
        if stage.block is None:
            rows.append(row | dict.fromkeys(("parameters", "head_parameters", "macs"), 0))
            rows[-1] |= dict.fromkeys(("lowest", "highest", "saturated"))
            continue
        row["name"] = f"block{layer + 1} ({stage.kind})"
        rows.append(row | _weight_figures(stage.block.parameters(layer), stage.block.positions))
        layer += 1
    row = {"name": "output", "shape": [model.network.classes]}
    return [*rows, row | _weight_figures(model.network.output.parameters(), 1)]


def _weight_figures(parameters: list[Parameter], positions: int) -> dict:
    parameters = [parameter for parameter in parameters if parameter.on_device]
    weights = parameters[0].array
    sizes = [parameter.array.size for parameter in parameters if parameter.needed_by_inference]
    return {
        "parameters": sum(sizes),
        "head_parameters": sum(parameter.array.size for parameter in parameters) - sum(sizes),
        "macs": int(weights.size) * positions,
        "lowest": int(weights.min()),
        "highest": int(weights.max()),
        "saturated": sum(count_saturated(p) for p in parameters if p.needed_by_inference),
    }


def _show_layers(console: Console, path: str, rows: list[dict]) -> None:
    table = Table("layer", "output shape", title=escape(path))
    for name in ("weights", "head", "MACs", "range", "at limit"):
        table.add_column(name, justify="right")
    for row in rows:
        cells = ["", "", "", "", ""]
        if row["lowest"] is not None:
            cells = [
                f"{row['parameters']:,}",
                f"{row['head_parameters']:,}" if row["head_parameters"] else "",
                f"{row['macs']:,}",
                f"{row['lowest']} … {row['highest']}",
                f"{row['saturated'] / row['parameters']:.1%}",
            ]
        table.add_row(row["name"], "x".join(map(str, row["shape"])), *cells)
    totals = [f"{sum(row[name] for row in rows):,}" for name in ("parameters", "head_parameters", "macs")]
    table.add_section()
    table.add_row("total", "", *totals)
    console.print(table)


def _show_record(console: Console, model: Model) -> None:
    table = Table(show_header=False, box=None)
    table.add_row("learner", model.network.learner)
    if model.network.sums != NARROW:
        table.add_row("sums", f"{model.network.sums} bits")
    table.add_row("CRC of weights", f"{model.network.weights_crc():08x}")
    table.add_row("classes", escape(", ".join(model.class_names)))
    for name, value in {**model.preprocessing.describe(), **model.training}.items():
        if value is not None:  # such as the accuracy on a part without samples
            table.add_row(escape(name.replace("_", " ")), escape(_show_value(value)))
    console.print(table)


def _show_value(value) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {item}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value[:12])) + (f", … ({len(value)})" if len(value) > 12 else "")
    return f"{value:.4f}" if isinstance(value, float) else str(value)
