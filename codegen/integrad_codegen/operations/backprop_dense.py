"""A fully connected layer of integer backpropagation: a hidden one, or the output layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from integrad.network.backprop_stash import GROUP
from integrad_codegen.operations.backprop_layer import INT16, INT32, BackpropLayer
from integrad_codegen.operations.operation import shape_text

TILE = 128
"""Inputs whose sums are computed together: the larger, the fewer calls and the more memory."""

TOGETHER = (GROUP, GROUP // 2, GROUP // 4, GROUP // 8)
"""Packed inputs that can be unpacked together."""

SCALES_BYTES = 4 * 4


@dataclass(frozen=True, eq=False)
class BackpropDense(BackpropLayer):
    """y = activation(W x / 2^shift). loss: of the output layer, "squared" or "cross-entropy", "" for a hidden
    one. exponent: scores are multiples of 2^exponent."""

    kind: ClassVar[str] = "backprop_dense"
    template: ClassVar[str] = "backprop_dense"
    loss: str = ""
    exponent: int = 0

    @property
    def is_output(self) -> bool:
        return bool(self.loss)

    @property
    def is_block(self) -> bool:
        return not self.is_output

    @property
    def fan_in(self) -> int:
        return self.inputs

    @property
    def rows(self) -> int:
        """Units."""
        return self.outputs

    @property
    def weights(self) -> int:
        return self.inputs * self.outputs

    @property
    def fan_out(self) -> int:
        return self.outputs

    @property
    def tile(self) -> int:
        """Inputs whose sums exist at a time."""
        return min(self.inputs, TILE)

    # Costs

    @property
    def description(self) -> str:
        shapes = f"{shape_text(self.input_shape)} -> {shape_text(self.output_shape)}"
        return f"{'output' if self.is_output else 'dense'} int8, {shapes}"

    @property
    def macs(self) -> int:
        return self.weights

    # Memory

    def sums_bytes(self, action: str, batch: int) -> int:
        """Sums of a tile, the errors that are not 0, and some inputs that are unpacked to learn from them."""
        errors = self._errors(action, batch)
        if self.packs and action == "learn":
            return INT32 * self.together(batch) + errors + self.unpacked_bytes(batch)
        return INT32 * self.tile + errors

    def unpacked_bytes(self, batch: int) -> int:
        """Of every sample, those that are unpacked together."""
        return batch * self.together(batch) if self.packs else 0

    def together(self, batch: int) -> int:
        """Packed inputs that are unpacked together: as many as fit in the workspace in which errors are
        passed back."""
        rest = self.sums_bytes("back", batch) - batch
        sizes = (size for size in TOGETHER if size * (INT32 + batch) <= rest)
        return min(self.inputs, next(sizes, TOGETHER[-1]))

    def index_bytes(self, action: str, batch: int) -> int:
        """The numbers of these errors."""
        return INT16 * self._errors(action, batch)

    def _errors(self, action: str, batch: int) -> int:
        """Errors of one sample, or of one unit."""
        return self.outputs if action == "back" else batch

    # Code

    def kernels(self) -> set[str]:
        names = super().kernels()
        if self.learns and self.is_output:
            names |= {f"backprop_{self.loss_function}", "argmax"}
        return names

    @property
    def loss_function(self) -> str:
        return "cross_entropy" if self.loss == "cross-entropy" else "squared_error"

    def constants(self) -> list[tuple[str, int]]:
        own = ("exponent", self.exponent) if self.is_output else ("outputs", self.outputs)
        return [own, *self.stash_constants()]

    @property
    def table_bytes(self) -> int:
        """Its description."""
        return 3 * 4 + SCALES_BYTES
