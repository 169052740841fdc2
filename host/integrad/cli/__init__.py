"""The command line: a group of verbs, one file each, imported when they are called.

This is the one place where errors become messages and exit statuses:
0 done, 1 a failure with its reason, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
import traceback

import click

from integrad import __version__
from integrad.errors import IntegradError, UsageError

# The products of small batches are too small to share: BLAS threads wait for each other most of the
# time, and on a busy machine they were 4 to 25 times slower than one. Whoever trains wide networks
# on an idle machine sets OPENBLAS_NUM_THREADS. NumPy reads it once, so this must come before its import.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

VERBS = {
    "demo": "Train without one speaker, meet him on an emulated core, learn from him there.",
    "train": "Train a network on a data set and write a model file.",
    "evaluate": "Measure a model on a data set.",
    "export": "Generate C, or modules for MicroPython, from a model.",
    "emulate": "Run a model, and let it learn, on an emulated Cortex-M.",
    "verify": "Prove that every executor holds the same bits.",
    "micropython": "Build MicroPython for emulated cores, and run scripts there.",
    "install": "Put a model on a MicroPython board, and test it there.",
    "collect": "Write the samples that a board prints to a data set.",
    "pull": "Bring home what a board has learnt, as a model file.",
    "info": "Show what is in a model file.",
    "doctor": "Say what is installed, what is missing and what brings it.",
    "data": "List the data sets that come with integrad, or inspect one.",
}


HELP_ASKED_FOR = getattr(click.exceptions, "NoArgsIsHelpError", ())
"""What newer versions of click raise for a group without a verb: its help, which is no mistake to explain."""


class Verbs(click.Group):
    """Loads a verb from integrad.cli.<verb> when it is called; one that is broken spares the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        try:
            return getattr(importlib.import_module(f"integrad.cli.{name}"), name)
        except (ImportError, AttributeError, SyntaxError) as error:
            raise IntegradError(f"the command '{name}' cannot be loaded: {error}") from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # From the table above: help needs no verb, hence no NumPy, and comes at once.
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def main(self, *args, standalone_mode: bool = True, **extra):
        if not standalone_mode:
            return super().main(*args, standalone_mode=False, **extra)
        try:
            result = super().main(*args, standalone_mode=False, **extra)
        except Exception as error:
            sys.exit(report_error(error))
        sys.exit(result if isinstance(result, int) else 0)


def report_error(error: Exception) -> int:
    """Print one error to stderr, as INTEGRAD_DEBUG=1 wants it, and return the exit status."""
    if os.environ.get("INTEGRAD_DEBUG") == "1":
        traceback.print_exception(error)
    if isinstance(error, HELP_ASKED_FOR):
        click.echo(error.format_message(), err=True)
        return error.exit_code
    status, text = describe_error(error)
    if text:
        click.echo(f"error: {text}", err=True)
    return status


def describe_error(error: Exception) -> tuple[int, str]:
    """(exit status, text for the user, "" for none) of anything that a verb may raise."""
    if isinstance(error, click.Abort):  # Ctrl-C
        return 130, ""
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        hint = f"\nSee: {context.command_path} --help" if context else ""
        return error.exit_code, error.format_message() + hint
    if isinstance(error, UsageError):
        return 2, str(error)
    if isinstance(error, IntegradError):
        return 1, str(error)
    if isinstance(error, MemoryError):
        return 1, "there is not enough memory"
    if isinstance(error, OSError) and error.errno != errno.EPIPE:
        name = f"{error.filename}: " if error.filename else ""
        return 1, f"{name}{error.strerror or error}"
    return 1, f"unexpected {type(error).__name__}: {error} (INTEGRAD_DEBUG=1 shows where)"


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="integrad")
def main():
    """Train neural networks with integers only, on the host and on the microcontroller itself.

    \b
    Example:
      integrad train spoken-digits --model mlp:96,48 --holdout speaker=george --out digits.model
      integrad evaluate digits.model spoken-digits --only speaker=george
    """
