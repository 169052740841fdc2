"""The tables of numbers that the viper core's functions read: one array a layer, its fields in a comment."""

from __future__ import annotations

from dataclasses import dataclass

from integrad_codegen.micropython.viper_memory import Limbs
from integrad_codegen.normalisation import Normalisation
from integrad_codegen.operations import Classifier, Operation, Pool
from integrad_codegen.plan import Plan


@dataclass(frozen=True)
class Table:
    """A module-level array. code: of the array module."""

    name: str
    comment: str
    numbers: tuple[int, ...]
    code: str = "i"

    @property
    def text(self) -> str:
        """The numbers as the inside of a tuple."""
        return ", ".join(map(str, self.numbers)) + ("," if len(self.numbers) == 1 else "")


CONV_FIELDS = "channels, height, width of the input and of the output; kernel, stride, padding"
GROUPED_FIELDS = (
    "of one group: channels, height, width of its input and of its output; kernel, stride, padding; groups"
)
"""Where any convolution of the network has groups."""

POOL_FIELDS = "channels, input, output, window, padding; 1 for averages; NITRO-ReLU"
LEARNS_FIELDS = "amplification, which decay, limit, slope; sizes; limbs of a wide gradient and their bits"
HEAD_DECAY, BLOCK_DECAY = 2, 1
"""Where a schedule keeps them."""


def tables(plan: Plan, normalisation: Normalisation) -> list[Table]:
    """All tables of a module, in order of use."""
    found = [
        Table("_CENTRES", "What raw values are centred by, a channel each.", normalisation.centre),
        Table("_DEVIATIONS", "What they are divided by.", normalisation.mad, "I"),
    ]
    grouped = has_groups(plan)
    for operation in plan.operations:
        name = operation.name.upper()
        if operation.pool:
            found.append(_pool(f"_{name}", operation.pool, 0, 0))
        elif operation.kind == "conv":
            found.append(_conv(operation, grouped))
        if operation.learns:
            found += _learning(operation, plan)
    return [*found, _classifier(plan.output)] if plan.batch else found


def crc_nibbles() -> tuple[int, ...]:
    """CRC-32 of the sixteen values of four bits."""
    table = []
    for value in range(16):
        for _ in range(4):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
        table.append(value)
    return tuple(table)


def has_groups(plan: Plan) -> bool:
    """Whether any convolution's output channels see only a part of its input channels."""
    return any(o.groups > 1 for o in plan.operations)


def _conv(o: Operation, grouped: bool) -> Table:
    fields, groups = (GROUPED_FIELDS, (o.groups,)) if grouped else (CONV_FIELDS, ())
    shapes = (*o.group_shape, o.group_rows, *o.output_shape[1:])
    numbers = (*shapes, *o.kernel, *o.stride, *o.padding, *groups)
    return Table(f"_{o.name.upper()}", f"{o.name}: {fields}", numbers)


def _pool(name: str, q: Pool, alpha_inv: int, mean: int) -> Table:
    numbers = (*q.input_shape, *q.output_shape[1:], *q.window, *q.padding, int(q.kind == "avg_pool"))
    return Table(name, f"{name[1:].lower()}: {POOL_FIELDS}", (*numbers, alpha_inv, mean))


def _learning(o: Operation, plan: Plan) -> list[Table]:
    limbs = Limbs.of(o, plan.batch)
    numbers = (
        plan.amplification,
        BLOCK_DECAY,
        o.limit,
        o.alpha_inv,
        o.inputs,
        o.rows,
        limbs.count,
        limbs.bits,
    )
    found = [
        Table(f"_{o.name.upper()}_LEARNS", f"{o.name}: {LEARNS_FIELDS}", (*numbers, limbs.count, limbs.bits)),
        _classifier(o.head),
    ]
    if o.kind == "conv":
        whole = Pool("max_pool", (1, 1), (0, 0), o.output_shape, o.output_shape)
        found.append(_pool(f"_{o.head.name.upper()}_POOL", o.head_pool or whole, o.alpha_inv, o.mean))
    return found


def _classifier(classifier: Classifier) -> Table:
    numbers = (1, HEAD_DECAY, classifier.limit, 0, classifier.features, classifier.classes, 1, 0)
    return Table(f"_{classifier.name.upper()}_LEARNS", f"{classifier.name}: {LEARNS_FIELDS}", numbers)
