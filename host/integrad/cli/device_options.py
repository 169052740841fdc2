"""Options that the verbs around devices share, and what they do with them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from integrad.emulator.session import Schedule
from integrad.errors import UsageError
from integrad.model_file import Model
from integrad_codegen.emit_c import Schedule as ModuleSchedule

TUNING_BATCH = 10
TUNING_EPOCHS = 15

learn_option = click.option(
    "--learn",
    default=None,
    metavar="none|output|last:K|all",
    help="What may learn on the device: last:K is the last K blocks and the output layer.",
)
batch_size_option = click.option(
    "--batch-size",
    type=click.IntRange(1),
    default=TUNING_BATCH,
    show_default=True,
    help="Of a training step.",
)


@contextmanager
def work_folder() -> Iterator[Path]:
    """A temporary folder for generated sources and firmware."""
    with tempfile.TemporaryDirectory(prefix="integrad-") as folder:
        yield Path(folder)


def schedule_for(model: Model, batch_size: int, learning_rate_inv: int | None = None) -> Schedule:
    """The model's own schedule at another batch size, or with another learning rate."""
    own = ModuleSchedule.of(model, batch_size)
    return Schedule(learning_rate_inv or own.learning_rate_inv, own.decay_inv, own.head_decay_inv)


def require_learning(learn: str, option: str) -> None:
    """Raise UsageError where an option needs something to learn."""
    if learn == "none":
        raise UsageError(f"{option} needs something that learns: --learn output, last:K or all")
