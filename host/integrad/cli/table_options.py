"""The options of every command that reads tables: which column holds what."""

from __future__ import annotations

from collections.abc import Callable

import click


def table_options() -> Callable:
    """Decorator that adds --label, --group and --drop."""
    options = [
        click.option(
            "--drop", multiple=True, metavar="COLUMN", help="Column of a table that is not used. Repeatable."
        ),
        click.option(
            "--group", metavar="COLUMN", help="Column of a table whose groups are kept together, and a key."
        ),
        click.option("--label", metavar="COLUMN", help="Column of a table that holds the classes."),
    ]

    def decorate(command: Callable) -> Callable:
        for option in options:
            command = option(command)
        return command

    return decorate
