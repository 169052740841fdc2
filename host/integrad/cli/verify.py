"""integrad verify: one CRC on every executor."""

from __future__ import annotations

import click
from rich.table import Table

from integrad.cli.device_options import batch_size_option, schedule_for, work_folder
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.emulator.boards import BOARDS, get_board
from integrad.emulator.device_model import DeviceModel
from integrad.emulator.verification import random_actions
from integrad.emulator.verification import verify as verify_executors
from integrad.model_file import load_model


@click.command()
@click.argument("model", metavar="MODEL")
@click.option("--core", default="all", show_default=True, metavar="CORE|all", help="Which core to emulate.")
@click.option("--steps", type=click.IntRange(0), default=50, show_default=True, help="Training steps.")
@batch_size_option
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of samples and labels.")
@json_option
def verify(model, core, steps, batch_size, seed, json_path):
    """Train MODEL further on random samples on every executor, and compare all outputs and weights.

    Exits with status 1 if any executor differs.

    \b
    Example:
      integrad verify digits.model --core all --steps 50
    """
    console = console_for(json_path)
    boards = list(BOARDS.values()) if core == "all" else [get_board(core)]
    loaded = load_model(model)
    table = Table(title=f"CRC-32 after {steps} training steps of {batch_size}, all layers learning")
    for column in ("executor", "core", "outputs", "weights", ""):
        table.add_column(column)
    verdicts = []
    with work_folder() as folder, console.status("verifying"):
        device = DeviceModel.generate(loaded, folder, "all", batch_size)
        actions = random_actions(device, steps, schedule_for(loaded, batch_size), seed)
        for verdict in verify_executors(device, boards, actions):
            verdicts.append(verdict)
            same = verdict.same_bits(verdicts[0])
            crcs = (f"{verdict.outputs_crc:08x}", f"{verdict.weights_crc:08x}")
            table.add_row(verdict.name, verdict.core, *crcs, "" if same else "[red]differs[/red]")
    equal = all(verdict.same_bits(verdicts[0]) for verdict in verdicts)
    console.print(table)
    console.print("every executor holds the same bits" if equal else "[red]the executors differ[/red]")
    rows = [
        {
            "name": v.name,
            "core": v.core,
            "outputs_crc": f"{v.outputs_crc:08x}",
            "weights_crc": f"{v.weights_crc:08x}",
        }
        for v in verdicts
    ]
    write_json(json_path, {"equal": equal, "executors": rows})
    return 0 if equal else 1
