"""integrad train: a data set in, a model file out."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from integrad.cli.json_output import console_for, json_option, write_json
from integrad.datasets import axes as layouts
from integrad.datasets import load_dataset
from integrad.engines.choice import ENGINES, MOST_THREADS
from integrad.errors import IntegradError, UsageError
from integrad.learners.table import LEARNERS, USUAL
from integrad.model_file import save_model
from integrad.training.progress import progress_for
from integrad.training.trainer import Trainer, TrainingInterrupted
from integrad.training.training_run import LARGE_BATCH, SMALL_BATCH, SMALL_DATA, Outcome, TrainingRun
from integrad.training.workers import Alone, WorkerLost, find_workers, is_leader

DEFAULTS = {name: p.default for name, p in LEARNERS[USUAL].all_hyper_parameters().items()}
SMALL_BATCHES = f"{SMALL_BATCH}; {LARGE_BATCH} from {SMALL_DATA:,} samples on"
SETTINGS = (
    "batch_size", "epochs", "seed", "learning_rate_inv", "amplification", "decay_inv", "head_decay_inv",
    "augment_crop", "augment_flip", "augment_by", "engine", "threads",
)  # fmt: skip


@click.command()
@click.argument("data")
@click.option("--model", "spec", required=True, metavar="SPEC", help="The network, see above.")
@click.option("--out", required=True, metavar="FILE", help="The model file to write.")
@click.option(
    "--holdout",
    "holdouts",
    multiple=True,
    metavar="KEY=VALUE",
    help="Keep matching samples out of training; they test if the data marks no test samples. Repeatable.",
)
@click.option("--epochs", type=int, metavar="N", help=f"At most so many. [{DEFAULTS['epochs']}]")
@click.option("--batch-size", type=int, metavar="N", help=f"Samples in a step. [{SMALL_BATCHES}]")
@click.option("--seed", type=int, metavar="N", help="Fixes everything that is random. [0]")
@click.option("--resume", is_flag=True, help="Go on from FILE.checkpoint, with the same options as before.")
@click.option("--axes", metavar="AXES", help="Layout of a sample: F, T, TC, CT, HW, HWC or CHW. [detected]")
@click.option(
    "--learning-rate-inv",
    type=int,
    metavar="N",
    help="Divisor of the gradients. [8 · batch size, at least 32]",
)
@click.option(
    "--amplification",
    type=int,
    metavar="N",
    help="Blocks learn N · classes times more slowly than learning heads; fewer leave chance sooner. "
    f"[{DEFAULTS['amplification']}]",
)
@click.option(
    "--decay-inv",
    type=int,
    metavar="N",
    help=f"A step takes weight/N off the blocks' weights; 0: nothing. [{DEFAULTS['decay_inv']}]",
)
@click.option(
    "--head-decay-inv",
    type=int,
    metavar="N",
    help=f"The same for learning heads and output layer. [{DEFAULTS['head_decay_inv']}]",
)
@click.option(
    "--augment-crop",
    type=int,
    metavar="N",
    help=f"Train on samples shifted by up to N pixels, or steps of a series. [{DEFAULTS['augment_crop']}]",
)
@click.option("--augment-flip/--no-augment-flip", default=None, help="Train on mirrored samples too. [no]")
@click.option(
    "--augment-by",
    metavar="sample|batch",
    help=f"Shift and mirror every sample by itself, or a whole batch alike. [{DEFAULTS['augment_by']}]",
)
@click.option(
    "--validation",
    type=click.IntRange(0, 90),
    default=10,
    show_default=True,
    metavar="PERCENT",
    help="Share of the training samples that chooses the best epoch; whole groups where the data has groups.",
)
@click.option("--validation-by-class", is_flag=True, help="Draw that share from every class, not by group.")
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    help="What computes; the bits are the same. native is C compiled for this machine. "
    "[auto: torch for large networks if there is a GPU, else native if there is a compiler, else numpy]",
)
@click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    metavar="N",
    help="Of the native engine and of Torch on the CPU. [by the size of a step; Torch: its own choice]",
)
@json_option
def train(data, spec, out, holdouts, resume, axes, validation, validation_by_class, json_path, **options):
    """Train a network on DATA (a bundled data set or an .npz file) with integers only.

    \b
    SPEC is one of
      mlp:96,48                  dense blocks of 96 and 48 units
      cnn:p2,c8,p2,c16,p2,d48    cN[kK][sS] convolution block: N channels, KxK kernel (3), stride S (1);
                                 dw[kK][sS] the same on every channel by itself (depthwise);
                                 pN max-pool, aN average-pool, dN dense block, xP dropout of P percent
      network.toml               the same in a file, with every setting
      nitro:vgg8b                a network of the NITRO-D publication with its settings, see docs/networks.md
    The output layer is implied. Kernels and pools of a series run over time.

    \b
    Example:
      integrad train spoken-digits --model mlp:96,48 --holdout speaker=george --out digits.model

    Ctrl-C stops after the batch at hand and keeps the run in FILE.checkpoint for --resume. Several workers
    share every batch with `torchrun --nproc-per-node 4 -m integrad train …`: the same bits, see
    docs/distributed.md.
    """
    console = console_for(json_path) if is_leader() else Console(quiet=True)
    checkpoint = _check_paths(data, out, resume, console)
    dataset = load_dataset(data, axes=axes)
    settings = {name: options[name] for name in SETTINGS if options[name] is not None}
    settings |= {name: int(value) for name, value in settings.items() if isinstance(value, bool)}
    _check_settings(settings, dataset.classes)
    run = TrainingRun(dataset, spec, settings, list(holdouts), validation, validation_by_class)
    workers = find_workers(run.trainer.engine)
    _show_start(console, run, workers)
    try:
        with _interruptible(run.trainer, workers) as stopped_by:
            outcome = run.run(progress_for(console), checkpoint, resume, workers)
    except TrainingInterrupted:
        if signal.SIGTERM in stopped_by and workers.count > 1:
            place = "stopped by torchrun, as it does when a worker was lost"
            raise IntegradError(_way_on(place, checkpoint)) from None
        _say(console, _way_on("interrupted", checkpoint))
        raise click.Abort from None
    except WorkerLost as error:
        if workers.rank > 0:
            sys.exit(1)  # the first one says it
        raise IntegradError(_way_on(f"a worker was lost {error}", checkpoint)) from error
    workers.leave()
    if workers.rank > 0:
        return
    try:
        save_model(outcome.model, out)
    except IntegradError as error:
        raise IntegradError(
            f"{error}; the run is kept in {checkpoint}: make room, then repeat it with --resume"
        ) from error
    with suppress(OSError):
        os.unlink(checkpoint)
    _show_outcome(console, outcome, out)
    write_json(json_path, _result(outcome))


def _check_paths(data: str, out: str, resume: bool, console: Console) -> str:
    """Find out before training what would go wrong after it; the checkpoint's path."""
    folder = Path(out).resolve().parent
    if not folder.is_dir():
        raise UsageError(f"--out {out}: there is no folder {folder}")
    if Path(out).is_dir():
        raise UsageError(f"--out {out}: is a folder, expected the name of a file")
    if Path(out).resolve() == Path(data).resolve():
        raise UsageError(f"--out {out}: would replace the data")
    if not os.access(folder, os.W_OK):
        raise IntegradError(f"--out {out}: the folder {folder} is not writable")
    checkpoint = f"{out}.checkpoint"
    if resume and not Path(checkpoint).exists():
        raise UsageError(f"{checkpoint}: there is no checkpoint to resume; start without --resume")
    if not resume and Path(checkpoint).exists():
        _say(console, f"note: starts anew and will replace {checkpoint}; --resume would continue it")
    return checkpoint


def _check_settings(settings: dict[str, int | str], classes: int) -> None:
    try:
        declared = LEARNERS[USUAL].all_hyper_parameters()
        for name in settings.keys() & declared.keys():
            declared[name].check(f"--{name.replace('_', '-')}", settings[name], classes)
    except IntegradError as error:
        raise UsageError(str(error)) from error


@contextmanager
def _interruptible(trainer: Trainer, workers: Alone):
    """The first Ctrl-C or SIGTERM asks the trainer to stop, the second one ends the program.

    Among several workers the first one stops, and the others when they miss it. Yields the signals that came.
    """
    stopped_by = []

    def stop(number, frame):
        stopped_by.append(number)
        signal.signal(number, previous[number])
        workers.told_to_stop()
        if workers.rank == 0:
            trainer.interrupt()

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped_by
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _way_on(reason: str, checkpoint: str) -> str:
    """Why a run ended and how it goes on, in one line."""
    command = shlex.join(["integrad", *(a for a in sys.argv[1:] if a != "--resume"), "--resume"])
    return f"{reason}; the run is kept in {checkpoint}. To go on, with any number of workers: {command}"


def _show_start(console: Console, run: TrainingRun, workers: Alone) -> None:
    dataset, split = run.dataset, run.split
    weights = sum(array.size for array in run.network.arrays().values())
    layout = layouts.explain(dataset.axes, dataset.sample_shape, dataset.axes_given)
    _say(console, f"{dataset.name}: {len(dataset):,} samples, {dataset.classes} classes, {layout}")
    _say(console, f"train       {len(split.train):>7,} samples")
    _say(console, f"validation  {len(split.validation):>7,} samples, {split.validation_origin}")
    _say(console, f"test        {len(split.test):>7,} samples, {split.test_origin}")
    _say(console, f"{run.spec}: {weights:,} weights with learning heads, {2 * weights:,} bytes")
    if workers.count > 1:
        _say(console, f"{workers.count} workers share every batch")


def _show_outcome(console: Console, outcome: Outcome, out: str) -> None:
    history = outcome.history
    table = Table("part", title="Accuracy of the best weights")
    table.add_column("samples", justify="right")
    table.add_column("accuracy", justify="right")
    for name in ("train", "validation", "test"):
        score = getattr(outcome, name)
        table.add_row(name, f"{score.samples:,}", f"{score.accuracy:.2%}" if score.samples else "–")
    console.print(table)
    speed = f"{history.seconds:.1f} s, {history.samples_per_second:,.0f} samples/s"
    _say(console, f"{len(history.epochs)} epochs in {speed}; {history.stopped}; best is {history.best_epoch}")
    _say(console, f"wrote {out}, weights CRC {outcome.model.network.weights_crc():08x}")


def _result(outcome: Outcome) -> dict:
    history = outcome.history
    return {
        "train_accuracy": outcome.train.accuracy,
        "validation_accuracy": outcome.validation.accuracy,
        "test_accuracy": outcome.test.accuracy,
        "epochs": len(history.epochs),
        "seconds": round(history.seconds, 3),
        "samples_per_second": round(history.samples_per_second, 1),
        "weights_crc": f"{outcome.model.network.weights_crc():08x}",
    }


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
