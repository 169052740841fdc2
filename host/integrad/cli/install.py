"""integrad install: install a model on a MicroPython board and test it there."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from integrad.boards.backend_choice import CHOICES
from integrad.boards.c_board import connect_c, device_of, self_test, speaks_protocol
from integrad.boards.connection import connect
from integrad.boards.install import Installation
from integrad.boards.install import install as install_on
from integrad.cli.board_options import port_option
from integrad.cli.device_options import (
    batch_size_option,
    chosen_name,
    chosen_plan,
    device_options,
    learn_option,
    memory_options,
    show_recomputation,
)
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.model_file import Model, load_model
from integrad.targets.generated_names import command_line


@click.command()
@click.argument("model", metavar="MODEL")
@port_option
@learn_option("all")
@batch_size_option
@memory_options
@click.option(
    "--backend", type=click.Choice(CHOICES), default="auto", show_default=True, help="Backend to install."
)
@click.option("--core", "former_backend", type=click.Choice(CHOICES), hidden=True)
@click.option("--main", is_flag=True, help="Install the example as main.py, which runs at power-on.")
@click.option("--name", default=None, help="Name of the module. [default: the name of the model file]")
@json_option
def install(model, port, learn, batch_size, stash, recompute, backend, former_backend, main, name, json_path):
    """Copy MODEL to a MicroPython board: the fastest backend that it can run, the weights and an example.

    Then the board runs a self-test of a few inferences and training steps, whose checksums must equal those
    of the host. A board that runs generated C with the serial protocol is tested only: integrad flash
    installs its program.

    \b
    Example:
      integrad install digits.model --port /dev/ttyACM0
    """
    console = console_for(json_path)
    learn = learn or "all"
    loaded = load_model(model)
    if speaks_protocol(port):
        return _test_only(console, loaded, port, json_path)
    memory = device_options(loaded, learn, stash, recompute)
    prefix = chosen_name(name, model, console)
    plan, words = chosen_plan(loaded, prefix, learn, batch_size, memory)
    show_recomputation(console, plan)
    command = command_line("install", Path(model).name, "--learn", learn, *words)
    with connect(port) as connection, _progress(console) as progress:
        tasks = {}

        def show(path: str, size: int, done: int) -> None:
            if path not in tasks:
                tasks[path] = progress.add_task(path, total=size)
            progress.update(tasks[path], completed=done)

        done = install_on(connection, loaded, plan, former_backend or backend, main, command, show)
    _report(console, done)
    write_json(json_path, _result(done))
    return 0 if done.passed else 1


def _test_only(console: Console, model: Model, port: str | None, json_path: str | None) -> int:
    """The self-test of a board that runs generated C. Returns the exit status."""
    with connect_c(port) as client:
        info, device = client.info, device_of(client, model, 1)
        host, board = self_test(client, device)
    say = lambda text: console.print(text, markup=False, soft_wrap=True)  # noqa: E731
    say(f"board: generated C, {info.name} of {info.build}, learns: {info.learn}")
    if board.error:
        say(f"self-test: {board.error}")
    else:
        for what, found, expected in (
            ("scores", board.outputs_crc, host.outputs_crc),
            ("weights", board.weights_crc, host.weights_crc),
        ):
            say(_tested(what, found, expected))
    passed = board.same_bits(host)
    say(_verdict(passed))
    crcs = (board.outputs_crc, board.weights_crc)
    scores, weights = (None if crc is None else f"{crc:08x}" for crc in crcs)
    result = {"passed": passed, "machine": info.name, "micropython": None, "architecture": None, "core": "C"}
    crcs = {"scores_crc": scores, "weights_crc": weights}
    write_json(json_path, {**result, "files": {}, "heap_bytes": None, **crcs})
    return 0 if passed else 1


def _tested(what: str, found: int, expected: int) -> str:
    verdict = "same as on the host" if found == expected else f"expected {expected:08x}"
    return f"self-test: {what} {found:08x}, {verdict}"


def _verdict(passed: bool) -> str:
    than = "the board computes something else than the host"
    return "the board computes what the host computes" if passed else than


def _progress(console: Console) -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=console)


def _report(console: Console, done: Installation) -> None:
    i = done.identity
    say = lambda text: console.print(text, markup=False, soft_wrap=True)  # noqa: E731
    say(f"board: {i.machine or 'unnamed'}, MicroPython {i.version}, native code {i.architecture or 'none'}")
    say(f"backend: {done.backend.what}" + (f" ({done.backend.remark})" if done.backend.remark else ""))
    for path, size in done.files.items():
        say(f"copied {path}, {size:,} bytes")
    say(f"heap in use with the model: {done.heap:,} bytes")
    for what in ("scores", "weights"):
        say(_tested(what, getattr(done.found, what), getattr(done.expected, what)))
    say(_verdict(done.passed))


def _result(done: Installation) -> dict:
    i = done.identity
    return {
        "passed": done.passed,
        "machine": i.machine,
        "micropython": i.version,
        "architecture": i.architecture,
        "core": done.backend.what,
        "files": done.files,
        "heap_bytes": done.heap,
        "scores_crc": f"{done.found.scores:08x}",
        "weights_crc": f"{done.found.weights:08x}",
    }
