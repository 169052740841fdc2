"""Training steps as lines of code in a language with loops over samples (C and viper)."""

from __future__ import annotations

from dataclasses import dataclass

from integrad_codegen.kind_templates import KindTemplates
from integrad_codegen.program import Step


@dataclass(frozen=True)
class Loop:
    """Lines executed for every sample b of the batch, or once."""

    lines: list[str]
    repeated: bool


@dataclass(frozen=True)
class PrintedStep:
    """A comment and the loops that follow it."""

    comment: str
    loops: list[Loop]


def printed(steps: list[Step], kinds: KindTemplates) -> list[PrintedStep]:
    """The steps with the text of their calls."""
    return [
        PrintedStep(
            step.comment, [Loop(kinds.calls(calls, each), each) for calls, each in step.loops if calls]
        )
        for step in steps
    ]
