"""The interface of an operation of a plan, whatever its kind."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from math import prod
from typing import ClassVar

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Operation(ABC):
    """One operation of a plan: a fixed-size function with its shapes, costs and requirements.

    The defaults describe an operation without weights that requires only its input and output. A kind
    overrides what differs, and has a template named `template` for every printer.

    kind: its name in reports. name: unique C identifier.
    """

    template: ClassVar[str]
    """Name of the templates that print this kind, in the folder of every printer."""

    header: ClassVar[str] = "kernels.h"
    """Header of the runtime that declares what its C calls."""

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
        """Whether it is a layer with weights before the output layer."""
        return False

    @property
    def attached(self) -> tuple[Operation, ...]:
        """Operations used only for training this one: the head of a block that learns."""
        return ()

    @property
    def weights_bytes(self) -> int:
        """Bytes of all its parameters used in inference."""
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
    def has_weights(self) -> bool:
        return self.weights_bytes > 0

    @property
    def templates(self) -> tuple[str, ...]:
        """Templates with functions that its code calls; its own is the last."""
        return (self.template,)

    def followed_by(self, other: Operation) -> Operation:
        """This operation, adapted to being followed by that one."""
        return self

    # Costs

    @property
    def description(self) -> str:
        """Its description in reports: `max-pool 2x2, 8x8x8 -> 8x4x4`."""
        return f"{self.title}, {shape_text(self.input_shape)} -> {shape_text(self.output_shape)}"

    @property
    def title(self) -> str:
        """The first words of its description."""
        return self.kind.replace("_", "-")

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one forward pass, including those with padding."""
        return 0

    @property
    def training_macs(self) -> int:
        """Multiply-accumulates per sample of a training step, including the forward pass."""
        return self.macs

    # Memory

    def workspace(self, action: str, batch: int) -> int:
        """Bytes of workspace of a call, in addition to its inputs and outputs. batch: samples of a training
        step."""
        return 0

    @property
    def gradient_bits(self) -> int:
        """Proved width of a weight's gradient: 32 or 64."""
        return 32

    @property
    def gradient_row(self) -> int:
        """Number of gradients stored at a time, summed over the batch; 0 if none are stored."""
        return 0

    def errors(self, batch: int) -> int:
        """int32 errors that exist at a time while it learns."""
        return sum(size for _, size in self.map_arrays)

    @property
    def map_arrays(self) -> tuple[tuple[str, int], ...]:
        """(name, elements) of the arrays that these errors lie in, where they are those of a map."""
        return ()

    # Code

    def kernels(self) -> set[str]:
        """Names of the kernels that its generated code calls."""
        return set()

    @property
    def divides(self) -> bool:
        """Whether learning divides by a variable."""
        return self.learns

    def constants(self) -> list[tuple[str, int]]:
        """(quantity, value) of all constants in its code, in the order of use."""
        return []

    def ingredients(self, batch: int) -> list[str]:
        """The parts of its code, by the names used for measured code sizes."""
        return [self.kind]

    @property
    def table_bytes(self) -> int:
        """Bytes of constant structs and tables in flash, without weights."""
        return 0


def shape_text(shape: Shape) -> str:
    """`8x4x4`."""
    return "x".join(map(str, shape))
