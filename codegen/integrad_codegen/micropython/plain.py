"""Plan → context of the template of the plain Python backend.

Every buffer is a variable: the values of one sample or, for the whole batch, a list with the values of
every sample. A variable is deleted after its last use.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from jinja2 import Environment

from integrad_codegen.kind_templates import KindTemplates
from integrad_codegen.micropython import tables
from integrad_codegen.plan import Plan
from integrad_codegen.program import Call, Place, Step
from integrad_codegen.weights_file import HEADER_BYTES, members


@dataclass(frozen=True)
class Lines:
    """A step: a comment and lines of code."""

    comment: str
    lines: list[str]


def plain(plan: Plan, common: dict, environment: Environment) -> dict:
    """common: the context shared by both Python backends."""
    context = common | {
        "scratch_bytes": 0,
        "weights_of": lambda operation: _array(plan, operation.name),
        "place_of": lambda operation: _place(plan, operation.name),
        "array": partial(_array, plan),
        "place": partial(_place, plan),
    }
    kinds = KindTemplates(environment, context, _address, "plain/")
    return context | {
        "tables": tables.texts(plan, context, environment, _table),
        "functions": kinds.shared(plan.all_operations),
        "inference_lines": _inference(plan.inference, kinds),
        "training_steps": _training(plan.training, kinds),
    }


def _inference(calls: list[Call], kinds: KindTemplates) -> list[str]:
    groups, lines = [_variables([call]) for call in calls], []
    for number, call in enumerate(calls):
        lines += [*kinds.call(call), *_deletion(groups, number)]
    return lines


def _training(steps: list[Step], kinds: KindTemplates) -> list[Lines]:
    groups, found = [_variables(step.calls) for step in steps], []
    known = {"x"}
    for number, step in enumerate(steps):
        new = [name for name, batch in groups[number].items() if batch and name not in known]
        known.update(new)
        lines = [f"{name} = [None] * count" for name in new]
        for calls, repeated in step.loops:
            body = kinds.calls(calls, repeated)
            lines += (
                ["for b in range(count):", *(f"    {line}" for line in body)] if repeated and body else body
            )
        found.append(Lines(step.comment, [*lines, *_deletion(groups, number)]))
    return found


def _variables(calls: Iterable[Call]) -> dict[str, bool]:
    """Variables of calls, in the order of use, and whether each is a list over the batch."""
    places = (place for call in calls for place in call.places.values() if not place.is_workspace)
    return {place.name: place.batch > 0 for place in places}


def _deletion(groups: Sequence[dict[str, bool]], number: int) -> list[str]:
    """Deletion of variables that no later group of calls uses; none after the last group."""
    later = set().union(*groups[number + 1 :])
    unused = [name for name in groups[number] if name not in later]
    return [f"del {', '.join(unused)}"] if unused and later else []


def _address(place: Place, repeated: bool) -> str:
    return f"{place.name}[b]" if repeated and place.batch else place.name


def _array(plan: Plan, name: str) -> str:
    """An array of weights: the buffer and the offset in bytes."""
    member = next(m for m in members(plan) if m.name == name)
    return f"learning, {member.offset}" if member.learns else f"weights, {HEADER_BYTES + member.offset}"


def _place(plan: Plan, name: str) -> int:
    """Offset of a trainable array in bytes."""
    return next(m.offset for m in members(plan) if m.name == name)


def _table(name: str, comment: str, numbers: tuple[int, ...], code: str = "i") -> str:
    return f"# {comment}\n{name} = ({tables.inside(numbers)})"
