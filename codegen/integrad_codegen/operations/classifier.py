"""A linear layer that computes class scores: the head of a block, or the output layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from integrad_codegen.encodings import Encoding
from integrad_codegen.operations.operation import Operation
from integrad_codegen.workspace import INT16, learn_errors, learn_values

LAYER_BYTES = 16
"""The constant struct of a layer of dense weights."""


def dense_forward(sum_bits: int) -> str:
    """The kernel that computes sums of this width."""
    return "dense_forward_wide" if sum_bits == 64 else "dense_forward"


@dataclass(frozen=True, eq=False)
class Classifier(Operation):
    """Its weight gradient always fits in 32 bits (bounds.check_classifier).

    role: "head" or "output". encoding: of the weights. scale: divisor of a score. limit: largest weight.
    sum_bits: proved width of a score before its division, 32 or 64.
    """

    kind: ClassVar[str] = "classifier"
    template: ClassVar[str] = "classifier"
    header: ClassVar[str] = "nitro.h"
    role: str
    weights: np.ndarray
    encoding: Encoding
    scale: int
    limit: int
    sum_bits: int
    updated: bool

    @property
    def features(self) -> int:
        return self.inputs

    @property
    def classes(self) -> int:
        return self.outputs

    @property
    def learns(self) -> bool:
        return self.updated

    @property
    def weights_bytes(self) -> int:
        return self.encoding.bytes * self.weights.size

    @property
    def title(self) -> str:
        return self.role

    @property
    def macs(self) -> int:
        return self.features * self.classes

    @property
    def training_macs(self) -> int:
        return 2 * self.macs if self.learns else self.macs

    def workspace(self, action: str, batch: int) -> int:
        """The features widened to 16 bits, or a tile of the batch's features."""
        return INT16 * (learn_values(batch) if action == "learn" else self.features)

    def errors(self, batch: int) -> int:
        return learn_errors(batch)

    def kernels(self) -> set[str]:
        reading = {dense_forward(self.sum_bits)} | ({"classifier_learn"} if self.learns else set())
        scoring = {"argmax", "subtract_target"} if self.learns else {"argmax"}
        return scoring | self.encoding.kernels(reading)

    def constants(self) -> list[tuple[str, int]]:
        return [("features", self.features)]

    @property
    def table_bytes(self) -> int:
        return LAYER_BYTES

    def ingredients(self, batch: int) -> list[str]:
        """None: every program contains classifiers, which are included in its measured base."""
        return []
