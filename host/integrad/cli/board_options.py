"""Shared by the commands for real boards: options and reading scripts."""

from __future__ import annotations

from pathlib import Path

import click

from integrad.errors import IntegradError, UsageError

port_option = click.option(
    "--port",
    metavar="PORT",
    default=None,
    help="Serial port of the board, such as /dev/ttyACM0. [default: the only board]",
)


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
