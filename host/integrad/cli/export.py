"""integrad export: generate C sources or MicroPython modules from a model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from integrad.cli.device_options import (
    batch_size_option,
    chosen_name,
    chosen_plan,
    device_options,
    learn_option,
    memory_options,
    name_option,
    out_option,
    part_option,
    require_core_of,
    require_learning,
    show_recomputation,
    store_option,
)
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.output_files import check_generated_files, show_leftovers
from integrad.cli.store_report import show_store
from integrad.errors import UsageError
from integrad.estimate.part_fit import require_fit
from integrad.estimate.store_costs import NO_STORE, store_memory
from integrad.export.leftovers import leftovers
from integrad.export.target import Request
from integrad.export.targets import TARGETS, all_options, check_options
from integrad.export.trial import Trial, try_out
from integrad.export.writing import write_export
from integrad.model_file import load_model
from integrad.report.costs import show_layers, show_memory, show_plan
from integrad.report.part_fit import show_part_fit
from integrad.targets.cores import core_of, get_core
from integrad.targets.generated_names import command_line
from integrad.targets.parts import Part, find_part
from integrad_codegen.c.runtime import FOLDER
from integrad_codegen.costs import layers, memory_rows

MEASURED = ("instructions_per_inference", "instructions_per_training_step", "stack_bytes")
"""Keys of the result that require an emulator."""


def target_options(command):
    """Add the options that belong to single targets."""
    for option in reversed(all_options()):
        kind = {"is_flag": True, "default": None} if option.is_flag else {"metavar": option.metavar}
        command = click.option(option.flag, option.name, help=option.help, **kind)(command)
    return command


@click.command()
@click.argument("model", metavar="MODEL")
@click.option(
    "--target",
    type=click.Choice(list(TARGETS)),
    default="c",
    show_default=True,
    help="What to generate: " + "; ".join(f"{row.name}: {row.help}" for row in TARGETS.values()) + ".",
)
@learn_option("none")
@batch_size_option
@memory_options
@out_option
@name_option
@click.option(
    "--core",
    default=None,
    metavar="CORE",
    help="Build a test program for this core and measure it. The exported files are the same for every core.",
)
@part_option
@store_option
@target_options
@json_option
def export(
    model, target, learn, batch_size, stash, recompute, out, name, core, part, store, json_path, **options
):
    """Generate C99 or MicroPython modules that run inference with MODEL and, with --learn, train it.

    The C code uses no floating point, no dynamic memory and no library. Its header documents how to use it,
    what it costs (with --core, as measured) and how it was generated. For MicroPython, native modules and a
    user C module are built from the same C, along with pure Python modules. The other targets lay the same
    C out for a build system, with an example.

    \b
    Example:
      integrad export digits.model --target c --learn all --batch-size 10 --out generated
    """
    console = console_for(json_path)
    learn = learn or "none"
    chosen, part = get_core(core) if core else None, find_part(part) if part else None
    generator = TARGETS[target]
    if part and not generator.predicts_parts:
        raise UsageError(f"--part cannot be combined with --target {target}")
    if store and not generator.predicts_parts:
        raise UsageError(f"--store cannot be combined with --target {target}; its saves are files")
    memory = store_memory(store, part)
    options = check_options(generator, options)
    if part:
        require_core_of(part, chosen)
    loaded = load_model(model)
    step_options = device_options(loaded, learn, stash, recompute)
    prefix = chosen_name(name, model, console)
    plan, words = chosen_plan(loaded, prefix, learn, batch_size, step_options)
    if store:
        require_learning(learn, f"--store {store}")
    fit = require_fit(loaded, plan, part) if part else None
    named = ("--name", name) if name else ()
    for_device = [*(("--core", chosen.name) if chosen else ()), *(("--part", part.name) if part else ())]
    flags = [option.flag for option in generator.options if option.is_flag and options[option.name]]
    settings = ("--target", target, "--learn", learn, *words, *named, *for_device, *flags, "--out", out)
    command = command_line("export", Path(model).name, *settings)
    trial = try_out(loaded, plan, chosen, command) if chosen else None
    measurements = trial.measurements if trial else None
    files = generator.files(Request(loaded, plan, command, options, console.status, measurements))
    if trial:
        trial.require_same(files)
    check_generated_files([Path(out, name) for name in files], out, model, json_path)
    removed, changed = leftovers(Path(out), files)
    paths = write_export(Path(out), files)
    rows = layers(plan)
    show_plan(console, f"{plan.prefix}, learns: {learn}", rows, memory_rows(plan))
    show_recomputation(console, plan)
    if fit:
        show_part_fit(console, fit)
    kept = NO_STORE
    if plan.batch and generator.predicts_parts:
        kept = show_store(console, plan, memory, chosen or (core_of(part) if part else None))
    if trial:
        _show_trial(console, chosen.part, trial)
    show_leftovers(console, removed, changed)
    for path in _to_show(paths):
        console.print(f"wrote {path}", soft_wrap=True, markup=False)
    result = {
        "files": [str(path) for path in paths],
        "removed": [str(path) for path in removed],
        "learn": learn,
        "batch_size": plan.batch,
        "macs": plan.macs,
        "weights_flash_bytes": plan.weights_bytes + plan.frozen_bytes,
        "weights_ram_bytes": plan.weights_bytes if plan.batch else 0,
        "inference_scratch_bytes": plan.inference_scratch_bytes,
        "training_scratch_bytes": plan.scratch.bytes if plan.scratch else 0,
        "weights_crc": f"{loaded.network.weights_crc():08x}",
        "flash_bytes": trial.sizes.flash if trial else None,
        "ram_bytes": trial.sizes.ram if trial else None,
        **{name: getattr(trial.costs if trial else None, name, None) for name in MEASURED},
        "part": part.name if part else None,
        "predicted_flash_bytes": fit.footprint.flash if fit else None,
        "predicted_ram_bytes": fit.footprint.ram if fit else None,
        **kept,
        "layers": [asdict(row) for row in rows],
    }
    write_json(json_path, result)


def _to_show(paths: list[Path]) -> list[str]:
    """The files, but one line for all those of the runtime."""
    shown: dict[str, None] = {}
    for path in paths:
        runtime = [
            folder for folder in path.parents if folder.name == FOLDER and folder / "kernels.h" in paths
        ]
        shown[f"{runtime[-1]}/" if runtime else str(path)] = None
    return list(shown)


def _show_trial(console: Console, part: Part, trial: Trial) -> None:
    if trial.costs:
        show_memory(console, part, trial.costs)
        show_layers(console, trial.costs)
        return
    flash = f"flash {trial.sizes.flash:,} of {part.flash_bytes:,} bytes"
    text = f"it fits {part.name}: {flash}, RAM {trial.sizes.ram:,} of {part.ram_bytes:,}"
    console.print(f"{text}; not measured: {trial.trouble}", markup=False, soft_wrap=True)
