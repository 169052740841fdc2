"""integrad emulate: run a model on an emulated core and optionally train it there."""

from __future__ import annotations

from dataclasses import asdict

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from integrad.cli.device_options import (
    batch_size_option,
    device_options,
    emulated_core,
    emulated_core_option,
    emulated_part_option,
    learn_option,
    memory_options,
    replay_option,
    require_learning,
    show_recomputation,
    time_limit_option,
    work_folder,
)
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.table_options import table_options
from integrad.datasets import Dataset
from integrad.emulate.runner import require_counts
from integrad.errors import IntegradError, UsageError
from integrad.execute.adaptation import (
    TUNING_EPOCHS,
    Adaptation,
    Tuning,
    adapt,
    schedule_for,
    stored_bytes,
)
from integrad.execute.costs import Costs, measure_costs
from integrad.execute.device_model import DeviceModel
from integrad.execute.tuning_split import TuningSplit, split_data
from integrad.model_file import Model, load_model
from integrad.report.costs import show_layers, show_memory, show_times
from integrad.targets.cores import timing_of
from integrad.training.evaluation import Part, choose_part, match_labels
from integrad.training.model_data import load_for


@click.command()
@click.argument("model", metavar="MODEL")
@click.argument("data")
@emulated_core_option
@emulated_part_option
@click.option("--only", multiple=True, metavar="KEY=VALUE", help="Use matching samples only. Repeatable.")
@click.option("--tune", type=click.IntRange(1), metavar="COUNT", help="Number of samples to learn from.")
@click.option(
    "--epochs",
    type=click.IntRange(1),
    default=TUNING_EPOCHS,
    show_default=True,
    help="Passes over these samples.",
)
@learn_option("none; with --tune, all")
@batch_size_option
@memory_options
@click.option(
    "--learning-rate-inv",
    type=click.IntRange(1),
    default=None,
    help="Divisor of the gradients. [default: stored in the model]",
)
@replay_option
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the order of samples."
)
@time_limit_option
@table_options()
@json_option
def emulate(
    model,
    data,
    core,
    part,
    only,
    tune,
    epochs,
    learn,
    batch_size,
    stash,
    recompute,
    learning_rate_inv,
    replay,
    seed,
    time_limit,
    label,
    group,
    drop,
    json_path,
):
    """Build firmware for MODEL, classify DATA on an emulated core and, with --tune, learn from a part of it.

    The core has the flash and RAM of a real part. The host repeats everything and must compute the same
    bits. The samples for --replay are taken from those samples of DATA that neither match --only nor
    belong to the test set.

    \b
    Example:
      integrad emulate digits.model spoken-digits --only speaker=george --tune 100 --learn all
    """
    console = console_for(json_path)
    chosen = emulated_core(core, part)
    require_counts(chosen)
    learn = learn or ("all" if tune else "none")
    if tune:
        require_learning(learn, "--tune")
    elif replay:
        raise UsageError(f"--replay {replay}: requires --tune")
    loaded = load_model(model)
    options = device_options(loaded, learn, stash, recompute)
    dataset = load_for(loaded, data, label, group, drop)
    evaluated = choose_part(loaded, dataset, list(only), to_learn=bool(tune))
    mask = evaluated.mask
    labels, samples = match_labels(loaded, dataset), loaded.preprocessing.raw(dataset.x)
    tuned, stored, test = np.arange(0), np.arange(0), np.flatnonzero(mask)
    if tune:
        chosen_samples = tuning_samples(
            console, loaded, dataset, evaluated, labels, tune, replay, batch_size, seed
        )
        tuned, stored, test = chosen_samples
    with work_folder() as folder, console.status("emulating"):
        device = DeviceModel.generate(loaded, folder, learn, batch_size, options=options)
        firmware = device.build(chosen)
        schedule = schedule_for(loaded, batch_size, learning_rate_inv)
        tuning = Tuning(epochs, batch_size, schedule, seed) if tune else None
        tests, fresh, old = ((samples[part], labels[part]) for part in (test, tuned, stored))
        outcome = adapt(device, firmware, tests, fresh if tune else None, tuning, time_limit, old)
        costs = measure_costs(device, firmware, samples[mask], labels[mask], schedule, time_limit=time_limit)
    kept = {
        f"{len(fresh[0]):,} samples to learn from": stored_bytes(fresh),
        f"{len(old[0]):,} stored samples for replay": stored_bytes(old),
    }
    show_memory(console, chosen.part, costs, kept)
    show_layers(console, costs)
    if timing := timing_of(chosen.part):
        show_times(console, chosen.part, costs, timing.source)
    show_recomputation(console, device.plan)
    learnt = f"{epochs} epochs on {tune} samples with {len(stored)} for replay, learning: {learn}"
    show_outcome(console, f"{data}, {evaluated.text}", outcome, learnt, evaluated.note(test))
    figures = {**outcome_json(outcome), "stored": len(stored), **cost_json(costs)}
    write_json(json_path, {"core": chosen.name, **figures})
    require_equal(outcome, "core")


def tuning_samples(
    console: Console,
    model: Model,
    dataset: Dataset,
    evaluated: Part,
    labels: np.ndarray,
    count: int,
    replay: int | None,
    batch_size: int,
    seed: int,
) -> TuningSplit:
    """What to learn from, to store for replay and to test on; notes which classes have no test."""
    split = split_data(dataset, evaluated, labels, count, replay, batch_size, seed)
    if missing := sorted(set(labels[split.tuned]) - set(labels[split.test])):
        names = ", ".join(model.class_names[label] for label in missing)
        text = f"note: all samples of {names} are used for tuning, and none is left to evaluate"
        console.print(text, markup=False, soft_wrap=True)
    return split


def outcome_json(outcome: Adaptation) -> dict:
    """The JSON keys for accuracy and equality with the host."""
    return {
        "accuracy": outcome.before,
        "accuracy_after_tuning": outcome.after,
        "equal_to_host": outcome.equal_to_host,
        "weights_crc": f"{outcome.crc_device:08x}",
    }


def cost_json(costs: Costs) -> dict:
    """The JSON keys for costs, in total and by layer, and for times, of emulate and demo."""
    names = (
        *("macs", "instructions_per_inference", "instructions_per_training_step"),
        *("flash_bytes", "ram_bytes", "stack_bytes"),
    )
    figures = costs.to_json()
    return {name: figures[name] for name in names} | {
        "layers": list(figures["layers"]),
        "times": [asdict(time) for time in costs.times],
    }


def show_outcome(console, what: str, outcome: Adaptation, learnt: str, note: str | None) -> None:
    console.print(f"{what}: accuracy on {outcome.samples:,} samples", markup=False, soft_wrap=True)
    table = Table(show_header=False)
    table.add_column("")
    table.add_column("accuracy", justify="right")
    table.add_row("as trained" if outcome.after is None else "before tuning", f"{outcome.before:.2%}")
    if outcome.after is not None:
        table.add_row(f"after {learnt}", f"{outcome.after:.2%}")
    console.print(table)
    if note:
        console.print(f"note: {note}", markup=False, soft_wrap=True)
    same = (
        "same bits as on the host" if outcome.equal_to_host else "[red]different bits than on the host[/red]"
    )
    console.print(f"{same}: {_crcs(outcome)}")


def require_equal(outcome: Adaptation, device: str) -> None:
    """Raise IntegradError if the device computed other bits than the host."""
    if not outcome.equal_to_host:
        raise IntegradError(f"{device} and host computed different bits: {_crcs(outcome)}")


def _crcs(outcome: Adaptation) -> str:
    return f"CRC of weights: host {outcome.crc_host:08x}, device {outcome.crc_device:08x}"
