"""Shared by the commands for real boards: options and reading scripts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from integrad.errors import IntegradError, UsageError

port_option = click.option(
    "--port",
    metavar="PORT",
    default=None,
    help="Serial port of the board, such as /dev/ttyACM0. [default: the only board]",
)


def emulated_board_options(command):
    """Add --board and --emulator."""
    board = click.option(
        "--board",
        metavar="BOARD",
        help="Emulate the chip of this board, with the program of `integrad project`, instead of cores.",
    )
    emulator = click.option(
        "--emulator",
        metavar="NAME",
        help="Of --board: rp2040py, labwired or qemu. [default: the first that can]",
    )
    return board(emulator(command))


def require_board(board: str | None, of_board: Mapping[str, object], of_cores: Mapping[str, object]) -> None:
    """Raise UsageError for options of --board without it, or for those of cores with it."""
    for name, value in (of_cores if board else of_board).items():
        if value and board:
            raise UsageError(
                f"{name} {value}: cannot be combined with --board {board}, which runs instead of cores"
            )
        if value:
            raise UsageError(f"{name} {value}: requires --board")


def read_script(path: str) -> str:
    """Read a script. Raises UsageError if it is not UTF-8 text, IntegradError if it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path}: byte {error.start} is not valid UTF-8; scripts must be UTF-8 text"
        ) from error
    except OSError as error:
        raise IntegradError(f"{path}: {error.strerror}") from error
