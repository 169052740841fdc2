"""What the verbs around boards share: options, and the scripts that boards run."""

from __future__ import annotations

from pathlib import Path

import click

from integrad.errors import IntegradError, UsageError

port_option = click.option(
    "--port",
    metavar="PORT",
    default=None,
    help="Serial port of the board, such as /dev/ttyACM0. [the only one]",
)


def read_script(path: str) -> str:
    """A script for a board. Raises UsageError if it is no text, IntegradError if it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: byte {error.start} is not UTF-8; a script is text in UTF-8") from error
    except OSError as error:
        raise IntegradError(f"{path}: {error.strerror}") from error
