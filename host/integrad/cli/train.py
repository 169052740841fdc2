"""integrad train: train a network on a data set and write a model file."""

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
from integrad.cli.output_files import InputFile, OutputFile
from integrad.cli.table_options import table_options
from integrad.datasets import TableOptions, load_dataset
from integrad.datasets import axes as layouts
from integrad.engines.choice import ENGINES, MOST_THREADS
from integrad.errors import IntegradError, UsageError
from integrad.learners.learner import Learner
from integrad.learners.table import LEARNERS, PREFERRED, USUAL, find_learner
from integrad.model_file import save_model
from integrad.network.parameter import FRACTIONS, HEAD
from integrad.training.class_notes import describe_untested, missed_warning
from integrad.training.defaults import choose_training
from integrad.training.history import History
from integrad.training.lock import locked
from integrad.training.progress import progress_for
from integrad.training.specification import FIRST
from integrad.training.trainer import EVERY_EPOCH, FIRST_HALF, NEVER, Trainer, TrainingInterrupted
from integrad.training.training_run import Outcome, TrainingRun
from integrad.training.workers import Alone, WorkerLost, find_workers, is_leader

DEFAULTS = {name: p.default for name, p in LEARNERS[USUAL].all_hyper_parameters().items()}
SETTINGS = (
    "batch_size", "epochs", "seed", "learning_rate_inv", "amplification", "decay_inv", "head_decay_inv",
    "loss", "update", "initial_weights", "augment_crop", "augment_flip", "augment_by", "steps", "halvings",
    "keep", "balance", "schedule", "last_learning_rate_inv", "engine", "threads",
)  # fmt: skip
CHECKPOINT = ".checkpoint"
BIASES = {"none": False, "first": FIRST, "all": True}
LAYER_OPTIONS = ("leak", "encoding", "bias", "sums")


@click.command()
@click.argument("data")
@click.option(
    "--model", "spec", required=True, metavar="SPEC", type=InputFile(), help="Network to train, see above."
)
@click.option(
    "--out", required=True, metavar="FILE", type=OutputFile(CHECKPOINT), help="Model file to write."
)
@click.option(
    "--holdout",
    "holdouts",
    multiple=True,
    metavar="KEY=VALUE",
    help="Exclude matching samples from training. They are the test set if the data has none. Repeatable.",
)
@click.option("--epochs", type=int, metavar="N", help="Maximum number of epochs. [default: as above]")
@click.option(
    "--steps",
    type=int,
    metavar="N",
    help="Train for about N steps, in whole epochs, instead of --epochs; 0 for --epochs. [default: as above]",
)
@click.option(
    "--halvings",
    type=int,
    metavar="N",
    help="Halve the learning rate N times in the course of the training, evenly. [default: "
    f"{DEFAULTS['halvings']}]",
)
@click.option(
    "--schedule",
    metavar="plateau|quarters|annealed",
    help="How the learning rate is reduced: on plateaus of the validation result (nitro-d, pocket), after "
    "each quarter of the epochs (backprop), or by an equal factor in every epoch. [default: plateau, or "
    "quarters for backprop]",
)
@click.option(
    "--last-learning-rate-inv",
    type=int,
    metavar="N",
    help="Value of --learning-rate-inv in the last epoch, with --schedule annealed. [default: 32 times the "
    "first, or 8 times for backprop]",
)
@click.option(
    "--keep",
    metavar="best|last|average",
    help="Weights to keep: those of the best epoch by validation, or the last ones, or their average over "
    "the last third of the steps; validation then only measures, and training takes all epochs. "
    "[default: as above]",
)
@click.option(
    "--balance",
    flag_value=EVERY_EPOCH,
    type=int,
    help="Draw each class equally often, for data with rare classes. [default: in the first half of the "
    "epochs if classes are unbalanced, with fewer than 5,000 samples]",
)
@click.option(
    "--balance-first-half",
    "balance",
    flag_value=FIRST_HALF,
    type=int,
    help="The same in the first half of the epochs only.",
)
@click.option("--no-balance", "balance", flag_value=NEVER, type=int, help="Draw each sample once an epoch.")
@click.option("--batch-size", type=int, metavar="N", help="Samples per training step. [default: as above]")
@click.option("--seed", type=int, metavar="N", help="Seed of all random numbers. [default: 0]")
@click.option(
    "--resume", is_flag=True, help="Continue from FILE.checkpoint, with the same options as before."
)
@click.option(
    "--axes", metavar="AXES", help="Layout of a sample: F, T, TC, CT, HW, HWC or CHW. [default: detected]"
)
@click.option(
    "--learner",
    type=click.Choice(tuple(LEARNERS)),
    help="How the network learns: "
    + "; ".join(f"{name}, {learner.summary}" for name, learner in LEARNERS.items())
    + f". [default: what SPEC says, else {PREFERRED[0]}, or {PREFERRED[1]} if options of it are given]",
)
@click.option(
    "--learning-rate-inv",
    type=int,
    metavar="N",
    help="Divisor of the gradients: larger values learn more slowly. [default: by the batch size: "
    "8 · batch size, at least 32, for nitro-d; 50 · batch size for pocket; for backprop 1, since its steps "
    "are normalised, or 16 · batch size, at least 64, with --update exact]",
)
@click.option(
    "--loss",
    metavar="squared|cross-entropy",
    help="Loss whose gradient backprop descends: squared for models that go on learning on a device, "
    "cross-entropy for many classes. [default: squared up to 16 classes]",
)
@click.option(
    "--update",
    metavar="normalised|exact",
    help="Steps of backprop: all layers take steps of an equal number of bits, or as large as the gradient "
    "says, as on a device. [default: normalised]",
)
@click.option(
    "--initial-weights",
    type=int,
    metavar="PERCENT",
    help="Range of the initial weights of backprop, in percent of the usual one. [default: 100]",
)
@click.option(
    "--leak",
    type=int,
    metavar="N",
    help="Negative activations of backprop are divided by N: 2, 4, 8 or 16; 0 for ReLU. [default: 0]",
)
@click.option(
    "--encoding",
    metavar="int8|int16-master",
    help="Weights of backprop: 8 bits each, or 16 of which inference needs 8. [default: int8]",
)
@click.option(
    "--bias",
    type=click.Choice(tuple(BIASES)),
    help="Layers of backprop that have biases; all: with the output layer. [default: first, if SPEC begins "
    "with mlp:]",
)
@click.option(
    "--sums",
    type=int,
    metavar="32|64",
    help="Bits of the sums of products of nitro-d. With 64, weights of wide layers can be as large as those "
    "of narrow ones. [default: what SPEC says, else 32]",
)
@click.option(
    "--amplification",
    type=int,
    metavar="N",
    help="Blocks learn N · classes times more slowly than learning heads; smaller values learn faster at "
    "first. "
    f"[default: {DEFAULTS['amplification']}]",
)
@click.option(
    "--decay-inv",
    type=int,
    metavar="N",
    help=f"Weight decay: each step subtracts weight/N from the weights of blocks; 0 for none. "
    f"[default: {DEFAULTS['decay_inv']}]",
)
@click.option(
    "--head-decay-inv",
    type=int,
    metavar="N",
    help=f"Weight decay of learning heads and the output layer. [default: {DEFAULTS['head_decay_inv']}]",
)
@click.option(
    "--augment-crop",
    type=int,
    metavar="N",
    help="Shift training samples by up to N pixels, or time steps of a series. [default: "
    f"{DEFAULTS['augment_crop']}]",
)
@click.option(
    "--augment-flip/--no-augment-flip", default=None, help="Also train on mirrored samples. [default: no]"
)
@click.option(
    "--augment-by",
    metavar="sample|batch",
    help=f"Shift and mirror each sample independently, or all samples of a batch alike. "
    f"[default: {DEFAULTS['augment_by']}]",
)
@click.option(
    "--validation",
    type=click.IntRange(0, 90),
    metavar="PERCENT",
    help="Share of the training samples that measures, or chooses the epoch with --keep best; whole groups "
    "if the data has groups. "
    "[default: 10, or 0 where the data has fewer than 5,000 samples for training, as above]",
)
@click.option(
    "--validation-by-class",
    is_flag=True,
    help="Draw the validation samples from each class instead of by group.",
)
@click.option(
    "--engine",
    type=click.Choice(ENGINES),
    help="What computes the training steps; the resulting bits are the same. native is C compiled for this "
    "computer. [default: auto, which is torch for large networks if there is a GPU, else native if there is "
    "a "
    "compiler, else numpy]",
)
@click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    metavar="N",
    help="Threads of the native engine, or of Torch on the CPU. [default: depends on the network]",
)
@table_options()
@json_option
def train(
    data,
    spec,
    out,
    holdouts,
    resume,
    axes,
    validation,
    validation_by_class,
    label,
    group,
    drop,
    json_path,
    **options,
):
    """Train a network on DATA in integer arithmetic: a bundled data set, an .npz file, or a table (.csv).

    \b
    SPEC is one of
      mlp:96,48                  dense blocks of 96 and 48 units
      cnn:p2,c8,p2,c16,p2,d48    cN[kK][sS] convolution block: N channels, KxK kernel (3), stride S (1);
                                 dw[kK][sS] depthwise convolution block;
                                 pN max-pool, aN average-pool, dN dense block, xP dropout of P percent
      network.toml               a file that describes all settings
      nitro:vgg8b                a network of the NITRO-D publication with its settings, see docs/networks.md;
                                 nitro:vgg8b+ is the same with a better recipe
      pocket:mlp-1               a network of the PocketNN publication, see docs/pocketnn.md
      backprop:mlp-1             a network for integer backpropagation, see docs/backprop.md
    The output layer is implicit. On time series, kernels and pooling windows extend over time.

    \b
    How a network in short notation is trained follows from the samples that do not test, unless options say
    otherwise; see docs/networks.md:
      fewer than 5,000           8,000 steps in batches of 16 on all of them, without validation; the last
                                 weights are kept; fewer steps for large networks
      5,000 to 19,999            128 epochs in batches of 32; 10 % of them measure, and the average of the
                                 weights over the last third of the steps is kept
      20,000 or more             30 epochs in batches of 64; the same
    Presets, network files and other learners: at most 100 epochs or what they say, and 10 % for validation.

    \b
    Example:
      integrad train spoken-digits --model mlp:96,48 --holdout speaker=george --out digits.model
      integrad train iris.csv --label species --model mlp:16 --out iris.model

    Ctrl-C stops after the current batch and saves the run in FILE.checkpoint for --resume. To train with
    several workers, use `torchrun --nproc-per-node 4 -m integrad train …`, which computes the same bits: see
    docs/distributed.md.
    """
    console = console_for(json_path) if is_leader() else Console(quiet=True)
    if is_leader():
        click.get_current_context().with_resource(locked(out))
    checkpoint = _find_checkpoint(out, resume, console)
    dataset = load_dataset(data, axes, TableOptions(label, group, drop))
    settings = {name: options[name] for name in SETTINGS if options[name] is not None}
    settings |= {name: int(value) for name, value in settings.items() if isinstance(value, bool)}
    learner = options["learner"]
    of_layers = {name: options[name] for name in LAYER_OPTIONS if options[name] is not None}
    if "bias" in of_layers:
        of_layers["bias"] = BIASES[of_layers["bias"]]
    choice = choose_training(
        dataset,
        spec,
        settings,
        learner=learner,
        layer_options=of_layers,
        holdouts=holdouts,
        validation_percent=validation,
        by_class=validation_by_class,
    )
    _check_settings(settings, find_learner(choice.learner), dataset.classes)
    run = TrainingRun.chosen(dataset, spec, choice, holdouts, validation_by_class)
    workers = find_workers(run.trainer.engine)
    _show_start(console, run, workers, choice.reason)
    try:
        with _interruptible(run.trainer, workers) as stopped_by:
            outcome = run.run(progress_for(console), checkpoint, resume, workers)
    except TrainingInterrupted:
        if signal.SIGTERM in stopped_by and workers.count > 1:
            place = "stopped by torchrun, which happens if a worker was lost"
            raise IntegradError(_how_to_resume(place, checkpoint)) from None
        _say(console, _how_to_resume("interrupted", checkpoint))
        raise click.Abort from None
    except WorkerLost as error:
        if workers.rank > 0:
            sys.exit(1)  # the first worker prints the message
        raise IntegradError(_how_to_resume(f"a worker was lost {error}", checkpoint)) from error
    workers.leave()
    if workers.rank > 0:
        return
    try:
        save_model(outcome.model, out)
    except IntegradError as error:
        raise IntegradError(
            f"{error}; the run is saved in {checkpoint}: free some disk space, then repeat it with --resume"
        ) from error
    with suppress(OSError):
        os.unlink(checkpoint)
    _show_outcome(console, outcome, out, run.kept_weights, run.trainer.balance == EVERY_EPOCH)
    write_json(json_path, _result(outcome))


def _find_checkpoint(out: str, resume: bool, console: Console) -> str:
    """The path of the checkpoint. Raises UsageError if there is none to resume."""
    checkpoint = out + CHECKPOINT
    if resume and not Path(checkpoint).exists():
        raise UsageError(f"{checkpoint}: there is no checkpoint to resume; start without --resume")
    if not resume and Path(checkpoint).exists():
        _say(
            console,
            f"note: starting from scratch, which will overwrite {checkpoint}; use --resume to continue it",
        )
    return checkpoint


def _check_settings(settings: dict[str, int | str], learner: Learner, classes: int) -> None:
    declared = learner.all_hyper_parameters()
    known = {name for other in LEARNERS.values() for name in other.hyper_parameters}
    try:
        for name in [name for name in SETTINGS if name in settings]:
            option = f"--{name.replace('_', '-')}"
            if name in declared:
                declared[name].check(option, settings[name], classes)
            elif name in known:
                raise UsageError(f"{option}: the learner {learner.id} has no such setting")
    except IntegradError as error:
        raise UsageError(str(error)) from error


@contextmanager
def _interruptible(trainer: Trainer, workers: Alone):
    """The first Ctrl-C or SIGTERM asks the trainer to stop, the second one ends the program.

    With several workers, the first one stops, and the others stop when they notice. Yields the list of
    signals received so far.
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


def _how_to_resume(reason: str, checkpoint: str) -> str:
    """Why a run ended and how to resume it, in one line."""
    command = shlex.join(["integrad", *(a for a in sys.argv[1:] if a != "--resume"), "--resume"])
    return f"{reason}; the run is saved in {checkpoint}. To resume, with any number of workers: {command}"


def _show_start(console: Console, run: TrainingRun, workers: Alone, how: str) -> None:
    dataset, split = run.dataset, run.split
    parameters = [parameter for parameter in run.network.parameters() if parameter.on_device]
    weights = sum(p.array.size for p in parameters if p.role not in FRACTIONS.values())
    stored = sum(p.array.nbytes for p in parameters)
    heads = " including learning heads" if any(p.role == HEAD for p in parameters) else ""
    layout = layouts.explain(dataset.axes, dataset.sample_shape, dataset.axes_given)
    _say(console, f"{dataset.name}: {len(dataset):,} samples, {dataset.classes} classes, {layout}")
    _say(console, f"train       {len(split.train):>7,} samples")
    _say(console, f"validation  {len(split.validation):>7,} samples, {split.validation_origin}")
    _say(console, f"test        {len(split.test):>7,} samples, {split.test_origin}")
    for note in split.notes:
        _say(console, f"note: {note}")
    _say(console, f"{run.spec}: {weights:,} weights{heads}, {stored:,} bytes")
    _say(console, f"training: {how}")
    if workers.count > 1:
        _say(console, f"{workers.count} workers share each batch")
    for warning in run.warnings:
        _say(console, f"warning: {warning}")


def _show_outcome(console: Console, outcome: Outcome, out: str, kept: str, balanced: bool) -> None:
    """kept: as TrainingRun.kept_weights. balanced: whether every epoch drew classes equally often."""
    history, names = outcome.history, outcome.model.class_names
    table = Table("split", title=f"Accuracy of the {kept} weights")
    table.add_column("samples", justify="right")
    table.add_column("accuracy", justify="right")
    if outcome.unbalanced:
        table.add_column("macro-F1", justify="right")
    for name in ("train", "validation", "test"):
        score = getattr(outcome, name)
        figures = [score.accuracy, score.macro_f1] if outcome.unbalanced else [score.accuracy]
        table.add_row(name, f"{score.samples:,}", *("–" if f is None else f"{f:.2%}" for f in figures))
    console.print(table)
    if outcome.unbalanced:
        _say(
            console,
            "the classes are unbalanced: macro-F1 counts all of them alike, accuracy does not",
        )
        if outcome.test.samples and (untested := describe_untested(names, outcome.test.absent)):
            _say(console, f"note: {untested}")
    if warning := missed_warning(outcome, balanced):
        _say(console, f"warning: {warning}")
    _say(console, _how_it_went(history, kept == "best"))
    _say(console, f"wrote {out}, CRC of weights {outcome.model.network.weights_crc():08x}")


def _how_it_went(history: History, chosen: bool) -> str:
    """The duration, with the same rate as the lines of the progress: validation included."""
    epochs = len(history.epochs)
    rate = sum(epoch.samples for epoch in history.epochs) / max(1e-9, history.seconds)
    best = _describe_best(history) if chosen else ""
    reason = "" if history.stopped == f"all {epochs} epochs completed" else f"; {history.stopped}"
    return f"{epochs:,} epochs in {history.seconds:.1f} s, {rate:,.0f} samples/s{reason}{best}"


def _describe_best(history: History) -> str:
    """The number of the best epoch, and what distinguishes it from an earlier one with the same score."""
    text, score = f"; the best is epoch {history.best_epoch}", history.best.validation_score
    first = next(epoch.number for epoch in history.epochs if epoch.validation_score == score)
    if first == history.best_epoch:
        return text
    return f"{text}, which equals epoch {first} in this respect and has a smaller validation loss"


def _result(outcome: Outcome) -> dict:
    history = outcome.history
    return {
        "train_accuracy": outcome.train.accuracy,
        "validation_accuracy": outcome.validation.accuracy,
        "test_accuracy": outcome.test.accuracy,
        "train_macro_f1": outcome.train.macro_f1,
        "validation_macro_f1": outcome.validation.macro_f1,
        "test_macro_f1": outcome.test.macro_f1,
        "epochs": len(history.epochs),
        "seconds": round(history.seconds, 3),
        "samples_per_second": round(history.samples_per_second, 1),
        "weights_crc": f"{outcome.model.network.weights_crc():08x}",
    }


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)
