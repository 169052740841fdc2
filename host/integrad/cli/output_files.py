"""Options that name files: checked before the work whose results they shall hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console

from integrad.errors import IntegradError, UsageError
from integrad.files import require_regular, require_writable

SCREEN = "-"
"""Standard output, where an option allows it."""

WHAT = {"spec": "the network file", "like": "the network file", "script": "the script", "image": "the image"}
"""Name of a parameter → what its file is, where it is not "the" and the name."""


class InputFile(click.ParamType):
    """The name of a file to read, or text that may be one, such as SPEC. Arguments need not be declared:
    all of them are read."""

    name = "text"

    def convert(self, value, param, ctx):
        return value


class OutputFile(click.ParamType):
    """The name of a file to write. Raises UsageError unless a file of this name can be written.

    beside: endings of further files that are written next to it. screen: whether "-" is standard output.
    """

    name = "file"

    def __init__(self, *beside: str, screen: bool = False):
        self.beside, self.screen = beside, screen

    def convert(self, value, param, ctx):
        if not (self.screen and value == SCREEN):
            for name in self.names(value):
                _require_writable(f"{param.opts[0]} {value}", name)
        return value

    def names(self, value: str) -> list[str]:
        """All files that are written."""
        return [value, *(value + ending for ending in self.beside)]


def check_output_files(ctx: click.Context) -> None:
    """Raise UsageError if a file that the command writes is one that it reads, or would be written twice."""
    inputs = list(_inputs(ctx))
    written: dict[str, str] = {}
    for param, value in _named(ctx, OutputFile):
        if param.type.screen and value == SCREEN:
            continue
        for name in param.type.names(value):
            where = f"{param.opts[0]} {value}"
            for what, path in inputs:
                if same_file(path, name):
                    raise UsageError(f"{where}: would overwrite {what}; choose another name")
            if clash := next((at for path, at in written.items() if same_file(path, name)), None):
                raise UsageError(f"{where}: is also written by {clash}; choose another name")
            written[name] = where


def same_file(a: str | os.PathLike, b: str | os.PathLike) -> bool:
    """Whether two paths lead to the same file, which need not exist."""
    if os.path.realpath(a) == os.path.realpath(b):
        return True
    try:
        return os.path.samefile(a, b)
    except OSError:
        return False


def check_generated_files(paths: list[Path], out: str, model: str, json_path: str | None) -> None:
    """Raise UsageError if a file below --out would replace the model, or --json one of the files."""
    for path in paths:
        if same_file(path, model):
            raise UsageError(f"--out {out}: would overwrite the model; choose another folder or --name")
        if json_path is not None and same_file(path, json_path):
            raise UsageError(f"--json {json_path}: is also written by --out {out}; choose another name")


def show_leftovers(console: Console, removed: list[Path], changed: list[Path]) -> None:
    """Which files of an earlier export are no longer part of it."""
    for paths, what in ((removed, "removed"), (changed, "no longer part of this, but changed by somebody:")):
        for path in paths:
            console.print(f"{what} {path}", soft_wrap=True, markup=False)


def _inputs(ctx: click.Context) -> Iterator[tuple[str, str]]:
    """(what it is, path) of the files that the command reads."""
    arguments = [(param, ctx.params.get(param.name)) for param in ctx.command.params]
    arguments = [(param, value) for param, value in arguments if isinstance(param, click.Argument)]
    for param, value in [*arguments, *_named(ctx, InputFile)]:
        for path in value if isinstance(value, tuple) else (value,):
            if isinstance(path, str) and os.path.isfile(path):
                yield WHAT.get(param.name, f"the {param.name.removesuffix('_path')}"), path


def _named(ctx: click.Context, kind: type) -> Iterator[tuple[click.Parameter, str]]:
    for param in ctx.command.params:
        if isinstance(param.type, kind) and (value := ctx.params.get(param.name)) is not None:
            yield param, value


def _require_writable(where: str, name: str) -> None:
    folder = Path(os.path.realpath(name)).parent
    try:
        if not folder.is_dir():
            raise UsageError(f"{where}: the folder does not exist: {folder}")
        if os.path.isdir(name) or not name:
            raise UsageError(f"{where}: is a folder, expected a file name")
        require_regular(name)
        require_writable(folder)
    except UsageError:
        raise
    except IntegradError as error:
        reason = str(error).removeprefix(f"{name}: ")
        raise UsageError(f"{where}: {reason}; choose another name") from error
    except OSError as error:
        raise IntegradError(f"{where}: cannot write files in {folder}: {error.strerror}") from error
