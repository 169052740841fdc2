"""integrad store: the weights that a device saved, in an image of its memory."""

from __future__ import annotations

import click
from rich.table import Table

from integrad.boards.store_image import StoredSave, model_of, newest_of, saves_in
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.output_files import InputFile, OutputFile
from integrad.errors import IntegradError, UsageError
from integrad.files import read_bounded
from integrad.model_file import load_model, save_model

MOST_BYTES = 2**30


@click.command()
@click.argument("image", metavar="IMAGE")
@click.option("--model", "model_path", metavar="MODEL", type=InputFile(), help="The model that was exported.")
@click.option(
    "--out",
    metavar="MODEL",
    type=OutputFile(),
    help="Write the model with the saved weights; requires --model.",
)
@click.option(
    "--sequence",
    type=int,
    metavar="N",
    help="The save to write, instead of the newest one that a start would load.",
)
@json_option
def store(image, model_path, out, sequence, json_path):
    """Show what a device saved: the saves of the weight store in IMAGE, a binary copy of its flash memory or
    of a part of it, as debuggers and flash programs write it, or a file that MicroPython saved.

    \b
    Examples:
      integrad store flash.bin
      integrad store flash.bin --model digits.model --out learnt.model
    """
    if (out or sequence is not None) and not model_path:
        raise UsageError("--out and --sequence require --model, the model that was exported")
    console = console_for(json_path)
    saves = saves_in(read_bounded(image, MOST_BYTES, "a copy of a memory"))
    if not saves:
        raise IntegradError(
            f"{image}: no save of a weight store; pass a binary copy of the memory that holds it"
        )
    _show(console, saves)
    result = {"saves": [_row(save) for save in saves], "file": out, "sequence": None, "weights_crc": None}
    if model_path:
        model = load_model(model_path)
        chosen = _choose(saves, model, sequence, image)
        learnt, learn = model_of(model, chosen, image)
        crc = f"{learnt.network.weights_crc():08x}"
        result |= {"sequence": chosen.sequence, "weights_crc": crc}
        console.print(
            f"save {chosen.sequence} belongs to {model_path}, exported with --learn {learn}", markup=False
        )
        if out:
            save_model(learnt, out)
            console.print(f"wrote {out}, CRC-32 of all weights {crc}", markup=False)
    write_json(json_path, result)


def _choose(saves: list[StoredSave], model, sequence: int | None, image: str) -> StoredSave:
    """The save with a sequence number, or the newest intact one of a model."""
    if sequence is not None:
        for save in saves:
            if save.sequence == sequence:
                return save
        raise UsageError(f"--sequence {sequence}: {image} has no such save")
    return newest_of(saves, model)


def _show(console, saves: list[StoredSave]) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("save", "address", "state", "steps", "update", "bytes", "model CRC", "layout CRC"):
        table.add_column(title, justify="left" if title in ("state", "address") else "right")
    for save in saves:
        table.add_row(
            str(save.sequence),
            f"0x{save.address:x}",
            save.state,
            f"{save.steps:,}",
            str(save.update or "-"),
            f"{save.size:,}",
            f"{save.model:08x}",
            f"{save.layout:08x}",
        )
    console.print(table)


def _row(save: StoredSave) -> dict:
    return {
        "sequence": save.sequence,
        "address": save.address,
        "state": save.state,
        "steps": save.steps,
        "update": save.update,
        "bytes": save.size,
        "model_crc": f"{save.model:08x}",
        "layout_crc": f"{save.layout:08x}",
    }
