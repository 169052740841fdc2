"""A pool of integer backpropagation that passes errors to the layers below."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from integrad_codegen.operations.backprop_layer import activation_kernels
from integrad_codegen.operations.backprop_stash import signs_bytes
from integrad_codegen.operations.pool import Pool


@dataclass(frozen=True, eq=False)
class BackpropPool(Pool):
    """Its forward pass is that of any pool. below: name of the layer whose outputs it
    reads, "" if that is another pool. packs: whether a training step keeps only the signs of its inputs."""

    template: ClassVar[str] = "backprop_pool"
    header: ClassVar[str] = "backprop.h"
    below: str = ""
    packs: bool = False
    packed_bytes: ClassVar[int] = 0

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
        activation = activation_kernels(bool(self.below), self.packs)
        return super().kernels() | {f"backprop_{self.back_function}"} | activation

    @property
    def signs_bytes(self) -> int:
        """Of the signs of a sample's inputs."""
        return signs_bytes(self.inputs)

    def constants(self) -> list[tuple[str, int]]:
        stash = [("inputs", self.inputs), ("signs", self.signs_bytes)] if self.packs else []
        return [*super().constants(), *stash]

    def ingredients(self, batch: int) -> list[str]:
        return [*super().ingredients(batch), f"{self.kind} passes errors"]
