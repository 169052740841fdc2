"""integrad emulate: run a model on an emulated core and optionally train it there."""

from __future__ import annotations

from dataclasses import asdict

import click
import numpy as np
from rich.console import Console

from integrad.boards.emulated_board import ModelOnBoard
from integrad.cli.board_options import emulated_board_options, require_board
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
from integrad.cli.emulate_board import BOARD_SAMPLES, NO_BOARD, emulate_on_board, spread
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.outcomes import outcome_json, require_equal, show_outcome
from integrad.cli.table_options import table_options
from integrad.emulate.runner import require_counts
from integrad.errors import UsageError
from integrad.execute.adaptation import (
    TUNING_EPOCHS,
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
from integrad.targets.boards import find_board
from integrad.targets.cores import timing_of
from integrad.training.evaluation import choose_part, match_labels
from integrad.training.model_data import load_for

COST_NAMES = (
    *("macs", "instructions_per_inference", "instructions_per_training_step"),
    *("flash_bytes", "ram_bytes", "stack_bytes"),
)
NO_COSTS = dict.fromkeys(COST_NAMES) | {"layers": [], "times": []}


@click.command()
@click.argument("model", metavar="MODEL")
@click.argument("data")
@emulated_core_option
@emulated_part_option
@emulated_board_options
@click.option(
    "--samples",
    type=click.IntRange(1),
    metavar="COUNT",
    help=f"With --board, samples to classify; each takes about a second. [default: {BOARD_SAMPLES}]",
)
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
    board,
    emulator,
    samples,
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
    belong to the test set. With --board, the program that `integrad project` makes for it runs in an
    emulator of its chip, and the samples arrive at its serial port.

    \b
    Example:
      integrad emulate digits.model spoken-digits --only speaker=george --tune 100 --learn all
    """
    console = console_for(json_path)
    require_board(board, {"--emulator": emulator, "--samples": samples}, {"--core": core, "--part": part})
    chosen = None if board else emulated_core(core, part)
    if chosen:
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
    labels, raw = match_labels(loaded, dataset), loaded.preprocessing.raw(dataset.x)
    tuned, stored, test = np.arange(0), np.arange(0), np.flatnonzero(mask)
    if tune:
        split = split_data(dataset, evaluated, labels, tune, replay, batch_size, seed)
        note_untested(console, loaded, labels, split)
        tuned, stored, test = split
    schedule = schedule_for(loaded, batch_size, learning_rate_inv)
    tuning = Tuning(epochs, batch_size, schedule, seed) if tune else None
    learnt = f"{epochs} epochs on {tune} samples with {len(stored)} for replay, learning: {learn}"
    if board:
        test = spread(test, samples or BOARD_SAMPLES)
    tests, fresh, old = ((raw[part], labels[part]) for part in (test, tuned, stored))
    if board:
        program = ModelOnBoard(loaded, find_board(board), batch_size, learn, options)
        outcome, figures = emulate_on_board(
            console, program, emulator, time_limit, tests, fresh if tune else None, tuning, old
        )
        show_outcome(console, f"{data}, {evaluated.text}", outcome, learnt, evaluated.note(test))
        shown = {**outcome_json(outcome), "stored": len(stored), **NO_COSTS, **figures}
        write_json(json_path, shown)
        return require_equal(outcome, "board")
    with work_folder() as folder, console.status("emulating"):
        device = DeviceModel.generate(loaded, folder, learn, batch_size, options=options)
        firmware = device.build(chosen)
        outcome = adapt(device, firmware, tests, fresh if tune else None, tuning, time_limit, old)
        costs = measure_costs(device, firmware, raw[mask], labels[mask], schedule, time_limit=time_limit)
    kept = {
        f"{len(fresh[0]):,} samples to learn from": stored_bytes(fresh),
        f"{len(old[0]):,} stored samples for replay": stored_bytes(old),
    }
    show_memory(console, chosen.part, costs, kept)
    show_layers(console, costs)
    if timing := timing_of(chosen.part):
        show_times(console, chosen.part, costs, timing.source)
    show_recomputation(console, device.plan)
    show_outcome(console, f"{data}, {evaluated.text}", outcome, learnt, evaluated.note(test))
    figures = {**outcome_json(outcome), "stored": len(stored), **cost_json(costs)}
    write_json(json_path, {"core": chosen.name, **NO_BOARD, **figures})
    return require_equal(outcome, "core")


def note_untested(console: Console, model: Model, labels: np.ndarray, split: TuningSplit) -> None:
    """Say which classes are learnt and have no sample left to evaluate."""
    if missing := sorted(set(labels[split.tuned]) - set(labels[split.test])):
        names = ", ".join(model.class_names[label] for label in missing)
        text = f"note: all samples of {names} are used for tuning, and none is left to evaluate"
        console.print(text, markup=False, soft_wrap=True)


def cost_json(costs: Costs) -> dict:
    """The JSON keys for costs, in total and by layer, and for times, of emulate and demo."""
    figures = costs.to_json()
    return {name: figures[name] for name in COST_NAMES} | {
        "layers": list(figures["layers"]),
        "times": [asdict(time) for time in costs.times],
    }
