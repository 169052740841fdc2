"""--json FILE: write the result of a command as one JSON object, for scripts. `-` is standard output."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable

import click
from rich.console import Console

from integrad.cli.output_files import OutputFile, check_output_files
from integrad.cli.terminal import is_unicode
from integrad.files import utf8, write_atomically

LOG_WIDTH = 120
"""Width of tables that are written to a file or a pipe, in characters."""


def json_option(command: Callable) -> Callable:
    """Decorator that adds --json, and checks the output files of all options before the command runs."""

    @functools.wraps(command)
    def checked(*arguments, **options):
        check_output_files(click.get_current_context())
        return command(*arguments, **options)

    return click.option(
        "--json",
        "json_path",
        metavar="FILE",
        type=OutputFile(screen=True),
        help="Write the result as JSON to this file; '-' is standard output.",
    )(checked)


def write_json(json_path: str | None, result: dict) -> None:
    """Write the result to a file (atomically) or to standard output; do nothing if no path was given."""
    if json_path is None:
        return
    to_screen = json_path == "-"
    escaped = to_screen and not is_unicode(sys.stdout)
    text = utf8(json.dumps(result, indent=2, allow_nan=False, ensure_ascii=escaped) + "\n")
    if to_screen:
        sys.stdout.write(text.decode())
    else:
        write_atomically(json_path, text)


def console_for(json_path: str | None) -> Console:
    """Console for human-readable text: standard error if the JSON is written to standard output."""
    console = Console(stderr=json_path == "-", highlight=False)
    if not console.is_terminal:
        console.width = LOG_WIDTH
    return console
