"""Which values a training step forgets in its forward pass and computes again before they are needed.

Each of these values is either kept, or computed again at the beginning of one of the steps that go back. The
choice is the one with the smallest arena that a local search finds, and among those with the same arena one
that repeats little. It needs neither random numbers nor time limits, so that it is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate

from integrad_codegen.memory import Buffer, aligned, lay_out, lower_bound
from integrad_codegen.operations.operation import Operation
from integrad_codegen.program import Step, lifetimes

TRIALS = 4000
"""Number of choices that are examined before the search stops."""

OUTPUTS, WINNERS = "outputs", "winners"


@dataclass(frozen=True, order=True)
class Value:
    """Outputs or winners of an operation, whose number in the order of the network this is."""

    number: int
    what: str

    @property
    def reader(self) -> int:
        """Number of the operation that needs it to learn or to pass errors back."""
        return self.number + (self.what == OUTPUTS)


Choice = Mapping[Value, int]
"""Value → number of the operation before whose step back it is computed again. Others are kept."""


@dataclass(frozen=True)
class StepCost:
    """Bytes of a training step: in the turn that needs most, in C and without workspaces of C; how many turns
    need as many; and what is computed again."""

    bytes: int
    turns: int
    without_workspaces: int
    work: int


def choose(values: list[Value], usual: Choice, build: Callable[[Choice], list[Step]]) -> Choice:
    """The choice with the smallest arena; the usual one if no other has a smaller one.

    build: makes the training step.
    """
    search = _Search(values, build)
    most = search.cost(usual).without_workspaces
    lazy = {value: value.reader for value in values}
    found = min((search.smaller(start, most) for start in (usual, lazy)), key=search.rank(most))
    found = search.cheaper(found, most)
    return found if _is_smaller(build(found), build(usual)) else usual


class _Search:
    """Improves a choice value by value until no change of a single value improves it."""

    def __init__(self, values: list[Value], build: Callable[[Choice], list[Step]]):
        self._values, self._build = values, build
        self._known: dict[frozenset, StepCost] = {}

    def cost(self, choice: Choice) -> StepCost:
        key = frozenset(choice.items())
        if key not in self._known:
            self._known[key] = cost_of(self._build(choice))
        return self._known[key]

    def rank(self, most: int) -> Callable[[Choice], tuple]:
        """Order of choices by their arena. most: bytes without workspaces that must not be exceeded."""

        def rank(choice: Choice) -> tuple:
            cost = self.cost(choice)
            return cost.without_workspaces > most, cost.bytes, cost.turns

        return rank

    def smaller(self, choice: Choice, most: int) -> Choice:
        return self._improve(choice, self.rank(most))

    def cheaper(self, choice: Choice, most: int) -> Choice:
        """Less work in no more bytes."""
        bytes_now = self.cost(choice).bytes

        def rank(other: Choice) -> tuple:
            cost = self.cost(other)
            is_larger = cost.without_workspaces > most or cost.bytes > bytes_now
            return is_larger, cost.work, len(other)

        return self._improve(choice, rank)

    def _improve(self, choice: Choice, rank: Callable[[Choice], tuple]) -> Choice:
        best, improved = rank(choice), True
        while improved:
            improved = False
            for value in self._values:
                for other in self._others(choice, value):
                    if len(self._known) >= TRIALS:
                        return choice
                    if (found := rank(other)) < best:
                        choice, best, improved = other, found, True
        return choice

    def _others(self, choice: Choice, value: Value) -> list[Choice]:
        """This value kept, or computed again at another time; the other values as they are. Earlier than
        when it is needed is of use only where others are computed again."""
        rest = {other: step for other, step in choice.items() if other != value}
        steps = sorted({value.reader, *(step for step in rest.values() if step > value.reader)})
        return [rest, *(rest | {value: step} for step in steps if choice.get(value) != step)]


def repeated(steps: list[Step]) -> list[Operation]:
    """The operations that pass samples forward again, each as often as it does."""
    return [call.operation for step in steps[1:] for call in step.each if call.action == "forward"]


def cost_of(steps: list[Step]) -> StepCost:
    """Bytes are lower bounds, which most arenas meet."""
    buffers = lifetimes(steps, {})
    loads = _loads(buffers)
    alone = _loads([buffer for buffer in buffers if not buffer.is_workspace])
    work = sum(operation.macs + operation.outputs for operation in repeated(steps))
    return StepCost(max(loads), loads.count(max(loads)), max(alone), work)


def _loads(buffers: list[Buffer]) -> list[int]:
    """Bytes in use in every turn."""
    changes = [0] * (max((buffer.last for buffer in buffers), default=0) + 2)
    for buffer in buffers:
        changes[buffer.first] += aligned(buffer.size)
        changes[buffer.last + 1] -= aligned(buffer.size)
    return list(accumulate(changes))


def _is_smaller(steps: list[Step], others: list[Step]) -> bool:
    """Whether the arena of the first is smaller, and without workspaces of C not larger."""
    one, other = lifetimes(steps, {}), lifetimes(others, {})
    without = [buffer for buffer in one if not buffer.is_workspace]
    without_other = [buffer for buffer in other if not buffer.is_workspace]
    return _fits(one, other, 1) and _fits(without, without_other, 0)


def _fits(buffers: list[Buffer], others: list[Buffer], gain: int) -> bool:
    """Whether an arena is smaller than that of others by at least the gain. The others are laid out only
    where their lower bound does not answer this."""
    size = lay_out(buffers).bytes + gain
    return size <= lower_bound(others) or size <= lay_out(others).bytes
