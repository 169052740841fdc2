"""integrad verify: compare the CRCs of all executors."""

from __future__ import annotations

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from integrad.boards.c_board import compare, connect_c, device_of
from integrad.boards.emulated_board import ModelOnBoard, emulated_board, verify_emulated
from integrad.cli.board_options import emulated_board_options, require_board
from integrad.cli.device_options import (
    batch_size_option,
    device_options,
    memory_options,
    show_recomputation,
    time_limit_option,
    work_folder,
)
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.emulate.chips import ChipEmulator, emulators_of
from integrad.emulate.runner import missing_tool
from integrad.errors import UsageError
from integrad.execute.adaptation import schedule_for
from integrad.execute.device_model import DeviceModel
from integrad.execute.executors import c_executors, without_small
from integrad.execute.micropython_executors import micropython_executors
from integrad.execute.session import Action
from integrad.execute.verification import Verdict, random_actions
from integrad.execute.verification import verify as verify_executors
from integrad.model_file import Model, load_model
from integrad.targets.boards import Board, find_board
from integrad.targets.cores import CORES, USUAL, Core, get_core, micropython_cores

STEPS, BOARD_STEPS = 50, 3
"""Default number of training steps. On an emulated board, every sample takes a serial port."""


@click.command()
@click.argument("model", metavar="MODEL")
@click.option("--core", default="all", show_default=True, metavar="CORE|all", help="Core to emulate.")
@click.option(
    "--steps",
    type=click.IntRange(0),
    default=None,
    help=f"Number of training steps. [default: {STEPS}; {BOARD_STEPS} with --board]",
)
@batch_size_option
@memory_options
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of samples and labels."
)
@click.option(
    "--micropython",
    is_flag=True,
    help="Include MicroPython: native modules and viper on the host and on "
    f"{', '.join(micropython_cores()).upper()}; bytecode; firmware.",
)
@click.option(
    "--port",
    metavar="PORT",
    help="A board at this serial port, whose program has the serial protocol, instead of emulated cores.",
)
@emulated_board_options
@time_limit_option
@json_option
def verify(
    model,
    core,
    steps,
    batch_size,
    stash,
    recompute,
    seed,
    micropython,
    port,
    board,
    emulator,
    time_limit,
    json_path,
):
    """Train MODEL further on random samples with every executor, and compare all outputs and weights.

    The exit status is 1 if any executor differs or cannot run. A board has its own weights again afterwards.

    \b
    Example:
      integrad verify digits.model --core all --steps 50
    """
    console = console_for(json_path)
    require_board(board, {"--emulator": emulator}, {})
    if port is not None and board:
        raise UsageError(
            f"--board {board}: is emulated, while --port {port} is a real one; choose one of them"
        )
    for chosen in filter(None, (port is not None and f"--port {port}", board and f"--board {board}")):
        other = f"--core {core}" if core != "all" else "--micropython" if micropython else None
        if other:
            raise UsageError(f"{other}: cannot be combined with {chosen}, which runs instead of cores")
    if steps is None:
        steps = BOARD_STEPS if board else STEPS
    if board:
        loaded, chosen = load_model(model), find_board(board)
        options = device_options(loaded, "all", stash, recompute)
        run_by = emulators_of(chosen, emulator)[0]
        session = steps, seed, time_limit, json_path
        return _verify_board(console, loaded, chosen, run_by, batch_size, options, *session)
    if port is not None:
        return _verify_port(console, load_model(model), port, steps, batch_size, seed, json_path)
    cores = _emulated(console) if core == "all" else [get_core(core)]
    loaded = load_model(model)
    options = device_options(loaded, "all", stash, recompute)
    with work_folder() as folder, console.status("generating the code") as status:
        device = DeviceModel.generate(loaded, folder, "all", batch_size, options=options)
        actions = random_actions(device, steps, schedule_for(loaded, batch_size), seed)
        if core == "all":
            cores = _that_fit(console, device, cores, actions)
        executors = c_executors(device, cores, time_limit)
        if micropython:
            executors += micropython_executors(device, cores, time_limit)
        verdicts = []
        for number, executor in enumerate(executors, 1):
            status.update(f"verifying {escape(executor.name)}, {number} of {len(executors)}")
            verdicts += verify_executors(device, [executor], actions)
    show_recomputation(console, device.plan)
    return _compared(console, verdicts, steps, batch_size, "all", json_path)


def _verify_port(
    console: Console, model: Model, port: str, steps: int, batch_size: int, seed: int, json_path: str | None
) -> int:
    """Verify the board at a port, with the layers that learn there and at most the samples that it takes."""
    with connect_c(port) as client, console.status(f"verifying the board at {escape(port)}"):
        device = device_of(client, model, batch_size)
        batch = device.plan.batch
        schedule = schedule_for(model, batch or 1)
        actions = random_actions(device, steps if batch else 0, schedule, seed)
        verdicts = compare(client, device, actions)
        learn = client.info.learn
    return _compared(console, verdicts, steps if batch else 0, batch, learn, json_path)


def _verify_board(
    console: Console,
    model: Model,
    board: Board,
    emulator: ChipEmulator,
    batch_size: int,
    step_options: dict[str, str],
    steps: int,
    seed: int,
    time_limit: int,
    json_path: str | None,
) -> int:
    """Verify the program for a board in an emulator of its chip."""
    schedule = schedule_for(model, batch_size)
    program = ModelOnBoard(model, board, batch_size, step_options=step_options)
    with work_folder() as folder, console.status(f"building the program for {board.name}") as status:
        image = program.build(folder, emulator.options)
        status.update(f"running it in {emulator.product}")
        with emulated_board(emulator, board, image, time_limit) as emulated:
            verdicts = verify_emulated(emulated, model, steps, schedule, seed)
    if emulator.saves:
        console.print(f"{board.name} learnt, saved, was switched off and on, and has the same weights")
    else:
        console.print(f"{emulator.product} does not program flash, so nothing was saved")
    return _compared(console, verdicts, steps, batch_size, "all", json_path, emulator)


def _compared(
    console: Console,
    verdicts: list[Verdict],
    steps: int,
    batch: int,
    learn: str,
    json_path: str | None,
    emulator: ChipEmulator | None = None,
) -> int:
    """Report the verdicts; returns the exit status."""
    equal = all(verdict.same_bits(verdicts[0]) for verdict in verdicts)
    learning = "all layers" if learn == "all" else learn
    console.print(f"CRC-32 after {steps} training steps of {batch} random samples, {learning} learning")
    _show(console, verdicts)
    rows = [_row(verdict) for verdict in verdicts]
    by = {"emulator": emulator and emulator.product, "saved": emulator and emulator.saves}
    write_json(json_path, {"equal": equal, "executors": rows, **by})
    return 0 if equal else 1


def _emulated(console: Console) -> list[Core]:
    """All cores, but for those of other families than the usual one whose tools are not installed."""
    usual, cores = get_core(USUAL).family, []
    for core in CORES.values():
        if core.family is not usual and (trouble := missing_tool(core)):
            _leave_out(console, core, trouble)
        else:
            cores.append(core)
    return cores


def _that_fit(console: Console, device: DeviceModel, cores: list[Core], actions: list[Action]) -> list[Core]:
    """These cores without the chips that are too small for the model."""
    enough, lacking = without_small(device, cores, actions)
    for core in cores:
        if core.name in lacking:
            _leave_out(console, core, f"the model does not fit {core.part.name}: {lacking[core.name]}")
    return enough


def _leave_out(console: Console, core: Core, reason: str) -> None:
    console.print(f"left out: {core.product}: {reason}", markup=False, highlight=False, soft_wrap=True)


def _show(console: Console, verdicts: list[Verdict]) -> None:
    table = Table()
    for column in ("executor", "core", "outputs", "weights", ""):
        table.add_column(column)
    for verdict in verdicts:
        same = "" if verdict.same_bits(verdicts[0]) else "[red]differs[/red]"
        remark = escape(verdict.error) if verdict.error else same
        table.add_row(verdict.name, verdict.core, *map(_hex, _crcs(verdict)), remark)
    console.print(table)
    failed = sum(verdict.error is not None for verdict in verdicts)
    differ = sum(not verdict.same_bits(verdicts[0]) for verdict in verdicts) - failed
    if differ:
        console.print("[red]the executors differ[/red]")
    elif failed:
        console.print(
            f"[red]{failed} of {len(verdicts)} executors did not run[/red]; the others computed the same bits"
        )
    else:
        console.print("all executors computed the same bits")


def _crcs(verdict: Verdict) -> tuple[int | None, int | None]:
    return verdict.outputs_crc, verdict.weights_crc


def _hex(crc: int | None) -> str | None:
    return None if crc is None else f"{crc:08x}"


def _row(verdict: Verdict) -> dict:
    outputs, weights = map(_hex, _crcs(verdict))
    crcs = {"outputs_crc": outputs, "weights_crc": weights}
    return {"name": verdict.name, "core": verdict.core, **crcs, "error": verdict.error}
