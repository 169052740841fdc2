"""Costs of a plan per layer, known before anything is compiled."""

from __future__ import annotations

from dataclasses import dataclass

from integrad.learners.memory_options import NO, YES
from integrad_codegen.operations.operation import Operation
from integrad_codegen.plan import Plan, make_plan


@dataclass(frozen=True)
class Layer:
    """Costs of one layer. macs: of one forward pass; 0 for a head, which only training uses.

    weights_bytes: of the weights in flash, and in RAM if the layer learns. activation_bytes: of its output
    for one sample in the scratch, where outputs that are not needed at the same time share memory.
    """

    name: str
    what: str
    macs: int
    learns: bool
    weights_bytes: int
    activation_bytes: int

    @property
    def ram_bytes(self) -> int:
        """Weights in RAM."""
        return self.weights_bytes if self.learns else 0


def layers(plan: Plan) -> list[Layer]:
    """The layers in the order of their computation, heads of learning blocks included."""
    rows = []
    for operation in plan.operations:
        rows.append(_row(operation, operation.macs))
        rows += [_row(attached, 0) for attached in operation.attached]
    return [*rows, _row(plan.output, plan.output.macs)]


def _row(o: Operation, macs: int) -> Layer:
    return Layer(o.name, o.description, macs, o.learns, o.weights_bytes, o.outputs)


def layer_rows(plan: Plan) -> list[str]:
    """The layers as a plain-text table for the header."""
    table = [("layer", "what", "MACs", "flash bytes", "RAM bytes")]
    for layer in layers(plan):
        numbers = (layer.macs, layer.weights_bytes, layer.ram_bytes)
        table.append((layer.name, layer.what, *(f"{number:,}" for number in numbers)))
    widths = [max(len(line[i]) for line in table) for i in range(5)]
    return [
        f"{n:<{widths[0]}}  {w:<{widths[1]}}  {m:>{widths[2]}}  {f:>{widths[3]}}  {r:>{widths[4]}}"
        for n, w, m, f, r in table
    ]


def recomputation(plan: Plan) -> str:
    """What computing activations again saves and takes, in one line; "" if nobody asked for it."""
    if not plan.batch or plan.constants.get("recompute") != YES:
        return ""
    constants = dict(plan.constants) | {"recompute": NO}
    usual = make_plan(plan.network, plan.prefix, plan.learn.name, plan.batch, constants)
    if plan.scratch.bytes == usual.scratch.bytes:
        return "note: --recompute saves no memory in this training step, which keeps all activations"
    memory = f"{plan.scratch.bytes:,} bytes of scratch instead of {usual.scratch.bytes:,}"
    return f"--recompute: {memory}, and {1 + plan.repeated_macs / plan.macs:.2f} forward passes instead of 1"


def memory_rows(plan: Plan) -> list[tuple[str, int]]:
    """(what, bytes) of all memory that a caller provides or that is in flash."""
    rows = [("weights in flash", plan.weights_bytes + plan.frozen_bytes)]
    if plan.batch:
        rows.append(("trainable weights in RAM", plan.weights_bytes))
    rows.append(("scratch of an inference", plan.inference_scratch_bytes))
    if plan.batch:
        rows.append(("scratch of a training step", plan.scratch.bytes))
    return rows
