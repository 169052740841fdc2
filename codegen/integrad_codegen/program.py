"""What happens in an inference and in a training step, as calls that no language is needed to read.

A learner is lowered to these; every printer turns the same calls into its own text, with a macro of the
template of the call's kind that is named after the verb.
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

    name: of a buffer in the arena or, where in_arena is False, "x" for the inputs and "logits" for the
    scores. shape: of one sample. extent: the constant that is its size, as the operation that names it
    ("" for the model itself) and the quantity. batch: samples that lie there one after the other, 0 for a
    single one. bits: of one value; workspaces have 16, activations 8.
    """

    name: str
    shape: Shape
    extent: tuple[str, str] = ("", "")
    batch: int = 0
    bits: int = 8
    in_arena: bool = True

    @property
    def is_workspace(self) -> bool:
        return self.bits == 16

    @property
    def values(self) -> int:
        """Of one sample."""
        return prod(self.shape)

    @property
    def bytes(self) -> int:
        return self.values * self.bits // 8 * max(1, self.batch)


@dataclass(frozen=True)
class Call:
    """An operation does something.

    verb: "forward", "activate", "pool", "error", "score", "learn" or what else the kind's templates print.
    places: role → where its values lie: "out", "x", "work", and what else the verb needs.
    """

    operation: Operation
    verb: str
    places: dict[str, Place]


@dataclass(frozen=True)
class Step:
    """A comment; calls for every sample of the batch in turn; calls for the whole batch; calls for every
    sample again."""

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


def lifetimes(steps: Iterable[Step], times: dict[str, int]) -> list[Buffer]:
    """The buffers of all calls, in order of use, each with its lifetime and the most that a call needs.

    times: name of an operation → when it runs, which is what lifetimes are counted in. A buffer over the
    batch is filled while a loop over the samples runs all its calls again and again, so that it lives as
    long as the whole loop.
    """
    found: dict[str, Buffer] = {}
    for step in steps:
        for calls, repeated in step.loops:
            all_times = [times[call.operation.name] for call in calls]
            for call, time in zip(calls, all_times, strict=True):
                for place in call.places.values():
                    if not place.in_arena:
                        continue
                    span = all_times if repeated and place.batch else [time]
                    before = found.get(place.name, Buffer(place.name, 0, min(span), max(span)))
                    found[place.name] = Buffer(
                        place.name,
                        max(before.size, place.bytes),
                        min(before.first, *span),
                        max(before.last, *span),
                        place.is_workspace,
                    )
    return list(found.values())
