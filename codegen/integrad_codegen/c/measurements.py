"""Measured costs in the opening comment of a generated header."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measurements:
    """Costs of the generated C on a core: executed instructions and stack in bytes.

    core, compiler: for display. batch: samples of a training step, 0 if nothing learns; then there are no
    figures of a training step.
    """

    core: str
    compiler: str
    batch: int
    inference_instructions: int
    inference_stack_bytes: int
    step_instructions: int | None = None
    step_stack_bytes: int | None = None

    def lines(self) -> list[str]:
        """Lines for the header, without the comment's margin."""
        samples = f"of {self.batch} samples" if self.batch > 1 else "of one sample"
        rows = [
            ("instructions of an inference", self.inference_instructions),
            ("stack of an inference", self.inference_stack_bytes),
            (f"instructions of a step {samples}", self.step_instructions),
            ("stack of a step", self.step_stack_bytes),
        ]
        shown = [f"  {what:<38} {figure:>13,}" for what, figure in rows if figure is not None]
        title = f"Measured on {self.core}, built by {self.compiler}; stack in bytes, with the caller's frame:"
        return [title, *shown]

    def block(self) -> str:
        """The lines as they stand in the header."""
        return "".join(f" * {line}\n" for line in self.lines()) + " *\n"

    def removed_from(self, header: str) -> str:
        """The header as it is written where nothing was measured."""
        return header.replace(self.block(), "", 1)
