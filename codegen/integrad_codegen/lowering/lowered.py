"""Result of lowering a network: the parts of a plan that depend on the learner."""

from __future__ import annotations

from dataclasses import dataclass, field

from integrad_codegen.operations.operation import Operation
from integrad_codegen.program import Call, Step


@dataclass(frozen=True)
class Lowered:
    """operations: of the main path. output: the output layer. inference: calls from the inputs "x" to the
    scores "logits". training: the parts of a training step, none if nothing learns. repeated: the operations
    that it passes samples forward through again, each as often as it does."""

    operations: list[Operation]
    output: Operation
    inference: list[Call]
    training: list[Step]
    repeated: list[Operation] = field(default_factory=list)
