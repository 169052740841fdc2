"""Parameters: the arrays in a model file, and their properties."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from integrad.errors import IntegradError
from integrad.network.learn_set import LearnSet

WEIGHTS, HEAD, BIAS, FEEDBACK = "weights", "head", "bias", "feedback"
FRACTION, BIAS_FRACTION, SCALES = "fraction", "bias_fraction", "scales"
"""Roles. weights and bias: used by inference; head: the classifier that a block learns from; feedback: a
fixed matrix that propagates the error to a layer; fraction, bias_fraction: the lower bytes of 16-bit weights
and biases; scales: an exponent and shifts."""

FRACTIONS = {WEIGHTS: FRACTION, BIAS: BIAS_FRACTION}
"""Role → that of its lower bytes."""

OUTPUT = "output"

DTYPES = {"int16": np.dtype(np.int16), "int8": np.dtype(np.int8)}
"""Encoding → type of the elements of an array."""


@dataclass(eq=False)
class Parameter:
    """An array of a layer. The layer owns it; `array` gets and sets the attribute of the layer.

    owner: the block or output layer whose attribute `role` is the array. layer: index of the block, 0 for
    the first one; None for the output layer. limit: largest magnitude of an element. trainable: whether
    training steps change it. needed_by_inference: whether devices that do not learn need it. encoding: of the
    elements, in DTYPES. on_device: False if generated code has its values as constants, so that it is in
    files of the host only.
    """

    owner: object = field(repr=False)
    role: str
    layer: int | None
    limit: int
    trainable: bool = True
    needed_by_inference: bool = True
    encoding: str = "int16"
    on_device: bool = True

    @property
    def name(self) -> str:
        """Name in model files and checkpoints: block1.weights, block1.head, output.weights."""
        place = OUTPUT if self.layer is None else f"block{self.layer + 1}"
        return f"{place}.{self.role}"

    @property
    def member(self) -> str:
        """Identifier in generated code: block1, head1, bias1, output, output_bias."""
        if self.layer is None:
            return OUTPUT if self.role == WEIGHTS else f"{OUTPUT}_{self.role}"
        return f"{'block' if self.role == WEIGHTS else self.role}{self.layer + 1}"

    @property
    def array(self) -> np.ndarray:
        return getattr(self.owner, self.role)

    @array.setter
    def array(self, array: np.ndarray) -> None:
        setattr(self.owner, self.role, array)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    @property
    def matrix(self) -> np.ndarray:
        """The array as rows of values: those of one output each, or all of them where each output has one."""
        return np.atleast_2d(self.array).reshape(len(np.atleast_2d(self.array)), -1)

    @property
    def dtype(self) -> np.dtype:
        return DTYPES[self.encoding]

    def learns(self, learn_set: LearnSet) -> bool:
        """Whether training steps with this learn set change it on a device."""
        return self.trainable and self.on_device and learn_set.layer_learns(self.layer)

    def is_needed(self, learn_set: LearnSet) -> bool:
        """Whether a device with this learn set needs it."""
        return self.on_device and (self.needed_by_inference or learn_set.layer_learns(self.layer))

    def check(self, array: np.ndarray) -> None:
        """Raise IntegradError unless another array can replace this one."""
        if array.dtype != self.dtype:
            raise IntegradError(f"weights {self.name}: dtype is {array.dtype}, expected {self.encoding}")
        if array.shape != self.shape:
            raise IntegradError(f"weights {self.name}: shape is {array.shape}, expected {self.shape}")
        largest = int(np.abs(array.astype(np.int32)).max())
        if largest > self.limit:
            reason = "of its fan-in" if self.role in (WEIGHTS, HEAD) else "of its layer"
            raise IntegradError(
                f"weights {self.name}: a weight of {largest} exceeds the limit {self.limit} {reason}"
            )
