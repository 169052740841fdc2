"""What an operation of a plan must be able to say about itself, whatever its kind."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from math import prod
from typing import ClassVar

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Operation(ABC):
    """One operation of a plan: a fixed-size function with its shapes, costs and needs.

    The defaults describe an operation without weights that needs nothing beside its input and output.
    A kind overrides what is different, and brings templates named `template` for every printer.

    kind: what it is called in reports. name: unique C identifier.
    """

    template: ClassVar[str]
    """Name of the templates that print this kind, in every printer's folder."""

    kind: ClassVar[str]
    name: str
    input_shape: Shape
    output_shape: Shape

    @property
    def inputs(self) -> int:
        return prod(self.input_shape)

    @property
    def outputs(self) -> int:
        return prod(self.output_shape)

    @property
    def learns(self) -> bool:
        """Whether the device updates its weights."""
        return False

    @property
    def is_block(self) -> bool:
        """Whether it is a layer with weights and a learning head of its own."""
        return False

    @property
    def attached(self) -> tuple[Operation, ...]:
        """Operations that only train this one: the head of a block that learns."""
        return ()

    @property
    def weights_bytes(self) -> int:
        """Bytes of all its parameters that inference needs."""
        return 0

    @property
    def fan_in(self) -> int:
        """Weights of one output row; 0 where it has none."""
        return 0

    @property
    def positions(self) -> int:
        """Output positions that share one row of weights."""
        return 1

    @property
    def slope(self) -> tuple[int, int] | None:
        """alpha_inv and mean of the NITRO-ReLU that belongs to it."""
        return None

    @property
    def slope_functions(self) -> set[str]:
        """What its code applies value by value: NITRO-ReLU's "value", its "gradient", the "least" value
        that becomes a given one."""
        return set()

    @property
    def has_weights(self) -> bool:
        return self.weights_bytes > 0

    @property
    def templates(self) -> tuple[str, ...]:
        """Templates whose functions its code calls, its own last."""
        return (self.template,)

    def followed_by(self, other: Operation) -> Operation:
        """What it becomes where the next operation is that one."""
        return self

    # Costs

    @property
    def description(self) -> str:
        """What reports call it: `max-pool 2x2, 8x8x8 -> 8x4x4`."""
        return f"{self.title}, {shape_text(self.input_shape)} -> {shape_text(self.output_shape)}"

    @property
    def title(self) -> str:
        """The first words of its description."""
        return self.kind.replace("_", "-")

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one forward pass, padding counted."""
        return 0

    @property
    def training_macs(self) -> int:
        """Multiply-accumulates that one sample of a training step costs here, forward pass included."""
        return self.macs

    # Memory

    def workspace(self, verb: str, batch: int) -> int:
        """Bytes that a call works in, beside what it reads and writes. batch: samples of a training step."""
        return 0

    @property
    def gradient_bits(self) -> int:
        """Proved width of a weight's gradient: 32 or 64."""
        return 32

    @property
    def gradient_row(self) -> int:
        """Gradients that exist at a time and are summed over the batch; 0 where none is stored."""
        return 0

    def errors(self, batch: int) -> int:
        """int32 errors that exist at a time while it learns."""
        return 0

    # Code

    def kernels(self) -> set[str]:
        """Names of the kernels that its generated code calls."""
        return set()

    def constants(self) -> list[tuple[str, int]]:
        """(quantity, value) of everything that its code names, in order of use."""
        return []

    def ingredients(self, batch: int) -> list[str]:
        """What its code is made of, by the names of the measured code sizes."""
        return [self.kind]

    @property
    def table_bytes(self) -> int:
        """Constant structs and tables in flash beside weights."""
        return 0

    @property
    def divisors(self) -> tuple[int, ...]:
        """Constants that its forward pass divides by, unless a kernel does it."""
        return ()


def shape_text(shape: Shape) -> str:
    """`8x4x4`."""
    return "x".join(map(str, shape))


def sides(what: str, pair: tuple[int, int]) -> list[tuple[str, int]]:
    """Constants for the height and the width of something."""
    return [(f"{what}_height", pair[0]), (f"{what}_width", pair[1])]
