"""A convolution of integer backpropagation, and the max-pool that follows it."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from integrad_codegen.operations.backprop_dense import SCALES_BYTES
from integrad_codegen.operations.backprop_layer import INT16, INT32, BackpropLayer
from integrad_codegen.operations.operation import Shape, shape_text

POSITIONS = 8
"""Positions of a row of the map that are computed together, if windows are not larger."""

HITS = 64
"""Errors of one channel that are accumulated together."""

PACKED_WINDOW, LARGEST_WINDOW = 4, 256
"""Positions of windows whose winner takes two bits, and one byte."""


@dataclass(frozen=True, eq=False)
class BackpropConv(BackpropLayer):
    """y = maxima of activation(W * x / 2^shift).

    Only the maxima are stored, and while it learns the winners: where in its window each maximum comes first.

    map_shape: of the outputs of the convolution, before the pool. window: of the pool, (1, 1) without one.
    """

    kind: ClassVar[str] = "backprop_conv"
    template: ClassVar[str] = "backprop_conv"
    map_shape: Shape = ()
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    groups: int = 1
    window: tuple[int, int] = (1, 1)

    @property
    def is_block(self) -> bool:
        return True

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
    def fan_in(self) -> int:
        return self.group_shape[0] * prod(self.kernel)

    @property
    def rows(self) -> int:
        """Output channels."""
        return self.map_shape[0]

    @property
    def positions(self) -> int:
        return prod(self.map_shape[1:])

    @property
    def maxima(self) -> int:
        """Outputs of one channel."""
        return prod(self.output_shape[1:])

    @property
    def area(self) -> int:
        """Positions of a window."""
        return prod(self.window)

    @property
    def is_pooled(self) -> bool:
        return self.area > 1

    @property
    def weights(self) -> int:
        return self.rows * self.fan_in

    @property
    def fan_out(self) -> int:
        return self.group_rows * prod(self.kernel)

    @property
    def gradient_terms(self) -> int:
        return self.maxima

    # Costs

    @property
    def title(self) -> str:
        what, window = "conv", f" {shape_text(self.kernel)}"
        if self.groups == self.input_shape[0] > 1:
            what = "depthwise"
        elif self.groups > 1:
            window += f" in {self.groups} groups"
        pool = f" + max-pool {shape_text(self.window)}" if self.is_pooled else ""
        return f"{what}{window} int8{pool}"

    @property
    def macs(self) -> int:
        """Of all positions that a window covers."""
        return self.fan_in * self.outputs * self.area

    # Memory

    @property
    def winners_bytes(self) -> int:
        """Bytes of the winners of one sample, 0 without a pool."""
        if not self.is_pooled:
            return 0
        channels, height, width = self.output_shape
        return channels * height * -(-width * self.winner_bits // 8)

    @property
    def winner_bits(self) -> int:
        return 2 if self.area <= PACKED_WINDOW else 8

    @property
    def tile(self) -> int:
        """Windows of a row that are computed together: their winners fill whole bytes."""
        together = max(8 // self.winner_bits, POSITIONS // self.window[1])
        return min(self.output_shape[2], together)

    @property
    def tile_shape(self) -> Shape:
        """Outputs of the convolution that exist at a time."""
        return self.rows, self.window[0], self.tile * self.window[1]

    @property
    def hits(self) -> int:
        """Errors of a channel that are accumulated together: at least those of a row."""
        return min(self.maxima, max(HITS, self.output_shape[2]))

    def workspace(self, action: str, batch: int) -> int:
        """The outputs of a tile, and the workspace of the kernel."""
        if action != "forward":
            return 0
        tile = prod(self.tile_shape) if self.is_pooled else 0
        return INT32 * (-(-tile // INT32) + convolve8_work(self.fan_in))

    def sums_bytes(self, action: str, batch: int) -> int:
        """Back: errors of one sample's inputs, those that one position adds, and those of its channels with
        their winners. Learn: the gradient of one channel, and its errors with their places; from packed
        inputs, the gradients of several, and the unpacked inputs of a group."""
        if action == "back":
            return INT32 * (self.inputs + self.fan_in) + 2 * self.group_rows
        rows = self.together(batch) if self.packs else 1
        return INT32 * (rows * self.fan_in + 2 * self.hits) + self.unpacked_bytes(batch)

    def unpacked_bytes(self, batch: int) -> int:
        """The inputs of a group, of one sample."""
        return prod(self.group_shape) if self.packs else 0

    def together(self, batch: int) -> int:
        """Channels that learn together from packed inputs, which are unpacked once for them: as many as fit
        in the workspace in which errors are passed back."""
        rest = self.sums_bytes("back", batch) - 2 * INT32 * self.hits - self.unpacked_bytes(batch)
        return max(1, min(self.group_rows, rest // (INT32 * self.fan_in)))

    def index_bytes(self, action: str, batch: int) -> int:
        """The numbers of these channels."""
        return INT16 * self.group_rows if action == "back" else 0

    # Code

    def constants(self) -> list[tuple[str, int]]:
        winners = [("winners", self.winners_bytes)] if self.learns and self.is_pooled else []
        return [("outputs", self.outputs), *winners, *self.stash_constants()]

    @property
    def table_bytes(self) -> int:
        """Its description."""
        return (12 + 7) * 4 + SCALES_BYTES


def convolve8_work(fan_in: int) -> int:
    """int32 values in the workspace of the kernel convolve8."""
    return 5 * -(-fan_in // 4) + 2
