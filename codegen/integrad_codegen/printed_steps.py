"""Steps of a training step as lines of a language that loops over samples, as C and viper do."""

from __future__ import annotations

from dataclasses import dataclass

from integrad_codegen.kind_templates import KindTemplates
from integrad_codegen.program import Step


@dataclass(frozen=True)
class Loop:
    """Lines for every sample b of the batch, or once for all."""

    lines: list[str]
    repeated: bool


@dataclass(frozen=True)
class PrintedStep:
    """A comment and what follows it."""

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
