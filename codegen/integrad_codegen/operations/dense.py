"""A dense block."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import ClassVar

from integrad.network.network import Stage
from integrad_codegen.operations.block import Block
from integrad_codegen.operations.classifier import LAYER_BYTES, dense_forward
from integrad_codegen.workspace import INT16, learn_errors, learn_rows, learn_values


@dataclass(frozen=True, eq=False)
class Dense(Block):
    """s = saturate(W x / scale), h = NITRO-ReLU(s).

    While it learns, both s and h are kept: h is the input of its head and of the next operation.
    """

    kind: ClassVar[str] = "dense"
    template: ClassVar[str] = "dense"
    keeps_scaled: ClassVar[bool] = True

    @classmethod
    def of(cls, name: str, stage: Stage, **common) -> Dense:
        """common: fields of any block."""
        return cls(name, (prod(stage.input_shape),), stage.output_shape, **common)

    def workspace(self, action: str, batch: int) -> int:
        """The inputs widened to 16 bits, or a tile of the batch's inputs."""
        return {"forward": INT16 * self.inputs, "learn": INT16 * learn_values(batch)}.get(action, 0)

    def errors(self, batch: int) -> int:
        return learn_errors(batch)

    @property
    def templates(self) -> tuple[str, ...]:
        return ("nitro_relu", "classifier", "dense")

    def kernels(self) -> set[str]:
        reading = {dense_forward(self.sum_bits)}
        if self.learns:
            reading.add("dense_learn_wide" if self.gradient_bits == 64 else "dense_learn")
        return super().kernels() | self.encoding.kernels(reading)

    def constants(self) -> list[tuple[str, int]]:
        return [("outputs", self.outputs)]

    @property
    def table_bytes(self) -> int:
        return LAYER_BYTES

    def ingredients(self, batch: int) -> list[str]:
        names = [self.kind]
        if self.learns:
            names.append("dense learns")
            if self.rows <= learn_rows(batch):
                names.append("dense learns all rows together")
        return names
