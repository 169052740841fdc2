"""Options that the verbs around boards share."""

from __future__ import annotations

import click

port_option = click.option(
    "--port",
    metavar="PORT",
    default=None,
    help="Serial port of the board, such as /dev/ttyACM0. [the only one]",
)
