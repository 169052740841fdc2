"""Which functions of the runtime the generated C calls, and for which layers, in the order of its text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from integrad_codegen.c.module import kinds_of
from integrad_codegen.plan import Plan

CALL = re.compile(r"\b(integrad_\w+)\(")


@dataclass(frozen=True)
class RuntimeCall:
    """A call of a function of the runtime. layer: name of the operation, "" for the step as a whole."""

    callee: str
    layer: str


Calls = dict[str, list[RuntimeCall]]
"""Generated function → its calls in their order."""


def runtime_calls(plan: Plan) -> Calls:
    """The calls of PREFIX_predict and, if the plan learns, of PREFIX_train."""
    kinds = kinds_of(plan)
    predict = [found for call in plan.inference for found in _calls(kinds.call(call), call.operation.name)]
    predict += _calls(["integrad_argmax()"], plan.output.name)
    calls = {f"{plan.prefix}_predict": predict}
    if plan.batch:
        train = list(_calls(kinds.begin_training(plan.all_operations), ""))
        for step in plan.training:
            for group, repeated in step.loops:
                for call in group:
                    train += _calls(kinds.call(call, repeated), call.operation.name)
        calls[f"{plan.prefix}_train"] = train
    return calls


def _calls(lines: Iterable[str], layer: str) -> list[RuntimeCall]:
    return [RuntimeCall(callee, layer) for callee in CALL.findall("\n".join(lines))]
