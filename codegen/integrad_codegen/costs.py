"""What a plan costs, layer by layer, before anything is compiled."""

from __future__ import annotations

from dataclasses import dataclass

from integrad_codegen.operations import Operation
from integrad_codegen.plan import Plan


@dataclass(frozen=True)
class Layer:
    """What one layer costs. macs: one sample, forward; 0 for a head, which only training runs.

    weights_bytes: int16 weights in flash, and in RAM if the layer learns. activation_bytes: its output
    for one sample, in the scratch, where outputs that are not needed together share their bytes.
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
    for o in plan.operations:
        weights_bytes = o.weights.nbytes if o.is_block else 0
        rows.append(Layer(o.name, _describe(o), o.macs, o.learns, weights_bytes, o.outputs))
        if o.learns:
            what = f"head, {o.head.features} -> {o.head.classes}"
            rows.append(Layer(o.head.name, what, 0, True, o.head_weights.nbytes, o.head.classes))
    out = plan.output
    what, macs = f"output, {out.features} -> {out.classes}", out.features * out.classes
    return [*rows, Layer(out.name, what, macs, plan.batch > 0, plan.output_weights.nbytes, out.classes)]


def _describe(operation: Operation) -> str:
    """`max-pool 2x2, 8x8x8 -> 8x4x4`."""
    what, window = operation.kind.replace("_", "-"), ""
    if operation.kind == "conv":
        window = f" {_shape(operation.kernel)}"
        if operation.groups == operation.input_shape[0] > 1:
            what = "depthwise"
        elif operation.groups > 1:
            window += f" in {operation.groups} groups"
    elif operation.pool:
        window = f" {_shape(operation.pool.window)}"
    return f"{what}{window}, {_shape(operation.input_shape)} -> {_shape(operation.output_shape)}"


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


def memory_rows(plan: Plan) -> list[tuple[str, int]]:
    """(what, bytes) of everything that a caller provides or that lies in flash."""
    rows = [("weights in flash", plan.weights_bytes + plan.frozen_bytes)]
    if plan.batch:
        rows.append(("weights in RAM, to learn", plan.weights_bytes))
    rows.append(("scratch of an inference", plan.inference_scratch_bytes))
    if plan.batch:
        rows.append(("scratch of a training step", plan.scratch.bytes))
    return rows


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
