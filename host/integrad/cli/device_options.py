"""Options that the commands for devices share, and helpers that evaluate them."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from integrad.errors import IntegradNote, UsageError
from integrad.execute.adaptation import STORED_SAMPLES
from integrad.export.model_name import model_name
from integrad.learners.memory_options import option_words
from integrad.learners.table import learner_of
from integrad.model_file import Model
from integrad.network.learn_set import LearnSet
from integrad.targets.cores import CORES, USUAL, Core, core_of, get_core, product_with_article
from integrad.targets.generated_names import c_name
from integrad.targets.parts import Part, find_part
from integrad_codegen.costs import recomputation
from integrad_codegen.names import check_name
from integrad_codegen.plan import Plan, make_plan

TUNING_BATCH = 10

core_option = click.option(
    "--core", default=USUAL, show_default=True, metavar="|".join(CORES), help="Core to emulate."
)
emulated_core_option = click.option(
    "--core",
    default=None,
    metavar="|".join(CORES),
    help=f"Core to emulate. [default: {USUAL}, or that of --part]",
)
emulated_part_option = click.option(
    "--part",
    default=None,
    metavar="PART",
    help="Part or board whose flash and RAM the core has: stm32f072, nucleo-f411re, pico, … [default: a "
    "usual one with this core]",
)
time_limit_option = click.option(
    "--time-limit",
    type=click.IntRange(1),
    default=600,
    show_default=True,
    help="Maximum duration of a run in seconds.",
)
batch_size_option = click.option(
    "--batch-size",
    type=click.IntRange(1),
    default=TUNING_BATCH,
    show_default=True,
    help="Samples per training step.",
)


out_option = click.option(
    "--out", required=True, metavar="DIR", help="Folder for the files; created if necessary."
)
name_option = click.option(
    "--name", default=None, help="Prefix of all names in the C files. [default: the name of the model file]"
)


def memory_options(command):
    """Add --stash and --recompute."""
    stash = click.option(
        "--stash",
        metavar="8|2",
        help="Bits of the activations that a training step keeps; 2 take less memory. Of networks that learn "
        "by backprop. [default: 8]",
    )
    recompute = click.option(
        "--recompute",
        is_flag=True,
        help="Compute activations again where a training step then takes less memory than by keeping them; "
        "the bits are the same. Of networks that learn by backprop.",
    )
    return stash(recompute(command))


replay_option = click.option(
    "--replay",
    type=click.IntRange(0),
    metavar="COUNT",
    help="Number of training samples that are kept in flash and replayed in every training step, so that the "
    f"model does not forget them. [default: {STORED_SAMPLES}, or all there are]",
)
part_option = click.option(
    "--part",
    default=None,
    metavar="PART",
    help="Predict, without building, whether the model fits this part or board: stm32f411, pico, …",
)

store_option = click.option(
    "--store",
    default=None,
    metavar="SLOTS[,BLOCK,UNIT[,CYCLES]]",
    help="Memory for which to state what the weight store costs: number of slots, bytes that are erased and "
    "that are programmed at once, and how often a block can be erased. [default: 2, in the flash of --part]",
)


def emulated_core(core: str | None, part: str | None) -> Core:
    """The core of these options, with the memory of the part. Raises UsageError if the part has another
    one."""
    if part is None:
        return get_core(core or USUAL)
    found = find_part(part)
    require_core_of(found, get_core(core) if core else None)
    return replace(core_of(found), part=found)


def require_core_of(part: Part, core: Core | None) -> None:
    """Raise UsageError if --core and --part contradict each other."""
    if core and core_of(part) is not core:
        has = f"{part.name} has {product_with_article(part)}"
        raise UsageError(f"--core {core.name}: {has}; omit one of the two options")


def learn_option(default: str):
    """--learn. default: describes what holds without it."""
    text = "Layers that learn on the device; last:K is the last K blocks and the output layer."
    return click.option("--learn", metavar="none|output|last:K|all", help=f"{text} [default: {default}]")


def chosen_name(name: str | None, model: str, console: Console) -> str:
    """What --name says, or what a module is called after its model file, with a note if that is another name.

    Raises UsageError if what --name says is taken.
    """
    chosen, own = name or model_name(Path(model)), c_name(Path(model))
    check_name(chosen)
    if not name and chosen != own:
        text = f"note: named {chosen}, since {own} is reserved; --name chooses another"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    return chosen


def chosen_plan(
    loaded: Model,
    prefix: str,
    learn: str,
    batch_size: int,
    options: dict[str, str],
) -> tuple[Plan, tuple]:
    """(the plan of a model for a device, the words of a command line that choose it, without --learn).

    prefix: from chosen_name(); options: from device_options(). Notes that --batch-size has no effect where it
    was given although no layer learns.
    """
    plan = make_plan(loaded.network, prefix, learn, batch_size, loaded.constants | options)
    source = click.get_current_context().get_parameter_source("batch_size")
    if not plan.batch and source is not click.core.ParameterSource.DEFAULT:
        note = "--batch-size has no effect, because no layer learns; choose layers with --learn"
        warnings.warn(note, IntegradNote, stacklevel=2)
    batch = ("--batch-size", batch_size) if plan.batch else ()
    return plan, (*batch, *option_words(options))


@contextmanager
def work_folder() -> Iterator[Path]:
    """A temporary folder for generated sources and firmware."""
    with tempfile.TemporaryDirectory(prefix="integrad-") as folder:
        yield Path(folder)


def device_options(model: Model, learn: str, stash: str | None, recompute: bool) -> dict[str, str]:
    """What was chosen for the device, for make_plan(); nothing where no option was given.

    Raises UsageError where the model has fewer blocks than are to learn, where its learner has no such
    option, and where nothing learns.
    """
    LearnSet.require(learn, len(model.network.blocks))
    given = learner_of(model.network).chosen_options({"stash": stash, "recompute": recompute})
    if given:
        require_learning(learn, " ".join(option_words(given)))
    return given


def show_recomputation(console: Console, plan: Plan) -> None:
    """What --recompute saves and takes, where it was given."""
    if text := recomputation(plan):
        console.print(text, markup=False, highlight=False, soft_wrap=True)


def require_learning(learn: str, option: str) -> None:
    """Raise UsageError if nothing learns but an option requires it."""
    if learn == "none":
        raise UsageError(f"{option} requires layers that learn: --learn output, last:K or all")
