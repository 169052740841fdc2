"""integrad micropython: build and run MicroPython for emulated cores."""

from __future__ import annotations

import threading
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from integrad.build.micropython_firmware import FILES, build_micropython, firmware_path
from integrad.build.micropython_source import find_sources, get_sources
from integrad.cli.board_options import read_script
from integrad.cli.device_options import time_limit_option
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.emulate.faults import FirmwareError
from integrad.emulate.micropython_firmware import run_firmware, start_on_terminal
from integrad.files import read_bounded
from integrad.targets.cores import USUAL_MICROPYTHON, Core, get_micropython_core, micropython_cores

CORE_NAMES = "|".join(micropython_cores())


MOST_BYTES = 2**24
"""More than any emulated board can hold."""


@click.group()
def micropython():
    """Build MicroPython for emulated cores and run scripts there.

    \b
    Example:
      integrad micropython build
      integrad micropython run hello.py --core m0
    """


@micropython.command()
@click.option(
    "--core", default="all", show_default=True, metavar=f"{CORE_NAMES}|all", help="Core to build for."
)
@json_option
def build(core, json_path):
    """Download MicroPython's sources and build its firmware, which is then kept in the user's cache.

    The sources are those in the folder given by INTEGRAD_MICROPYTHON, or Debian's source package, which is
    downloaded through apt without changing the settings of the system.

    \b
    Example:
      integrad micropython build --core m3
    """
    console = console_for(json_path)
    cores = list(micropython_cores().values()) if core == "all" else [get_micropython_core(core)]
    if find_sources() is None:
        with console.status("downloading MicroPython's sources"):
            get_sources()
    built = [(core.name, _build(console, core)) for core in cores]
    firmware = [{"core": name, "path": str(path), "bytes": path.stat().st_size} for name, path in built]
    write_json(json_path, {"sources": str(get_sources()), "firmware": firmware})


@micropython.command()
@click.argument("script", metavar="SCRIPT")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option(
    "--core", default=USUAL_MICROPYTHON, show_default=True, metavar=CORE_NAMES, help="Core to emulate."
)
@time_limit_option
def run(script, files, core, time_limit):
    """Run SCRIPT in MicroPython on an emulated core, with each FILE in a folder that it can import from.

    \b
    Example:
      integrad micropython run hello.py digits.py _digits.mpy digits.weights --core m0
    """
    contents = {Path(path).name: _read(path) for path in files}
    chosen = get_micropython_core(core)
    try:
        output = run_firmware(chosen, read_script(script), contents, time_limit=time_limit)
    except FirmwareError as error:
        click.echo(error.console, nl=bool(error.console))
        raise
    click.echo(output)


@micropython.command()
@click.option(
    "--core", default=USUAL_MICROPYTHON, show_default=True, metavar=CORE_NAMES, help="Core to emulate."
)
def start(core):
    """Start an emulated board and print the name of its serial port. It runs until Ctrl-C.

    Files that are copied to the board are lost afterwards.

    \b
    Example:
      integrad micropython start --core m3
    """
    with start_on_terminal(get_micropython_core(core)) as port:
        click.echo(port)
        threading.Event().wait()


def _read(path: str) -> bytes:
    return read_bounded(path, MOST_BYTES, "a board")


def _build(console: Console, core: Core) -> Path:
    name = core.product
    if not firmware_path(core).exists():
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task(f"building MicroPython for {name}", total=FILES)
            build_micropython(core, lambda compiled: progress.update(task, completed=compiled))
    path = firmware_path(core)
    console.print(f"{name}: {path}", soft_wrap=True, markup=False)
    return path
