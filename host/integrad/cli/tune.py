"""integrad tune: teach a board from a data set."""

from __future__ import annotations

import click

from integrad.boards.c_board import connect_c, device_of, with_weights_of
from integrad.cli.board_options import port_option
from integrad.cli.device_options import TUNING_BATCH, replay_option
from integrad.cli.emulate import note_untested
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.outcomes import outcome_json, require_equal, show_outcome
from integrad.cli.table_options import table_options
from integrad.errors import IntegradError
from integrad.execute.adaptation import TUNING_EPOCHS, Tuning, adapt_on, schedule_for
from integrad.execute.serial_session import serial_executor
from integrad.execute.tuning_split import split_data
from integrad.model_file import load_model
from integrad.training.evaluation import choose_part, match_labels
from integrad.training.model_data import load_for


@click.command()
@click.argument("model", metavar="MODEL")
@click.argument("data")
@port_option
@click.option("--only", multiple=True, metavar="KEY=VALUE", help="Use matching samples only. Repeatable.")
@click.option(
    "--count", type=click.IntRange(1), help="Number of samples to learn from. [default: half, at most 100]"
)
@click.option(
    "--epochs", type=click.IntRange(1), default=TUNING_EPOCHS, show_default=True, help="Passes over them."
)
@click.option(
    "--batch-size",
    type=click.IntRange(1),
    help=f"Samples per training step. [default: {TUNING_BATCH}, or what the board takes]",
)
@click.option(
    "--learning-rate-inv",
    type=click.IntRange(1),
    help="Divisor of the gradients. [default: stored in the model]",
)
@replay_option
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the order of samples."
)
@click.option("--save", is_flag=True, help="Save what was learnt in the weight store of the board.")
@table_options()
@json_option
def tune(
    model,
    data,
    port,
    only,
    count,
    epochs,
    batch_size,
    learning_rate_inv,
    replay,
    seed,
    save,
    label,
    group,
    drop,
    json_path,
):
    """Teach a board some samples of DATA, and compare its accuracy on the others before and after.

    The program of the board was exported from MODEL with the serial protocol and --learn. It goes on from the
    weights that it has. The host repeats everything and must compute the same bits.

    \b
    Example:
      integrad tune digits.model spoken-digits --only speaker=george --count 100 --port /dev/ttyACM0
    """
    console = console_for(json_path)
    loaded = load_model(model)
    dataset = load_for(loaded, data, label, group, drop)
    evaluated = choose_part(loaded, dataset, list(only), to_learn=True)
    labels, samples = match_labels(loaded, dataset), loaded.preprocessing.raw(dataset.x)
    count = count or max(1, min(100, int(evaluated.mask.sum()) // 2))
    with connect_c(port) as client, console.status("teaching the board"):
        info, where = client.info, client.stream.name
        if not info.can_learn:
            raise IntegradError(f"{where}: nothing learns on this device; export with --learn")
        if save and not info.can_save:
            raise IntegradError(f"--save: {where}: the program of the device has no weight store")
        if batch_size and batch_size > info.batch:
            raise IntegradError(f"--batch-size {batch_size}: {where}: the device takes at most {info.batch}")
        device, _ = with_weights_of(client, device_of(client, loaded, batch_size or TUNING_BATCH))
        batch = device.plan.batch
        chosen = split_data(dataset, evaluated, labels, count, replay, batch, seed)
        note_untested(console, loaded, labels, chosen)
        fresh, old, tests = ((samples[part], labels[part]) for part in chosen)
        tuning = Tuning(epochs, batch, schedule_for(loaded, batch, learning_rate_inv), seed)
        outcome = adapt_on(device, serial_executor(client).perform, tests, fresh, tuning, old)
        sequence = client.save() if save and outcome.equal_to_host else None
    learnt = f"{epochs} epochs on {count} samples with {len(old[0])} for replay, learning: {info.learn}"
    show_outcome(console, f"{data}, {evaluated.text}", outcome, learnt, evaluated.note(chosen[2]))
    if sequence is not None:
        console.print(f"saved on the board, save {sequence}", markup=False)
    write_json(json_path, {**outcome_json(outcome), "stored": len(old[0]), "save": sequence})
    require_equal(outcome, "board")
