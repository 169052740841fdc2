"""What an export target is: the interface between `integrad export` and the generators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from integrad.model_file import Model
from integrad_codegen.c.measurements import Measurements
from integrad_codegen.plan import Plan

Files = dict[str, str | bytes]
"""Path → contents."""


def _no_status(text: str) -> AbstractContextManager:
    return nullcontext()


@dataclass(frozen=True)
class Request:
    """What is exported, and how.

    command: the command line, for the header of the files. options: values of the target's own options by
    name; None where one was not given. status: shows what is being done, for as long as the context lasts.
    measurements: of the generated C, for its header.
    """

    model: Model
    plan: Plan
    command: str = ""
    options: Mapping[str, str | bool | None] = field(default_factory=dict)
    status: Callable[[str], AbstractContextManager] = _no_status
    measurements: Measurements | None = None


@dataclass(frozen=True)
class Option:
    """An option of `integrad export` that belongs to one target, such as `--arch`. Its name has _ where
    the option has -.

    check: raises UsageError for a value that cannot be used. is_flag: whether it takes no value.
    """

    name: str
    metavar: str | None
    help: str
    check: Callable[[str], None] = lambda value: None
    is_flag: bool = False

    @property
    def flag(self) -> str:
        return f"--{self.name.replace('_', '-')}"


@dataclass(frozen=True)
class Target:
    """A kind of project that a model can be exported to.

    name: for `--target`. help: one line. files: generates them; raises UsageError for options that cannot be
    used together, IntegradError if something cannot be built. options: those of this target alone.
    predicts_parts: whether `--part` says what the result needs. With `--core`, the generated C, which is the
    same for all targets, is built and measured on that core.
    """

    name: str
    help: str
    files: Callable[[Request], Files]
    options: tuple[Option, ...] = ()
    predicts_parts: bool = False
