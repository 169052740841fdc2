"""Pools: on the main path, and between a convolution and its head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from integrad.network.network import Stage
from integrad_codegen.operations.nitro_relu import activation
from integrad_codegen.operations.operation import Operation, Shape, shape_text

WINDOWS_BYTES = 7 * 4
UNROLLED = 3
"""Longest side of a window for which the compiler unrolls loops."""


@dataclass(frozen=True)
class Pooling:
    """The windows of a pool, which do not overlap. kind: "max_pool" or "avg_pool"."""

    kind: str
    window: tuple[int, int]
    padding: tuple[int, int]
    input_shape: Shape
    output_shape: Shape

    @property
    def area(self) -> int:
        return self.window[0] * self.window[1]

    @property
    def is_max(self) -> bool:
        return self.kind == "max_pool"

    @property
    def is_padded(self) -> bool:
        return self.padding != (0, 0)

    def ingredients(self, what: str) -> list[str]:
        """Names of the measured code sizes; the compiler unrolls small windows."""
        rows, columns = (size if size <= UNROLLED else 0 for size in self.window)
        padded = ", padded" if self.is_padded else ""
        return [f"{what}{padded}", f"{what} of {rows or 'many'} x {columns or 'many'}"]


@dataclass(frozen=True, eq=False)
class Pool(Operation):
    """A pool on the main path.

    alpha_inv, mean: of the NITRO-ReLU that it applies to its results, if the convolution before it leaves
    that to the pool; else 0.
    """

    template: ClassVar[str] = "pool"
    pooling: Pooling
    alpha_inv: int = 0
    mean: int = 0

    @classmethod
    def of(cls, name: str, stage: Stage) -> Pool:
        shapes = stage.input_shape, stage.output_shape
        return cls(name, *shapes, Pooling(stage.kind, stage.window, (0, 0), *shapes))

    @property
    def kind(self) -> str:
        return self.pooling.kind

    @property
    def title(self) -> str:
        return f"{super().title} {shape_text(self.pooling.window)}"

    def kernels(self) -> set[str]:
        activating = {activation(self.alpha_inv)} if self.alpha_inv else set()
        return {"maxima" if self.pooling.is_max else "averages"} | activating

    def constants(self) -> list[tuple[str, int]]:
        return [("outputs", self.outputs)]

    @property
    def table_bytes(self) -> int:
        return WINDOWS_BYTES

    def ingredients(self, batch: int) -> list[str]:
        return self.pooling.ingredients(self.kind)
