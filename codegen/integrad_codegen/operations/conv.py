"""A convolution block, with or without groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import ClassVar

from integrad.network.network import Stage
from integrad_codegen.operations.block import Block
from integrad_codegen.operations.nitro_relu import activation
from integrad_codegen.operations.operation import Operation, Shape, shape_text
from integrad_codegen.operations.pool import WINDOWS_BYTES, Pool, Pooling
from integrad_codegen.workspace import INT16

SHAPE_BYTES, GROUPS_BYTES = 12 * 4, 3 * 4
POSITIONS = 8
"""Positions of a depthwise convolution that a kernel computes together; they may extend beyond the end of a
row."""


@dataclass(frozen=True, eq=False)
class Conv(Block):
    """s = saturate(W * x / scale), h = NITRO-ReLU(s).

    Storing h in addition to s would double the memory while it learns. Therefore s is activated in place
    after the update, or by the pool that follows.

    groups: number of equal parts into which its input and output channels are divided; each output channel
    reads the input channels of its own part. head_pooling: between the maps and the head, None for none.
    pooled_first: whether the pool that follows applies NITRO-ReLU to its maxima, which is sufficient since
    NITRO-ReLU is monotonic.
    """

    kind: ClassVar[str] = "conv"
    template: ClassVar[str] = "conv"
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    groups: int = 1
    head_pooling: Pooling | None = None
    pooled_first: bool = False

    @classmethod
    def of(cls, name: str, stage: Stage, **common) -> Conv:
        """common: fields of any block."""
        block, pooling = stage.block, None
        if prod(block.head_pooling.window) > 1:
            fit = block.head_pooling
            output_shape = (block.channels, *fit.size)
            pooling = Pooling(f"{fit.kind}_pool", fit.window, fit.padding, stage.output_shape, output_shape)
        return cls(
            name,
            stage.input_shape,
            stage.output_shape,
            **common,
            kernel=block.kernel,
            stride=block.stride,
            padding=block.padding,
            groups=block.groups,
            head_pooling=pooling,
        )

    def followed_by(self, other: Operation) -> Conv:
        is_pooled = isinstance(other, Pool) and other.pooling.is_max
        return replace(self, pooled_first=True) if is_pooled else self

    @property
    def group_shape(self) -> Shape:
        """Shape of the input maps of one group."""
        channels, height, width = self.input_shape
        return channels // self.groups, height, width

    @property
    def group_rows(self) -> int:
        """Output channels of one group."""
        return self.rows // self.groups

    @property
    def is_depthwise(self) -> bool:
        """Whether each map is convolved separately, into one map, in 32 bits: there is a kernel for that."""
        separate = self.groups > 1 and self.groups == self.input_shape[0] == self.rows
        return separate and self.sum_bits == 32

    @property
    def sparse(self) -> bool:
        """Whether the head is max-pooled, so that its error reaches only one position of each window."""
        return self.head_pooling is not None and self.head_pooling.is_max

    @property
    def pooled_positions(self) -> int:
        """Features of the head per channel; 0 without pooling."""
        return prod(self.head_pooling.output_shape[1:]) if self.head_pooling else 0

    @property
    def head_windows(self) -> Pooling:
        """The windows in front of its head, of one value each where nothing is pooled."""
        shape = self.output_shape
        return self.head_pooling or Pooling("max_pool", (1, 1), (0, 0), shape, shape)

    # Costs

    @property
    def title(self) -> str:
        what, window = "conv", f" {shape_text(self.kernel)}"
        if self.groups == self.input_shape[0] > 1:
            what = "depthwise"
        elif self.groups > 1:
            window += f" in {self.groups} groups"
        return what + window

    @property
    def touched(self) -> int:
        return self.rows * self.pooled_positions if self.sparse else self.outputs

    # Memory

    def workspace(self, action: str, batch: int) -> int:
        """The inputs of two positions, widened to 16 bits; of a depthwise convolution, the padded input lines
        of one row of positions."""
        if action != "forward":
            return 0
        if self.is_depthwise:
            line = self.input_shape[2] + 2 * self.padding[1]
            return _even(self.kernel[0] * line + POSITIONS * self.stride[1])
        return INT16 * 2 * _even(self.fan_in)

    @property
    def gradient_terms(self) -> int:
        return self.pooled_positions if self.sparse else self.positions

    @property
    def gradient_row(self) -> int:
        return self.fan_in

    @property
    def map_arrays(self) -> tuple[tuple[str, int], ...]:
        """Of one channel's map; from maxima, only where there are any, with their positions."""
        pooled = self.pooled_positions
        if self.sparse:
            return ("map", pooled), ("place", pooled)
        return (("map", self.positions), *([("pooled", pooled)] if pooled else []))

    # Role in a training step

    @property
    def condense(self) -> str:
        return "pool" if self.head_pooling else "activate"

    @property
    def learns_from_features(self) -> bool:
        return self.sparse

    @property
    def activates(self) -> bool:
        return not self.pooled_first

    @property
    def pooling(self) -> Pooling | None:
        return self.head_pooling

    # Code

    @property
    def templates(self) -> tuple[str, ...]:
        return ("nitro_relu", "pool", "conv") if self.learns else ("nitro_relu", "conv")

    def kernels(self) -> set[str]:
        reading = {"depthwise" if self.is_depthwise else "convolve"}
        others = super().kernels()
        if self.groups > 1:
            reading.add("depthwise_groups" if self.is_depthwise else "convolve_groups")
        if self.sum_bits == 64:
            reading = {f"{name}_wide" for name in reading}
        if self.learns:
            reading.add("conv_learn_wide" if self.gradient_bits == 64 else "conv_learn")
            others |= {f"errors_of_{self.errors_of}", self.head_kernel}
        return others | self.encoding.kernels(reading)

    @property
    def head_kernel(self) -> str:
        """The kernel that makes its head's features of its outputs."""
        pooling = self.head_pooling
        if pooling is None:
            return activation(self.alpha_inv)
        if pooling.is_max:
            return "head_maxima" if pooling.is_padded else "maxima"
        return "head_averages"

    @property
    def errors_of(self) -> str:
        """What the errors of its head reach: a map or what a pool makes of it."""
        if self.head_pooling is None:
            return "map"
        padded = "padded_" if self.sparse and self.head_pooling.is_padded else ""
        return f"{padded}maxima" if self.sparse else "averages"

    def constants(self) -> list[tuple[str, int]]:
        return [("outputs", self.outputs), ("scale", self.scale)]

    def ingredients(self, batch: int) -> list[str]:
        names = [self.kind]
        if self.groups > 1:
            names.append("conv in groups")
        if self.learns:
            names.append("conv learns")
            pooling = self.head_pooling
            names += (
                pooling.ingredients(f"{pooling.kind} of a head")
                if pooling
                else ["conv learns without a pool"]
            )
        return names

    @property
    def table_bytes(self) -> int:
        """The constant struct of its shape, with what its groups and learning add."""
        if self.learns:
            return SHAPE_BYTES + GROUPS_BYTES + 8 + WINDOWS_BYTES + 8
        return SHAPE_BYTES + (GROUPS_BYTES if self.groups > 1 else 0)


def _even(count: int) -> int:
    return count + count % 2
