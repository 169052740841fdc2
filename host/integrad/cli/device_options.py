"""Options that the verbs around devices share, and what they do with them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from integrad.errors import UsageError
from integrad.execute.adaptation import STORED_SAMPLES
from integrad.learners.schedule import Schedule
from integrad.learners.table import learner_of
from integrad.model_file import Model
from integrad.targets.generated_names import c_name
from integrad_codegen.plan import is_taken

TUNING_BATCH = 10

core_option = click.option(
    "--core", default="m4", show_default=True, metavar="m0|m3|m4|m7|m33|m55", help="Which core."
)
time_limit_option = click.option(
    "--time-limit", type=click.IntRange(1), default=600, show_default=True, help="Seconds a run may take."
)
batch_size_option = click.option(
    "--batch-size",
    type=click.IntRange(1),
    default=TUNING_BATCH,
    show_default=True,
    help="Of a training step.",
)
replay_option = click.option(
    "--replay",
    type=click.IntRange(0),
    metavar="COUNT",
    help="Against forgetting: so many samples of the training data lie in flash and return in every "
    f"training step. [{STORED_SAMPLES}, or all there are]",
)
part_option = click.option(
    "--part", default=None, metavar="PART", help="Say, unbuilt, whether it fits: stm32f411, rp2040, …"
)


def learn_option(default: str):
    """--learn; default: what holds without it, in words."""
    text = "What may learn on the device: last:K is the last K blocks and the output layer."
    return click.option("--learn", metavar="none|output|last:K|all", help=f"{text} [{default}]")


def module_name(model: str) -> str:
    """What a module is called after its model file; `_model` is added where that means something else."""
    name = c_name(Path(model))
    return f"{name}_model" if is_taken(name) else name


@contextmanager
def work_folder() -> Iterator[Path]:
    """A temporary folder for generated sources and firmware."""
    with tempfile.TemporaryDirectory(prefix="integrad-") as folder:
        yield Path(folder)


def schedule_for(model: Model, batch_size: int, learning_rate_inv: int | None = None) -> Schedule:
    """The model's own schedule at another batch size, or with another learning rate.

    Raises UsageError for a learning rate that the generated code would refuse.
    """
    limit = learner_of(model.network).largest_learning_rate_inv(model.network.classes)
    if learning_rate_inv is not None and learning_rate_inv > limit:
        raise UsageError(f"--learning-rate-inv {learning_rate_inv}: must be at most {limit}")
    own = model.schedule(batch_size)
    return replace(own, learning_rate_inv=learning_rate_inv or own.learning_rate_inv)


def require_learning(learn: str, option: str) -> None:
    """Raise UsageError where an option needs something to learn."""
    if learn == "none":
        raise UsageError(f"{option} needs something that learns: --learn output, last:K or all")
