"""integrad project: a complete program for a board."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from integrad.cli.device_options import (
    batch_size_option,
    chosen_name,
    chosen_plan,
    device_options,
    learn_option,
    memory_options,
    name_option,
    out_option,
    require_learning,
    show_recomputation,
)
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.output_files import check_generated_files, show_leftovers
from integrad.estimate.store_costs import store_memory
from integrad.export.leftovers import leftovers
from integrad.export.project import YOURS, Project, is_edited
from integrad.export.project_fit import require_project_fit
from integrad.export.target import Request
from integrad.export.writing import write_export
from integrad.model_file import load_model
from integrad.report.costs import show_plan
from integrad.targets.boards import find_board
from integrad.targets.generated_names import command_line
from integrad_codegen.costs import layers, memory_rows


@click.command()
@click.argument("model", metavar="MODEL")
@click.option(
    "--board", required=True, metavar="BOARD", help="Board to make it for; `integrad boards` lists them."
)
@learn_option("none")
@batch_size_option
@memory_options
@out_option
@name_option
@click.option(
    "--store",
    type=click.IntRange(2),
    default=None,
    metavar="SLOTS",
    help="Slots of the weight store, in the last blocks of flash. More of them last longer. [default: 2]",
)
@json_option
def project(model, board, learn, batch_size, stash, recompute, out, name, store, json_path):
    """Generate a complete program for a board, which runs MODEL and, with --learn, trains it.

    It needs no SDK of a vendor and no C library: drivers, start-up and linker script are part of it, and so
    is the serial protocol, over which a host sends samples. `cmake -B build && cmake --build build` builds
    it. The application is main.c; a project that is generated again keeps it if somebody changed it.

    \b
    Example:
      integrad project wand.model --board pico --learn last:1 --out wand-pico
    """
    console = console_for(json_path)
    chosen = find_board(board)
    learn = learn or "none"
    loaded = load_model(model)
    step_options = device_options(loaded, learn, stash, recompute)
    prefix = chosen_name(name, model, console)
    plan, words = chosen_plan(loaded, prefix, learn, batch_size, step_options)
    if store:
        require_learning(learn, f"--store {store}")
    made = Project(chosen, store_memory(str(store) if store else None, chosen.part))
    named = ("--name", name) if name else ()
    slots = ("--store", store) if store else ()
    settings = ("--board", chosen.name, "--learn", learn, *words, *named, *slots, "--out", out)
    command = command_line("project", Path(model).name, *settings)
    request = Request(loaded, plan, command)
    memory = made.memory(request)
    require_project_fit(loaded, plan, chosen, memory)
    files = made.files(request)
    kept = is_edited(Path(out))
    if kept:
        del files[YOURS]
    check_generated_files([Path(out, file) for file in files], out, model, json_path)
    removed, changed = leftovers(Path(out), files, [YOURS])
    paths = write_export(Path(out), files)
    show_plan(console, f"{plan.prefix}, learns: {learn}", layers(plan), memory_rows(plan))
    show_recomputation(console, plan)
    show_leftovers(console, removed, changed)
    for line in _lines(chosen, memory, out, kept):
        console.print(line, soft_wrap=True, markup=False)
    result = {
        "board": chosen.name,
        "part": chosen.part.name,
        "files": [str(path) for path in paths],
        "kept": [str(Path(out, YOURS))] if kept else [],
        "removed": [str(path) for path in removed],
        "learn": learn,
        "batch_size": plan.batch,
        **memory.json(),
    }
    write_json(json_path, result)


def _lines(board, memory, out: str, kept: bool) -> list[str]:
    slots = f"{memory.slots} slots of {memory.slot_bytes:,} bytes at the end of flash"
    return [
        f"{board.title}: {memory.program_bytes:,} bytes of flash for the program, "
        f"{memory.ram_bytes:,} bytes of RAM",
        f"weight store: {slots if memory.slots else 'none'}",
        f"wrote {out}/" + (f", kept its {YOURS}" if kept else ""),
        f"build it: cd {shlex.quote(out)} && cmake -B build && cmake --build build",
    ]
