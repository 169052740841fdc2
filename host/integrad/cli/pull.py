"""integrad pull: what a board has learnt, as a model file."""

from __future__ import annotations

import click

from integrad.boards.connection import connect
from integrad.boards.identity import identify
from integrad.boards.learnt_weights import model_with
from integrad.cli.board_options import port_option
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.errors import IntegradError
from integrad.model_file import load_model, save_model

ALSO = ("", ".new", ".old")
"""Endings under which save() leaves a whole file when the power fails; in the order that load() tries."""


@click.command()
@click.argument("model", metavar="MODEL")
@port_option
@click.option(
    "--file", "path", default="learnt.weights", show_default=True, help="On the board, as save() named it."
)
@click.option("--out", required=True, metavar="MODEL", help="The model file to write.")
@json_option
def pull(model, port, path, out, json_path):
    """Bring home what a board has learnt: MODEL, which was installed there, with the board's weights.

    The new model file can be evaluated, trained further, and installed again.

    \b
    Example:
      integrad pull digits.model --port /dev/ttyACM0 --out learnt.model
    """
    console = console_for(json_path)
    loaded = load_model(model)
    with connect(port) as connection:
        machine = identify(connection).machine
        trained, learn, name = _first_whole(connection, loaded, path)
    trained.training["board"] = machine or "unnamed"
    for stale in [name for name in trained.training if name.endswith("accuracy")]:
        del trained.training[stale]  # of the weights from before
    save_model(trained, out)
    crc = f"{trained.network.weights_crc():08x}"
    console.print(f"{name} on {machine or 'the board'}: whole, exported with --learn {learn}", markup=False)
    console.print(f"wrote {out}, CRC-32 of all weights {crc}", markup=False)
    write_json(json_path, {"file": out, "board_file": name, "learn": learn, "weights_crc": crc})


def _first_whole(connection, model, path):
    """(model, learn set, name) of the first file that is whole; the first one's error if none is."""
    trouble = None
    for name in (path + ending for ending in ALSO):
        if not connection.exists(name):
            continue
        try:
            return *model_with(model, connection.read_file(name), name), name
        except IntegradError as error:
            trouble = trouble or error
    raise trouble or IntegradError(
        f"{path}: there is no such file on the board; model.save({path!r}) writes it"
    )
