"""integrad export: a model as C sources."""

from __future__ import annotations

from pathlib import Path

import click

from integrad.cli.device_options import batch_size_option, learn_option
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.emulator.boards import get_board
from integrad.emulator.fit import check_fit
from integrad.errors import IntegradError
from integrad.generated_names import c_name, command_line
from integrad.model_file import load_model
from integrad.report.costs import show_plan
from integrad_codegen.costs import layers, memory_rows
from integrad_codegen.emit_c import emit_c, write_files
from integrad_codegen.plan import make_plan


@click.command()
@click.argument("model", metavar="MODEL")
@click.option("--target", type=click.Choice(["c"]), default="c", show_default=True, help="What to generate.")
@learn_option
@batch_size_option
@click.option("--out", "out", required=True, metavar="DIR", help="Folder for the files; made if need be.")
@click.option("--name", default=None, help="Prefix of all names in the C files. [the model file's name]")
@click.option("--core", default=None, metavar="CORE", help="Also check that it fits this core's part.")
@json_option
def export(model, target, learn, batch_size, out, name, core, json_path):
    """Write MODEL as C99 that infers and, if told so, learns: no float, no allocation, no library.

    \b
    Example:
      integrad export digits.model --target c --learn all --batch-size 10 --out generated
    """
    console = console_for(json_path)
    learn = learn or "none"
    board = get_board(core) if core else None
    loaded = load_model(model)
    prefix = name or c_name(Path(model))
    plan = make_plan(loaded.network, prefix, learn, batch_size)
    batch = ("--batch-size", batch_size) if plan.batch else ()
    command = command_line(
        "export", Path(model).name, "--target", target, "--learn", learn, *batch, "--out", out
    )
    fit = check_fit(loaded, plan, board) if board else None
    try:
        paths = write_files(emit_c(loaded, plan, command), Path(out))
    except OSError as error:
        raise IntegradError(f"{error.filename or out}: {error.strerror}; choose another --out") from error
    rows, memory = layers(plan), memory_rows(plan)
    show_plan(console, f"{prefix}, learns {learn}", rows, memory)
    if fit:
        console.print(fit.text)
    for path in paths:
        console.print(f"wrote {path}", soft_wrap=True)
    result = {
        "files": [str(path) for path in paths],
        "learn": learn,
        "batch_size": plan.batch,
        "macs": plan.macs,
        "weights_flash_bytes": plan.weights_bytes + plan.frozen_bytes,
        "weights_ram_bytes": plan.weights_bytes if plan.batch else 0,
        "inference_scratch_bytes": max(1, plan.inference_arena.bytes),
        "training_scratch_bytes": plan.scratch.bytes if plan.scratch else 0,
        "weights_crc": f"{loaded.network.weights_crc():08x}",
        "layers": rows,
    }
    write_json(json_path, result)
