"""Inference and training steps as sequences of calls, independent of the output language.

Networks of all learners are lowered to these calls. Every printer turns the same calls into text, with the
macro that is named after the action, from the template for the kind of operation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import prod

from integrad_codegen.memory import Buffer
from integrad_codegen.operations.operation import Operation, Shape


@dataclass(frozen=True)
class Place:
    """Values that a call reads or writes.

    name: of a buffer in the arena or, if in_arena is False, "x" for the inputs and "logits" for the
    scores. shape: of one sample. extent: the constant that states its size, as the owner (an operation, or
    "" for the model itself) and the quantity; empty for a workspace. batch: number of samples stored
    contiguously, 0 for a single one. bits: of one value; 16 or 32 in workspaces, 8 in activations.
    unsigned: whether values have no sign.
    """

    name: str
    shape: Shape
    extent: tuple[str, str] = ("", "")
    batch: int = 0
    bits: int = 8
    in_arena: bool = True
    unsigned: bool = False

    @property
    def is_workspace(self) -> bool:
        return not any(self.extent)

    @property
    def values(self) -> int:
        """Number of values of one sample."""
        return prod(self.shape)

    @property
    def bytes(self) -> int:
        return self.values * self.bits // 8 * max(1, self.batch)


@dataclass(frozen=True)
class Call:
    """One action of an operation.

    action: "forward", "activate", "pool", "error", "score", "learn" or another that the kind's templates
    print. places: role → where the values are: "out", "x", "work" and other roles of the action.
    """

    operation: Operation
    action: str
    places: dict[str, Place]


@dataclass(frozen=True)
class Step:
    """A comment, calls for each sample of the batch, calls for the whole batch, and again calls for each
    sample."""

    comment: str
    each: list[Call]
    then: list[Call] = field(default_factory=list)
    after: list[Call] = field(default_factory=list)

    @property
    def loops(self) -> list[tuple[list[Call], bool]]:
        """(calls, whether they are repeated for every sample), in order."""
        return [(self.each, True), (self.then, False), (self.after, True)]

    @property
    def calls(self) -> list[Call]:
        return [*self.each, *self.then, *self.after]


def lifetimes(steps: Iterable[Step], owners: dict[str, str]) -> list[Buffer]:
    """The buffers of all calls in the order of use, each with its lifetime and its largest size.

    Lifetimes are counted in turns of operations: a turn ends where another operation is called. owners: name
    of an operation that is attached to another one → the name of that one, in whose turn it runs. A buffer
    for the whole batch is filled while a loop over the samples repeats all its calls, so that its lifetime
    includes the whole loop.
    """
    found: dict[str, tuple[int, int, int, bool]] = {}
    now, running = -1, ""
    for step in steps:
        for calls, repeated in step.loops:
            all_times = []
            for call in calls:
                name = owners.get(call.operation.name, call.operation.name)
                now, running = now + (name != running), name
                all_times.append(now)
            for call, time in zip(calls, all_times, strict=True):
                for place in call.places.values():
                    if not place.in_arena:
                        continue
                    first, last = (all_times[0], all_times[-1]) if repeated and place.batch else (time, time)
                    size, began, ended, _ = found.get(place.name, (0, first, last, False))
                    span = min(began, first), max(ended, last)
                    found[place.name] = max(size, place.bytes), *span, place.is_workspace
    return [Buffer(name, *values) for name, values in found.items()]
