"""The command line: a group of commands, one module each, which is imported when the command is called.

This is the only place where exceptions become messages and exit statuses:
0 for success, 1 for a failure, 2 for wrong usage, 130 for an interruption, 143 for SIGTERM.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
import traceback
import warnings

import click

from integrad import __version__
from integrad.cli.ending import ended_in_order
from integrad.cli.option_hints import hint
from integrad.cli.terminal import use_plain_characters
from integrad.errors import IntegradError, IntegradNote, NotationError, UsageError, printable

# The matrix products of small batches are too small to be distributed: BLAS threads mostly wait for each
# other, and on a busy machine they were 4 to 25 times slower than a single thread. Users who train wide
# networks on an idle machine can set OPENBLAS_NUM_THREADS. NumPy reads it when it is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

COMMANDS = {
    "demo": "Train without one speaker, then learn that speaker on an emulated core.",
    "train": "Train a network on a data set and write a model file.",
    "quantise": "Turn the weights of a float network into a model with 8-bit weights.",
    "evaluate": "Evaluate a model on a data set.",
    "predict": "Classify samples and write their classes and scores.",
    "export": "Generate C or MicroPython modules from a model.",
    "project": "Generate a complete program for a board, without a vendor's SDK.",
    "emulate": "Run and train a model on an emulated Cortex-M.",
    "verify": "Check that all executors compute the same bits.",
    "check": "Compare firmware with budgets and a baseline: bytes, instructions, accuracy.",
    "boards": "List the known boards: parts, pins, serial ports, how they are flashed.",
    "flash": "Flash a program onto a board.",
    "micropython": "Build MicroPython for emulated cores and run scripts there.",
    "install": "Install a model on a MicroPython board and test it there.",
    "collect": "Record the samples that a board prints as a data set.",
    "monitor": "Show what a board predicts, as it predicts it.",
    "tune": "Teach a board from a data set.",
    "pull": "Read the weights that a board has learnt into a model file.",
    "store": "Show what a device saved, in a copy of its flash memory.",
    "update": "Sign updates of the weights of a program, and check them.",
    "info": "Show the contents of a model file and its memory requirements.",
    "doctor": "List which tools are installed, which are missing and how to install them.",
    "data": "List the bundled data sets, or inspect a data set.",
}


CANNOT_WRITE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

HELP_ASKED_FOR = getattr(click.exceptions, "NoArgsIsHelpError", ())
"""What newer versions of click raise for a group without a command: its help, which is not an error
message."""


class Commands(click.Group):
    """Loads a command from integrad.cli.<command> when it is called, so that a broken one affects no
    other."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        try:
            return getattr(importlib.import_module(f"integrad.cli.{name}"), name)
        except (ImportError, AttributeError, SyntaxError) as error:
            raise IntegradError(f"the command '{name}' cannot be loaded: {error}") from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # From the table above: help loads no command and thus no NumPy, and appears immediately.
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context):
        try:
            return super().invoke(ctx)
        except UsageError as error:
            # Errors in the notation of networks say SPEC; here the option is known, such as --model.
            command = self.get_command(ctx, ctx.invoked_subcommand) if ctx.invoked_subcommand else None
            parameters = command.params if command else []
            options = [p.opts[0] for p in parameters if getattr(p, "metavar", None) == "SPEC"]
            if not options or not str(error).startswith("SPEC: "):
                raise
            raise type(error)(options[0] + str(error).removeprefix("SPEC")) from error

    def main(self, *args, standalone_mode: bool = True, **extra):
        if not standalone_mode:
            return super().main(*args, standalone_mode=False, **extra)
        use_plain_characters()
        warnings.showwarning = _show_warning
        try:
            with ended_in_order():
                result = super().main(*args, standalone_mode=False, **extra)
        except Exception as error:
            sys.exit(report_error(error))
        sys.exit(result if isinstance(result, int) else 0)


def _show_warning(message, category, filename, lineno, file=None, line=None) -> None:
    """Print a note as one line to stderr, and any other warning as Python does."""
    if issubclass(category, IntegradNote):
        click.echo(f"note: {printable(str(message))}", err=True)
    else:
        click.echo(warnings.formatwarning(message, category, filename, lineno, line), err=True, nl=False)


def report_error(error: Exception) -> int:
    """Print an error to stderr, with a traceback if INTEGRAD_DEBUG=1, and return the exit status."""
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
    """(exit status, message for the user or "") for any exception that a command may raise."""
    if isinstance(error, click.Abort):  # Ctrl-C
        return 130, ""
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        place = f"\nSee: {context.command_path} --help" if context else ""
        known = hint(error) if isinstance(error, click.NoSuchOption) else None
        told = known or error.format_message()
        # Of click's messages, only the list of choices for a missing option has several lines.
        return error.exit_code, (
            told if isinstance(error, click.MissingParameter) else printable(told)
        ) + place
    if isinstance(error, NotationError):
        return 2, str(error)
    if isinstance(error, IntegradError):
        return 2 if isinstance(error, UsageError) else 1, printable(str(error))
    if isinstance(error, MemoryError):
        return 1, "out of memory"
    if isinstance(error, OSError) and error.errno != errno.EPIPE:
        # What writes a file names it; what prints does not.
        name = error.filename or ("standard output" if error.errno in CANNOT_WRITE else "")
        return 1, printable(f"{name}: {error.strerror or error}".removeprefix(": "))
    return (
        1,
        f"unexpected {type(error).__name__}: {printable(str(error))} (set INTEGRAD_DEBUG=1 for a traceback)",
    )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="integrad")
def main():
    """Train neural networks in integer arithmetic, on the host and on the microcontroller itself.

    \b
    Example:
      integrad train spoken-digits --model mlp:96,48 --holdout speaker=george --out digits.model
      integrad evaluate digits.model spoken-digits --only speaker=george
    """
