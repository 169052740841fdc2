"""integrad pull: read the weights that a board has learnt into a model file."""

from __future__ import annotations

import click

from integrad.boards.c_board import connect_c, speaks_protocol, weights_of
from integrad.boards.connection import connect
from integrad.boards.identity import identify
from integrad.boards.learnt_file import LearntFile, learnt_file
from integrad.cli.board_options import port_option
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.output_files import OutputFile
from integrad.errors import IntegradError
from integrad.model_file import load_model, save_model

ALSO = ("", ".new", ".old")
"""Suffixes of the files that remain if the power fails during save(), in the order in which load() tries
them."""


@click.command()
@click.argument("model", metavar="MODEL")
@port_option
@click.option(
    "--file",
    "path",
    default="learnt.weights",
    show_default=True,
    help="File on the board, as given to save().",
)
@click.option("--out", required=True, metavar="MODEL", type=OutputFile(), help="The model file to write.")
@json_option
def pull(model, port, path, out, json_path):
    """Read the weights that a board has learnt, combine them with MODEL, which was installed there, and write
    a new model file.

    A board with MicroPython has them in a file; generated C sends what it has in memory, over the serial
    protocol.

    The new model file can be evaluated, trained further and installed again.

    \b
    Example:
      integrad pull digits.model --port /dev/ttyACM0 --out learnt.model
    """
    console = console_for(json_path)
    loaded = load_model(model)
    if speaks_protocol(port):
        with connect_c(port) as client:
            machine = client.info.name
            found = weights_of(client, loaded)
    else:
        with connect(port) as connection:
            machine = identify(connection).machine
            found = _newest(connection, loaded, path)
    trained, name, learn = found.model, found.name, found.learn
    trained.training["board"] = machine or "unnamed"
    save_model(trained, out)
    crc = f"{trained.network.weights_crc():08x}"
    steps = "" if found.steps is None else f", {found.steps:,} training steps"
    console.print(
        f"{name} on {machine or 'the board'}: intact, exported with --learn {learn}{steps}", markup=False
    )
    console.print(f"wrote {out}, CRC-32 of all weights {crc}", markup=False)
    result = {"file": out, "board_file": name, "learn": learn, "weights_crc": crc, "steps": found.steps}
    write_json(json_path, result)


def _newest(connection, model, path) -> LearntFile:
    """The file that load() takes: the first intact one, or path.new if it is a later save than path. If none
    is intact, the first file's error is raised."""
    best = trouble = None
    for name in (path + ending for ending in ALSO):
        if not connection.exists(name) or (best and name.endswith(ALSO[-1])):
            continue
        try:
            found = learnt_file(model, connection.read_file(name), name)
        except IntegradError as error:
            trouble = trouble or error
            continue
        if best is None or found.sequence > best.sequence:
            best = found
    if best is None:
        raise trouble or IntegradError(
            f"{path}: no such file on the board; write it with model.save({path!r})"
        )
    return best
