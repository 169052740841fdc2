"""A pool of integer backpropagation that passes errors to the layers below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from integrad_codegen.operations.pool import Pool


@dataclass(frozen=True, eq=False)
class BackpropPool(Pool):
    """Its forward pass is that of any pool. below: name of the layer whose outputs it
    reads, "" if that is another pool."""

    template: ClassVar[str] = "backprop_pool"
    header: ClassVar[str] = "backprop.h"
    below: str = ""

    @classmethod
    def after(cls, pool: Pool, below: str) -> BackpropPool:
        """The same pool, behind a layer that learns."""
        return cls(pool.name, pool.input_shape, pool.output_shape, pool.pooling, below=below)

    @property
    def templates(self) -> tuple[str, ...]:
        return (Pool.template, self.template)

    @property
    def back_function(self) -> str:
        return "maxima" if self.pooling.is_max else "averages"

    def kernels(self) -> set[str]:
        activation = {"backprop_activation"} if self.below else set()
        return super().kernels() | {f"backprop_{self.back_function}"} | activation

    def ingredients(self, batch: int) -> list[str]:
        return [*super().ingredients(batch), f"{self.kind} passes errors"]
