"""integrad demo: the whole workflow in one command."""

from __future__ import annotations

import click
from rich.table import Table

from integrad.build.toolchain import find_toolchain
from integrad.cli.device_options import core_option, replay_option, work_folder
from integrad.cli.emulate import cost_json
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.output_files import OutputFile
from integrad.datasets import load_dataset
from integrad.emulate.runner import choose_engine
from integrad.errors import IntegradError, UsageError
from integrad.execute.demonstration import (
    TUNING_CLIPS,
    Demonstration,
    choose_setup,
    demonstrate,
    draw_clips,
    speakers,
    take_clips,
    train_without,
)
from integrad.report.costs import show_memory
from integrad.report.demo_plot import plot_demo
from integrad.report.figure import require_matplotlib
from integrad.targets.cores import Core, get_core
from integrad.training.progress import quiet_progress_for


@click.command()
@core_option
@click.option(
    "--speaker", default="george", show_default=True, help="Speaker that the host does not train on."
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of all random numbers."
)
@replay_option
@click.option(
    "--picture",
    default="integrad-demo.png",
    show_default=True,
    metavar="FILE",
    type=OutputFile(),
    help="PNG file to write.",
)
@json_option
def demo(core, speaker, seed, replay, picture, json_path):
    """Train a network on five speakers, then train it on a sixth speaker on an emulated core.

    The core has the flash and RAM of a real part and trains in integer arithmetic. A few clips of the five
    known speakers are replayed so that it does not forget them. The host repeats the training and must
    arrive at the same weights.

    \b
    Example:
      integrad demo --core m4 --speaker george
    """
    console = console_for(json_path)
    chosen, dataset = get_core(core), load_dataset("spoken-digits")
    if speaker not in speakers(dataset):
        raise UsageError(f"--speaker {speaker}: unknown speaker; choose from {', '.join(speakers(dataset))}")
    _require_tools(chosen)
    setup = choose_setup(chosen)
    drawn = draw_clips(dataset, speaker, setup.batch_size, replay, seed)
    console.print(f"1. The host trains {setup.spec} on all speakers except {speaker}.")
    model = train_without(dataset, speaker, setup, seed, quiet_progress_for(console))
    parts = take_clips(model, dataset, drawn)
    place = f"an emulated {chosen.product} with the memory of an {chosen.part.name}"
    console.print(f"2. The model meets {speaker} on {place}.")
    with work_folder() as folder:
        outcome = demonstrate(model, parts, chosen, setup.batch_size, seed, folder, console.print)
    costs = outcome.costs
    kept = {
        f"{outcome.learnt:,} clips of {speaker}": outcome.learnt_bytes,
        f"{outcome.stored:,} stored clips for replay": outcome.stored_bytes,
    }
    show_memory(console, chosen.part, costs, kept)
    console.print(_table(speaker, chosen, outcome))
    _draw(console, picture, speaker, chosen, outcome)
    write_json(json_path, _json(speaker, core, outcome))
    if not outcome.equal:
        raise IntegradError("the weights of device and host differ")


def _require_tools(core: Core) -> None:
    """Raise IntegradError, with how to install it, if something is missing that is used after training."""
    find_toolchain()
    choose_engine(core)
    require_matplotlib()


def _table(speaker: str, core: Core, outcome: Demonstration) -> Table:
    costs, everything, output = outcome.costs, outcome.all_layers, outcome.output_only
    table = Table(title=f"Accuracy on the {core.product}, on clips that it did not learn from")
    table.add_column("")
    table.add_column(speaker, justify="right")
    table.add_column("known speakers", justify="right")
    table.add_row("before", f"{everything.before:.1%}", f"{everything.known_before:.1%}")
    learnt = f"after learning from {TUNING_CLIPS} clips of {speaker}"
    for layers, run in (("all layers", everything), ("output layer only", output)):
        table.add_row(f"{learnt}, {layers}", f"{run.after:.1%}", f"{run.known_after:.1%}")
    table.add_section()
    table.add_row("instructions per inference", f"{costs.instructions_per_inference:,}")
    step = f"instructions per training step of {costs.batch_size}"
    table.add_row(step, f"{costs.instructions_per_training_step:,}")
    table.add_row("flash with these clips, bytes", f"{_flash_bytes(outcome):,}")
    table.add_row("RAM, bytes", f"{costs.ram_bytes:,}")
    table.add_row("stack used, bytes", f"{costs.stack_bytes:,}")
    table.add_section()
    sign = "=" if everything.crc_host == everything.crc_device else "[red]≠[/red]"
    table.add_row("CRC of weights, host", f"{everything.crc_host:08x}")
    table.add_row("CRC of weights, device", f"{sign} {everything.crc_device:08x}")
    return table


def _flash_bytes(outcome: Demonstration) -> int:
    """The firmware and the clips that the device learns from."""
    return outcome.costs.flash_bytes + outcome.learnt_bytes + outcome.stored_bytes


def _draw(console, picture: str, speaker: str, core: Core, outcome: Demonstration) -> None:
    everything, output = outcome.all_layers, outcome.output_only
    accuracies = {
        "before": (everything.before, everything.known_before),
        "output layer\nlearnt": (output.after, output.known_after),
        "all layers\nlearnt": (everything.after, everything.known_after),
    }
    memory = {
        "flash": (outcome.costs.flash_bytes, _flash_bytes(outcome), core.part.flash_bytes),
        "RAM": (outcome.costs.ram_bytes, outcome.costs.ram_bytes, core.part.ram_bytes),
    }
    sign = "=" if everything.crc_host == everything.crc_device else "≠"
    story = (
        f"{outcome.learnt} clips of {speaker} learnt on an emulated {core.product}, integers only. "
        f"CRC-32 of the weights: host {everything.crc_host:08x} {sign} device {everything.crc_device:08x}"
    )
    plot_demo(picture, speaker, accuracies, core.part.name, memory, story)
    console.print(f"wrote {picture}", soft_wrap=True)


def _json(speaker: str, core: str, outcome: Demonstration) -> dict:
    return {
        "speaker": speaker,
        "core": core,
        "learnt": outcome.learnt,
        "learnt_bytes": outcome.learnt_bytes,
        "stored": outcome.stored,
        "stored_bytes": outcome.stored_bytes,
        "before": outcome.all_layers.before,
        "after_all": outcome.all_layers.after,
        "after_output": outcome.output_only.after,
        "known_before": outcome.all_layers.known_before,
        "known_after_all": outcome.all_layers.known_after,
        "known_after_output": outcome.output_only.known_after,
        "crc_host": f"{outcome.all_layers.crc_host:08x}",
        "crc_device": f"{outcome.all_layers.crc_device:08x}",
        **cost_json(outcome.costs),
    }
