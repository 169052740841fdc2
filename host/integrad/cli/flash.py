"""integrad flash: flash a program onto a board."""

from __future__ import annotations

import click

from integrad.boards.flash import FLASH_METHODS, prepare
from integrad.boards.flash_method import FlashMethod, Place
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.output_files import OutputFile, same_file
from integrad.errors import UsageError
from integrad.files import write_atomically
from integrad.targets.boards import find_board


@click.command()
@click.argument("program", metavar="PROGRAM")
@click.option(
    "--board", "board_name", metavar="NAME", required=True, help="The board, as in `integrad boards`."
)
@click.option(
    "--method",
    type=click.Choice(tuple(FLASH_METHODS)),
    help="How the board is flashed. [default: the first one that `integrad boards NAME` shows]",
)
@click.option("--port", metavar="PORT", help="Serial port, for esptool. [default: the only board]")
@click.option("--drive", metavar="FOLDER", help="Where the drive of the UF2 boot loader is mounted.")
@click.option("--probe", metavar="ID", help="Unique ID of a debug probe, or a part of it, for pyOCD.")
@click.option("--address", metavar="ADDRESS", help="Address of a .bin file. [default: that of programs]")
@click.option("--out", metavar="FILE", type=OutputFile(), help="Also write the file that is flashed.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done; nothing has to be connected.")
@json_option
def flash(program, board_name, method, port, drive, probe, address, out, dry_run, json_path):
    """Flash PROGRAM onto a board: an ELF, UF2, Intel HEX (.hex) or binary (.bin) file, or a folder that has
    one,
    such as that of `integrad project` after its build.

    Before anything is written, the program is checked: its core, its addresses, and how it begins. A board
    that runs MicroPython is not flashed: `integrad install` copies a model there.

    \b
    Examples:
      integrad flash wand/ --board pico
      integrad flash wand/build/wand.elf --board nucleo-f411re --dry-run
      integrad flash wand.uf2 --board xiao-nrf52840 --drive XIAO-BOOT/
    """
    console = console_for(json_path)
    board = find_board(board_name)
    chosen = prepare(program, board, method, Place(port, drive, probe), _address(address))
    contents = chosen.contents()
    say = lambda text: console.print(text, markup=False, soft_wrap=True)  # noqa: E731
    say(_described(chosen))
    if out:
        if same_file(out, chosen.image.path):
            raise UsageError(f"--out {out}: would overwrite the program; choose another name")
        write_atomically(out, contents)
        say(f"wrote {out}, {len(contents):,} bytes")
    steps = chosen.steps(contents)
    if dry_run:
        say("would, in this order:")
        for step in steps:
            say(f"  {step}")
        say("nothing was flashed")
        done = []
    else:
        done = chosen.perform(contents)
        for line in done:
            say(line)
    write_json(json_path, _result(chosen, steps, done, contents, out, dry_run))


def _address(text: str | None) -> int | None:
    try:
        value = None if text is None else int(text, 0)
    except ValueError:
        value = -1
    if value is not None and not 0 <= value < 2**32:
        raise UsageError(f"--address {text}: expected a number such as 0x10000000")
    return value


def _described(chosen: FlashMethod) -> str:
    image = chosen.image
    where = f"0x{image.begin:08x} to 0x{image.end - 1:08x}"
    return f"{image.path}: {image.format}, {image.size:,} bytes, {where}, for {chosen.board.title}"


def _result(chosen: FlashMethod, steps, done, contents: bytes, out, dry_run: bool) -> dict:
    image = chosen.image
    method = next(name for name, kind in FLASH_METHODS.items() if type(chosen) is kind)
    return {
        "board": chosen.board.name,
        "method": method,
        "program": image.path,
        "format": image.format,
        "program_bytes": image.size,
        "begin": image.begin,
        "end": image.end,
        "file_bytes": len(contents),
        "file": out,
        "steps": steps,
        "done": done,
        "dry_run": dry_run,
    }
