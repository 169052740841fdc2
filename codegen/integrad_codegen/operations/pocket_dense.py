"""A fully connected layer of PocketNN: a hidden one, or the output layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from integrad_codegen.encodings import Encoding
from integrad_codegen.operations.operation import Operation, shape_text
from integrad_codegen.workspace import INT16, learn_errors, learn_rows, learn_values


@dataclass(frozen=True, eq=False)
class PocketDense(Operation):
    """y = activation((W x + bias) / scale).

    While it learns, the inverse slopes of the activation are kept beside y: the errors of the output layer,
    which fixed feedback brings to a hidden layer, are divided by them.

    encoding: of the weights and biases. bias, feedback: members of the structs of weights; feedback is ""
    for the output layer. limit, bias_limit: largest weight and bias. updated: whether the device updates its
    weights.
    """

    kind: ClassVar[str] = "pocket_dense"
    template: ClassVar[str] = "pocket_dense"
    header: ClassVar[str] = "pocket.h"
    bias: str
    feedback: str
    activation: str
    encoding: Encoding
    scale: int
    limit: int
    bias_limit: int
    classes: int
    updated: bool

    @property
    def is_output(self) -> bool:
        return not self.feedback

    @property
    def is_block(self) -> bool:
        return not self.is_output

    @property
    def learns(self) -> bool:
        return self.updated

    @property
    def is_sigmoid(self) -> bool:
        return self.activation == "sigmoid"

    @property
    def fan_in(self) -> int:
        """Weights of one unit."""
        return self.inputs

    @property
    def rows(self) -> int:
        """Units."""
        return self.outputs

    @property
    def positions(self) -> int:
        """Output positions that share one row of weights."""
        return 1

    @property
    def weights_bytes(self) -> int:
        return self.encoding.bytes * self.outputs * (self.inputs + 1)

    # Costs

    @property
    def description(self) -> str:
        shapes = f"{shape_text(self.input_shape)} -> {shape_text(self.output_shape)}"
        return f"{'output' if self.is_output else 'dense'} {self.activation}, {shapes}"

    @property
    def macs(self) -> int:
        return self.inputs * self.outputs

    @property
    def training_macs(self) -> int:
        if not self.learns:
            return self.macs
        return 2 * self.macs + (0 if self.is_output else self.classes * self.outputs)

    # Memory

    def workspace(self, verb: str, batch: int) -> int:
        """The inputs in the 16 bits of the weights, or a tile of the batch's inputs."""
        return INT16 * (learn_values(batch) if verb == "learn" else self.inputs)

    def errors(self, batch: int) -> int:
        return learn_errors(batch)

    # Code

    def kernels(self) -> set[str]:
        names = {"pocket_forward", "argmax"} if self.is_output else {"pocket_forward"}
        if self.learns:
            names.add("pocket_learn")
            if self.is_output:
                names.add("pocket_error")
        return names

    def constants(self) -> list[tuple[str, int]]:
        return [("units", self.outputs)]

    def ingredients(self, batch: int) -> list[str]:
        names = [] if self.is_output else [self.kind]
        if self.learns and not self.is_output:
            names.append("pocket_dense learns")
            if self.rows <= learn_rows(batch):
                names.append("pocket_dense learns all rows together")
        return names

    @property
    def table_bytes(self) -> int:
        """Its description: five words."""
        return 5 * 4
